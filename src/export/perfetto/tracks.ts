/** The tracks of a trace: what there is to draw, described when it is first drawn on. */
import { createHash } from 'node:crypto';
import type { MetricDescriptor } from '../../core/metric.ts';
import { asDistinct } from '../../core/safe-text.ts';
import type { CgroupReadings, MetricCoverage, Row, Snapshot } from '../../core/snapshot.ts';
import { type Track, trackPacket } from './packets.ts';

/** The same for the same thing in every export: of a process its PID and start, never its PID alone. */
export const uuidOf = (...parts: readonly (string | number)[]): bigint =>
  createHash('sha256').update(parts.join('\0')).digest().readBigUInt64LE();

const HOST = uuidOf('host');
/** Behind all that have one. */
const LAST_RANK = 1_000_000;
const SUMMED = uuidOf('others');
const rowUuid = ({ id }: Row): bigint => uuidOf('process', id);
const cgroupUuid = ({ id }: CgroupReadings): bigint => uuidOf('cgroup', id);

/** All processes that are not listed, together. */
export const OTHERS = 'others';

/** Of a process, of a control group, of those that are not listed, or of the host. */
export type Whose = typeof OTHERS | { readonly row?: Row; readonly cgroup?: CgroupReadings };

export type Tracks = {
  /** Packets that describe it, when it has not been described. */
  describe(track: Track): Uint8Array[];
  host(): Uint8Array[];
  process(row: Row): Uint8Array[];
  counter(metric: MetricDescriptor, whose: Whose): Described;
  /** null where it never was. */
  drawn(metric: MetricDescriptor, row: Row): bigint | null;
};

/** Packets that are to be written before it is used. */
type Described = { readonly uuid: bigint; readonly packets: readonly Uint8Array[] };

const NO_PACKETS: readonly Uint8Array[] = [];

/** `ranks`: where processes stand that are to stand first, by their ids. */
export const createTracks = (stretch: Snapshot, ranks: ReadonlyMap<string, number>): Tracks => {
  const known = new Set<bigint>();
  const counters = new Map<string, bigint>();

  const describe = (track: Track): Uint8Array[] => {
    if (known.has(track.uuid)) return [];
    known.add(track.uuid);
    return [trackPacket(track)];
  };
  const host = (): Uint8Array[] =>
    describe({ uuid: HOST, parent: 0n, name: `Host ${asDistinct(stretch.header.host.hostname)}`, rank: 2 });
  const process = (row: Row): Uint8Array[] =>
    describe({
      uuid: rowUuid(row),
      process: { pid: row.pid, name: asDistinct(row.comm), startMs: row.startMs },
      rank: ranks.get(row.id) ?? LAST_RANK,
      ...(row.cmdline === null ? {} : { description: asDistinct(row.cmdline) }),
    });
  const cgroup = (one: CgroupReadings): Uint8Array[] =>
    describe({ uuid: cgroupUuid(one), parent: 0n, name: `cgroup ${asDistinct(one.path)}`, rank: 3 });

  const around = (whose: Whose): { readonly parent: bigint; readonly packets: Uint8Array[] } => {
    if (whose === OTHERS)
      return {
        parent: SUMMED,
        packets: describe({ uuid: SUMMED, parent: 0n, name: 'Other processes, summed', rank: 3 }),
      };
    if (whose.row !== undefined) return { parent: rowUuid(whose.row), packets: process(whose.row) };
    if (whose.cgroup !== undefined)
      return { parent: cgroupUuid(whose.cgroup), packets: cgroup(whose.cgroup) };
    return { parent: HOST, packets: host() };
  };

  return {
    describe,
    host,
    process,
    drawn: (metric, row) => counters.get(keyOf(metric, { row })) ?? null,
    counter: (metric, whose) => {
      const key = keyOf(metric, whose);
      const before = counters.get(key);
      if (before !== undefined) return { uuid: before, packets: NO_PACKETS };
      const uuid = uuidOf('counter', key);
      counters.set(key, uuid);
      const coverage = metric.scope === 'pid' ? stretch.coverage[metric.id] : undefined;
      const { parent, packets } = around(whose);
      const track = { uuid, parent, counterUnit: metric.unit, ...wordsOf(metric, coverage) };
      return { uuid, packets: [...packets, ...describe(track)] };
    },
  };
};

const keyOf = ({ id }: MetricDescriptor, whose: Whose): string => {
  if (whose === OTHERS) return `${OTHERS} ${id}`;
  if (whose.row !== undefined) return `${whose.row.id} ${id}`;
  return whose.cgroup === undefined ? id : `cgroup ${whose.cgroup.id} ${id}`;
};

const SIGNS = { estimate: '≈ ', sampled: '', 'lower-bound': '≥ ', 'not-covered': '– ', exact: '' } as const;

const wordsOf = (
  { id, kind, help }: MetricDescriptor,
  { coverage, reasons }: MetricCoverage = { coverage: 'exact', reasons: [] },
): { readonly name: string; readonly description: string } => ({
  name: `${SIGNS[coverage]}${id}`,
  description: [
    asDistinct(help),
    kind === 'counter' ? 'Its growth in each interval; all of them add up to its total.' : '',
    ...(coverage === 'exact' ? [] : [`${coverage}: ${reasons.map(asDistinct).join('; ')}`]),
  ]
    .filter((text) => text !== '')
    .join(' '),
});
