/** Files of /proc in a loop that tracing does not read as its lines have them: slabinfo, and stat of processes. */
import { MS_PER_TICK, parseStatLine } from '../host/stat-line.ts';
import type { PointKind } from './columns.ts';

export type Dumped = {
  readonly metric: string;
  readonly value: number;
  readonly kind: PointKind;
  readonly pid: number | null;
  readonly startUs: number | null;
  readonly comm: string | null;
};

/** `name <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab> : tunables … : slabdata …` */
const SLAB = /^(\S{1,64}) +(\d{1,15}) +(\d{1,15}) +(\d{1,10}) +\d{1,10} +\d{1,10} : tunables .* : slabdata /;

export const slabsOf = (lines: readonly string[]): Dumped[] =>
  lines.flatMap((line) => {
    const [, name, active, all, bytes] = SLAB.exec(line) ?? [];
    if (name === undefined) return [];
    const of = { kind: 'gauge', pid: null, startUs: null, comm: null } as const;
    return [
      { ...of, metric: `slab.${name}.bytes`, value: Number(all) * Number(bytes) },
      { ...of, metric: `slab.${name}.used_bytes`, value: Number(active) * Number(bytes) },
    ];
  });

/** `4711 (a name) S 1 4711 …`: at least the fields that Linux 2.6 has. */
export const STAT = /^(\d{1,10}) \((.{0,64})\) ([A-Z]) (?:-?\d{1,20} ){20,60}-?\d{1,20}$/;
const FIELDS = { minorFaults: 10, majorFaults: 12, user: 14, system: 15, residentPages: 24 } as const;
/** What nearly every machine has; nothing in the file says it. */
const PAGE_BYTES = 4096;

/** `bootUs`: when the machine booted, µs since 1970; null where the loop does not say. */
export const processesOf = (lines: readonly string[], bootUs: number | null): Dumped[] =>
  lines.flatMap((line) => {
    const [, pid, , state] = STAT.exec(line) ?? [];
    const stat = pid === undefined ? null : parseStatLine(line);
    if (stat === null) return [];
    // Without a boot it still keeps two processes of one PID apart.
    const startUs = (bootUs ?? 0) + stat.startMs * 1000;
    const of = { pid: Number(pid), startUs, comm: stat.comm };
    const number = (field: number): number => Number(stat.field(field));
    const total = (metric: string, value: number): Dumped => ({ ...of, metric, value, kind: 'total' });
    const level = (metric: string, value: number): Dumped => ({ ...of, metric, value, kind: 'gauge' });
    return [
      total('proc.cpu_ms', (number(FIELDS.user) + number(FIELDS.system)) * MS_PER_TICK),
      total('proc.minor_faults', number(FIELDS.minorFaults)),
      total('proc.major_faults', number(FIELDS.majorFaults)),
      level('proc.rss_bytes', Math.max(0, number(FIELDS.residentPages)) * PAGE_BYTES),
      level('proc.d_state', state === 'D' ? 1 : 0),
    ];
  });

/** `btime 1732960000`, in /proc/stat. */
export const bootOf = (text: string): number | null => {
  const seconds = /^btime (\d{9,10})$/m.exec(text)?.[1];
  return seconds === undefined ? null : Number(seconds) * 1e6;
};
