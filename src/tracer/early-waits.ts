/**
 * Who was blocked before the tracer counted. Its probe meets a wait at its beginning: a pile-up of hundreds that began before the
 * command is in none of its maps. Such threads are found in /proc, once, and followed for as long as they wait. That time is
 * added to what the probe counted of their processes, from the first sample at which they were seen to the last: a lower bound, of
 * which at most an interval is missing at its end.
 *
 * One that fell asleep after the tracer printed is no such thread, though no map has it: whoever is missing in the next ones
 * too, and still sleeps, is.
 */
import type { CounterEntry } from '../core/record.ts';
import type { HostPort } from '../session/ports.ts';
import type { Counters } from './changes.ts';

const [NS, IO_NS, MAX_NS, NOW, OPEN] = [
  'blocked.ns',
  'blocked.io_ns',
  'blocked.max_ns',
  'blocked.now',
  'blocked.open',
] as const;

type Early = {
  readonly pid: number;
  readonly tid: number;
  readonly isForIo: boolean;
  readonly sinceUs: number;
  untilUs: number;
  isOver: boolean;
};

export type EarlyWaits = {
  /** @param counters of this sample, with the waits that go on added up */
  add(counters: Counters, tickUs: number): Counters;
  /** Its number may be another's from now on. */
  forget(pid: number): void;
  /** Another tracer counts from zero. */
  restart(): void;
};

/**
 * @param metrics those of the session
 * @param isSelected whether the probe would have counted it
 */
export const createEarlyWaits = (
  host: Pick<HostPort, 'stuck' | 'isStuck'>,
  metrics: ReadonlySet<string>,
  isSelected: (pid: number) => boolean,
): EarlyWaits => {
  let early: Early[] | null = null;
  let isSure = false;

  const find = (tickUs: number): Early[] =>
    (host.stuck?.() ?? [])
      .filter(({ pid }) => isSelected(pid))
      .map((one) => ({ ...one, sinceUs: tickUs, untilUs: tickUs, isOver: false }));

  /** What the probe has met is its own to count. */
  const follow = (waits: readonly Early[], counters: Counters, tickUs: number): void => {
    if (waits.length === 0) return;
    const met = new Set((counters.get(OPEN) ?? []).map(([pid, tid]) => `${pid},${tid}`));
    for (const one of waits) {
      if (one.isOver) continue;
      if (met.has(`${one.pid},${one.tid}`) || host.isStuck?.(one.pid, one.tid) !== true) one.isOver = true;
      else one.untilUs = tickUs;
    }
  };

  return {
    add: (counters, tickUs) => {
      if (!metrics.has(NS)) return counters;
      if (early === null) {
        early = find(tickUs);
        return counters;
      }
      follow(early, counters, tickUs);
      if (!isSure) early = early.filter(({ isOver }) => !isOver);
      isSure = true;
      return early.length === 0 ? counters : withWaits(counters, early, metrics);
    },
    forget: (pid) => {
      early = early?.filter((one) => one.pid !== pid) ?? null;
    },
    restart: () => {
      early = null;
      isSure = false;
    },
  };
};

const withWaits = (counters: Counters, early: readonly Early[], metrics: ReadonlySet<string>): Counters => {
  const whole = new Map(counters);
  const raise = (metric: string, amount: (one: Early) => number, put: (a: number, b: number) => number) => {
    const values = new Map((counters.get(metric) ?? []).map(([pid = 0, value = 0]) => [pid, value]));
    for (const one of early) values.set(one.pid, put(values.get(one.pid) ?? 0, amount(one)));
    whole.set(metric, [...values] satisfies CounterEntry[]);
  };
  const lasted = ({ sinceUs, untilUs }: Early): number => (untilUs - sinceUs) * 1_000;
  raise(NS, lasted, sum);
  // A variant that does not say what is for I/O has no such map.
  if (counters.has(NS) ? counters.has(IO_NS) : metrics.has(IO_NS))
    raise(IO_NS, (one) => (one.isForIo ? lasted(one) : 0), sum);
  raise(MAX_NS, lasted, Math.max);
  raise(NOW, ({ isOver }) => (isOver ? 0 : 1), sum);
  return whole;
};

const sum = (a: number, b: number): number => a + b;
