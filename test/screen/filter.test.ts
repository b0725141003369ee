import { describe, expect, it } from 'vitest';
import { parseFilter } from '../../src/screen/table/filter.ts';
import { buildSnapshot, row } from '../helpers/snapshot.ts';

const counted = (metric: string, delta: number, total = delta) => ({ [metric]: { delta, total } });
const rows = [
  row(0, { pid: 10, id: 'a', comm: 'java', cgroup: '/kube/pod7', metrics: counted('iomap.iter', 2e6, 9e6) }),
  row(1, { pid: 110, id: 'b', comm: 'qemu', metrics: counted('iomap.iter', 10, 5e7) }),
  row(2, { pid: 12, id: 'c', comm: 'perl', metrics: counted('iomap.seek_ns', 6e8) }),
];
const snapshot = buildSnapshot({ rows });

const found = (text: string, values: 'rate' | 'total' = 'rate'): readonly number[] => {
  const { matches, problem } = parseFilter(text, snapshot, values);
  expect(problem).toBeNull();
  return rows.filter(matches).map(({ pid }) => pid);
};

describe('the filter', () => {
  it('finds words in PID, name, command line and cgroup', () => {
    expect(found('QEMU')).toEqual([10, 110]);
    expect(found('pod7')).toEqual([10]);
    expect(found('110')).toEqual([110]);
    expect(found('pid=10')).toEqual([10]);
  });

  it('compares what is shown: per second, or in total', () => {
    expect(found('iomap.iter>1e6')).toEqual([10]);
    expect(found('iomap.iter>1e6', 'total')).toEqual([10, 110]);
    expect(found('iter>=10')).toEqual([10, 110]);
    expect(found('iter<11 qemu')).toEqual([110]);
    expect(found('iter=0')).toEqual([12]);
    expect(found('iomap.iter>2M')).toEqual([]);
    expect(found('iomap.iter>1.9M')).toEqual([10]);
  });

  it('understands times and shares of time', () => {
    expect(found('seek_ns>50%')).toEqual([12]);
    expect(found('seek_ns>500ms')).toEqual([12]);
    expect(found('seek_ns>0.7s')).toEqual([]);
    expect(found('seek_ns>500ms', 'total')).toEqual([12]);
  });

  it.each([
    ['nothing.here>4', 'no metric is called nothing.here'],
    ['iomap.iter>many', '"many" is not a number'],
    ['iomap.iter>5%', '"5%" is not a number'],
  ])('says why %s cannot be meant', (text, problem) => {
    expect(parseFilter(text, snapshot, 'rate').problem).toContain(problem);
  });
});
