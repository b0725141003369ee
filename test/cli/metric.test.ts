import { describe, expect, it } from 'vitest';
import { checkMetric, sortNames } from '../../src/cli/metric.ts';
import { PROCESS_METRICS } from '../../src/tracer/process-meter.ts';
import { metricOf } from '../helpers/stream.ts';

describe('the names that processes are ordered by', () => {
  const names = sortNames([
    metricOf('iomap.iter'),
    ...PROCESS_METRICS,
    metricOf('vm.pgfault', { probe: 'host', scope: 'host' }),
  ]);

  it('are all that is reported of a process, its PID and its name', () => {
    for (const name of ['iomap.iter', 'proc.rss_bytes', 'proc.major_faults', 'pid', 'comm'])
      expect(checkMetric(name, names)).toBe(name);
  });

  it('are not what is reported of the machine', () => {
    expect(() => checkMetric('vm.pgfault', names)).toThrow();
  });
});
