/**
 * The kernel's log as a source of a session, where no probe can run: a sample a second counts its lines on the host, and
 * everything after that (findings, recording, guard) is as with a tracer.
 */
import { PassThrough } from 'node:stream';
import type { MetricDescriptor } from '../../core/metric.ts';
import {
  type HeaderRecord,
  type HostIdentity,
  RECORDING_FORMAT,
  RECORDING_VERSION,
  type StreamRecord,
} from '../../core/record.ts';
import type { Clock, Source } from '../../session/ports.ts';
import { LOG_METRICS, type LogMetric, metricOf } from './lines.ts';
import type { KmsgReader } from './reader.ts';

export type LogSourceOptions = {
  readonly toolVersion: string;
  readonly identity: HostIdentity;
  readonly clock: Clock;
  readonly intervalMs: number;
  /** What else is read of the host with each sample. */
  readonly host: { readonly metrics: readonly MetricDescriptor[]; sample(): Record<string, number> };
  readonly open: () => KmsgReader;
  readonly cost: () => { readonly cpuMs: number; readonly rssBytes: number };
  readonly onStatus: (text: string) => void;
};

const LABELS: Readonly<Record<LogMetric, string>> = {
  'klog.xfs_alloc_deadlocks': 'XFS deadlocks',
  'klog.page_alloc_failures_high': 'page failures',
};

const METRICS: readonly MetricDescriptor[] = LOG_METRICS.map((id) => ({
  id,
  probe: 'kernel-log',
  kind: 'counter',
  unit: 'count',
  scope: 'host',
  label: LABELS[id],
  help: 'Lines of the kernel log, written by the kernel itself',
}));

/** A program that forges lines is reported so often. */
const FORGED_EVERY_US = 60e6;

export const createLogSource = (options: LogSourceOptions): Source => {
  const { clock, intervalMs, host, onStatus } = options;
  const stream = new PassThrough({ objectMode: true });
  const totals: Record<string, number> = Object.fromEntries(LOG_METRICS.map((id) => [id, 0]));
  let reader: KmsgReader | null = null;
  let timer: NodeJS.Timeout | undefined;
  let [samples, records, forgedUs] = [0, 0, Number.NEGATIVE_INFINITY];

  const emit = (record: StreamRecord): void => {
    records += 1;
    stream.write(record);
  };

  const count = (bootUs: number): void => {
    const { lines, lost } = reader?.read() ?? { lines: [], lost: false };
    for (const { facility, message } of lines) {
      const metric = metricOf(message);
      if (metric === null) continue;
      if (facility === 0) totals[metric] = (totals[metric] ?? 0) + 1;
      else if (bootUs - forgedUs >= FORGED_EVERY_US) {
        forgedUs = bootUs;
        onStatus(
          `a program wrote a line that reads like the kernel's (facility ${facility}): it does not count`,
        );
      }
    }
    if (lost)
      emit({
        type: 'loss',
        bootUs,
        kind: 'lost-events',
        count: 1,
        detail: 'lines of the kernel log were overwritten',
      });
  };

  const take = (): void => {
    const bootUs = clock.bootUs();
    count(bootUs);
    const { cpuMs, rssBytes } = options.cost();
    emit({
      type: 'sample',
      seq: samples,
      bootUs,
      epoch: 0,
      counted: true,
      full: true,
      counters: {},
      host: { ...host.sample(), ...totals },
      self: { cpuMs, rssBytes, tracerCpuMs: 0, tracerRssBytes: 0, mapBytes: 0 },
    });
    samples += 1;
  };

  return {
    open: async (): Promise<HeaderRecord> => {
      reader = options.open();
      return {
        type: 'header',
        format: RECORDING_FORMAT,
        version: RECORDING_VERSION,
        tool: { name: 'stallscope', version: options.toolVersion, pid: process.pid },
        host: options.identity,
        bpftrace: null,
        clock: { bootUs: clock.bootUs(), realMs: clock.realMs() },
        intervalMs,
        mapKeys: 1,
        selection: { pids: [], comm: null, command: null },
        probes: [{ id: 'kernel-log', variant: '/dev/kmsg', state: 'attached' }],
        metrics: [...METRICS, ...host.metrics],
      };
    },
    records: () => {
      take();
      timer = setInterval(take, intervalMs);
      return stream;
    },
    stop: (reason) => {
      if (reader === null) return;
      clearInterval(timer);
      reader.close();
      reader = null;
      emit({ type: 'trailer', bootUs: clock.bootUs(), reason, samples, records: records + 1 });
      stream.end();
    },
  };
};
