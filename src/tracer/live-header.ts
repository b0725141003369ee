/** How a live session begins: what is traced, by whom, on which machine, and what all the numbers are. */
import {
  type CostBasis,
  type HeaderRecord,
  type HostIdentity,
  type ProbeInUse,
  RECORDING_FORMAT,
  RECORDING_VERSION,
  type Selection,
} from '../core/record.ts';
import type { Budget, Clock, HostPort, TracerScript } from '../session/ports.ts';
import { PROCESS_METRICS } from './process-meter.ts';
import type { TracerIds, TracerOptions } from './tracer.ts';

export type HeaderOptions = Pick<TracerOptions, 'bpftrace' | 'mapKeys'> & {
  readonly toolVersion: string;
  readonly identity: HostIdentity;
  readonly host: HostPort;
  readonly clock: Clock;
  readonly selection: Selection;
  /** null where the cost is nobody's concern. */
  readonly budget: Budget | null;
  readonly intervalMs: number;
};

export type Begun = {
  readonly bootUs: number;
  readonly script: Pick<TracerScript, 'metrics'>;
  readonly probes: readonly ProbeInUse[];
  readonly ids: TracerIds | null;
};

export const headerOf = (options: HeaderOptions, { bootUs, script, probes, ids }: Begun): HeaderRecord => {
  const { host, budget } = options;
  return {
    type: 'header',
    format: RECORDING_FORMAT,
    version: RECORDING_VERSION,
    tool: { name: 'stallscope', version: options.toolVersion, pid: ids?.self || process.pid },
    host: options.identity,
    bpftrace: options.bpftrace.version,
    clock: { bootUs, realMs: options.clock.realMs() },
    intervalMs: options.intervalMs,
    ...(host.unnamed === null ? {} : { unnamed: host.unnamed }),
    mapKeys: options.mapKeys,
    selection: options.selection,
    ...(budget === null ? {} : { budget: budget.share, costBasis: basisOf(budget) }),
    probes,
    metrics: [...script.metrics, ...PROCESS_METRICS, ...host.metrics],
  };
};

const basisOf = ({ meter }: Budget): CostBasis => (meter === null ? 'estimated' : 'measured');
