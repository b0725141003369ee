/**
 * What a number means. Every metric of a session is described once, in the header of its stream, so that a
 * recording made with other probes, or by an older version, still knows its units and what was really counted.
 */
export type MetricKind =
  /** Only grows while the tracer lives; shown as a delta per interval and a total. */
  | 'counter'
  /** A level at a moment; shown as it is. */
  | 'gauge'
  /** The largest value seen since attach; never differenced. */
  | 'max';

export type MetricUnit = 'count' | 'ns' | 'us' | 'ms' | 'bytes' | 'KiB' | 'pages' | 'percent' | 'load';

/** Names of dimensions that views know. */
export const DEVICE = 'device';

/** It counts once more, by something else, what other metrics of its probe count. */
export const isBreakdown = ({ histogramOf, dims }: Pick<MetricDescriptor, 'histogramOf' | 'dims'>): boolean =>
  histogramOf !== undefined || dims?.[0] === DEVICE;

export type MetricDescriptor = {
  /** `<probe>.<name>`, for example `iomap.iter`; of the host: `mem.free`, `vm.pgscan_kswapd`. */
  readonly id: string;
  /** The probe's id, or `host` for what comes from /proc and /sys. */
  readonly probe: string;
  /** Of each process, of the host, of each control group that is followed, or of each device, whoever used it. */
  readonly scope: 'pid' | 'host' | 'cgroup' | 'device';
  readonly kind: MetricKind;
  readonly unit: MetricUnit;
  /** Column or lane title, at most 14 cells. */
  readonly label: string;
  /** One sentence: which kernel function or file this counts here. */
  readonly help: string;
  /** It counts calls by how long they took (histogram.ts), of those whose time that metric is. */
  readonly histogramOf?: string | undefined;
  /** Names of the integer key parts after the PID or the device, for example `['order', 'gfp']`. */
  readonly dims?: readonly string[] | undefined;
  /** Shown on the timeline unless the user chooses otherwise. */
  readonly lane?: boolean | undefined;
  /** What is not known of a program, or had no room in a map, can make it too high as well as too low. */
  readonly eitherWay?: true | undefined;
};
