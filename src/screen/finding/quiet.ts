/**
 * What is said where no failure is known: whether anybody waits all the same, who waits most and for what, and who takes
 * most of what they wait for; where in the kernel they wait, when they do so uninterruptibly. A quiet screen is only worth something when it says how quiet is known.
 */
import { realMsAt } from '../../core/clock.ts';
import type { Row } from '../../core/snapshot.ts';
import { isKernelThread } from '../../core/who.ts';
import type { WatchedSnapshot } from '../../insight/recognised.ts';
import { type Line, packSegments, segment, span } from '../format/line.ts';
import { bytes as bytesText, clockTime, longDuration, percent } from '../format/numbers.ts';
import { clean } from '../format/text.ts';
import { hostRateNow, rateNow } from '../signals/series.ts';
import { isAttaching, type View } from '../view.ts';
import { learningSamples } from './accounts.ts';

export const LABEL = 9;
/** Of each line. */
const MOST_NAMED = 3;

/** `over` is what was found before and has ended; empty for nothing. At most `height` lines. */
export const quietLines = (
  snapshot: WatchedSnapshot,
  over: string,
  view: View,
  height: number,
): readonly Line[] =>
  [
    verdictLine(snapshot, over, view),
    ...whoLine('suffers', snapshot, SUFFERS, view),
    ...waitLine(snapshot, view),
    ...whoLine('takes', snapshot, TAKES, view),
  ].slice(0, height);

const PRESSURES = [
  ['psi.cpu.some_us', 'a CPU'],
  ['psi.io.some_us', 'I/O'],
  ['psi.memory.some_us', 'memory'],
] as const;
/** Of the time, from where on it is not said that nothing stands out. */
const WORTH_SAYING = 0.25;

/** What is waited for most, as a sentence without its full stop; null where that is too little to be said. */
export const worstWait = (snapshot: WatchedSnapshot): string | null => {
  const [worst] = PRESSURES.map(([metric, what]) => ({ what, share: pressureOf(snapshot, metric) })).sort(
    (a, b) => b.share - a.share,
  );
  return worst !== undefined && worst.share >= WORTH_SAYING
    ? `Waiting for ${worst.what}: ${percent(worst.share * 100)} of the time`
    : null;
};

const verdictLine = (snapshot: WatchedSnapshot, over: string, view: View): Line => {
  const waits = worstWait(snapshot);
  const left = learningSamples(snapshot);
  const learning = longDuration((left * snapshot.header.intervalMs) / 1000);
  return packSegments(
    [
      waits !== null ? segment(0, span(waits, 'warn')) : quietSegment(snapshot, over, view),
      segment(1, span(over, 'warn')),
      segment(
        2,
        isAttaching(snapshot, view)
          ? span('failures are looked for once the probes count', 'dim')
          : left === 0
            ? span(watchText(snapshot, waits !== null), 'dim')
            : span(`still learning the baseline, ${learning} more`, 'dim'),
      ),
    ],
    view.size.columns,
    view.glyphs,
  );
};

const watchText = (snapshot: WatchedSnapshot, isWaiting: boolean): string => {
  const frozen = frozenText(snapshot);
  if (isWaiting) return frozen === '' ? 'no known failure' : `no known failure, ${frozen}`;
  return frozen === '' ? 'watching for known failures and unusual rises' : frozen;
};

/** By what is judged what is unusual, where that is not learnt any more; empty while it is. */
export const frozenText = ({ insight, header }: WatchedSnapshot): string =>
  insight.frozenUs === null
    ? ''
    : `baseline frozen since ${clockTime(realMsAt(header.clock, insight.frozenUs))}`;

/** Nothing seen is no good news before anything is counted. */
const quietSegment = (snapshot: WatchedSnapshot, over: string, view: View) => {
  if (isAttaching(snapshot, view)) return segment(0, span('Not traced yet', 'warn'));
  return segment(0, span(over === '' ? 'Nothing stands out' : 'Nothing stands out now', 'good'));
};

const pressureOf = (snapshot: WatchedSnapshot, metric: string): number => {
  const rate = hostRateNow(snapshot, metric, snapshot.host[metric]?.delta ?? 0) / 1e6;
  return Number.isNaN(rate) ? 0 : rate;
};

/** What a process waits for, or takes: in its own unit per second, from how much of it on it is named, and in which words. */
type Way = { readonly metric: string; readonly least: number; readonly say: (perSecond: number) => string };

const share = (perSecond: number, ofSecond: number): string =>
  perSecond > ofSecond * 1.005
    ? `${(perSecond / ofSecond).toFixed(1)} threads`
    : percent((100 * perSecond) / ofSecond);

const SUFFERS: readonly Way[] = [
  { metric: 'proc.cpu_wait_ns', least: 1e8, say: (ns) => `CPU wait ${share(ns, 1e9)}` },
  { metric: 'blocked.ns', least: 1e8, say: (ns) => `D state ${share(ns, 1e9)}` },
  { metric: 'kswapd.direct_reclaim_ns', least: 5e7, say: (ns) => `reclaim ${share(ns, 1e9)}` },
  { metric: 'kswapd.memcg_reclaim_ns', least: 5e7, say: (ns) => `reclaim in its cgroup ${share(ns, 1e9)}` },
];

const TAKES: readonly Way[] = [
  { metric: 'proc.cpu_ms', least: 300, say: (ms) => `CPU ${percent(ms / 10)}` },
  { metric: 'proc.child_cpu_ms', least: 300, say: (ms) => `CPU of short children ${percent(ms / 10)}` },
  { metric: 'faults.read_bytes', least: 8e6, say: (bytes) => `reads ${bytesText(bytes)}/s` },
  { metric: 'faults.write_bytes', least: 8e6, say: (bytes) => `writes ${bytesText(bytes)}/s` },
];

const whoLine = (name: string, snapshot: WatchedSnapshot, ways: readonly Way[], view: View): Line[] => {
  const named = worstOf(snapshot, ways);
  if (named.length === 0) return [];
  const texts = named.map(({ row, said }) => `${whoText(row, view)} ${said}`);
  return [labelledLine(name, texts, view)];
};

/** Threads that wait in fewer than this are a device's or a lock's everyday work. */
const MANY_THREADS = 2;

/** Which function of the kernel most of those wait in that wait uninterruptibly. */
const waitLine = ({ waits, rows }: WatchedSnapshot, view: View): Line[] => {
  if (waits === null || waits.threads < MANY_THREADS) return [];
  const named = waits.channels.slice(0, MOST_NAMED).map(({ name, threads, pids }) => {
    const row = rows.find(({ pid, endedBootUs }) => pid === pids[0] && endedBootUs === null);
    const who = row === undefined ? '' : `: ${whoText(row, view)}`;
    const more = pids.length > 1 ? ' and others' : '';
    return `${threads} of ${waits.threads} in ${name}${who}${more}`;
  });
  return [labelledLine('where', named, view)];
};

const whoText = ({ comm, pid }: Row, { glyphs }: View): string => `${clean(comm, glyphs.charset)} (${pid})`;

/** What does not fit goes, the last first. */
const labelledLine = (label: string, texts: readonly string[], { size, glyphs }: View): Line =>
  packSegments(
    [
      segment(0, span(label.padEnd(LABEL - 2), 'dim')),
      ...texts.map((text, rank) => segment(rank, span(text))),
    ],
    size.columns,
    glyphs,
  );

const memo = new WeakMap<WatchedSnapshot, Map<readonly Way[], readonly Named[]>>();

type Named = { readonly row: Row; readonly size: number; readonly said: string };

/** Looks at every process, so once per moment. */
const worstOf = (snapshot: WatchedSnapshot, ways: readonly Way[]): readonly Named[] => {
  const known = memo.get(snapshot) ?? new Map<readonly Way[], readonly Named[]>();
  memo.set(snapshot, known);
  const named = known.get(ways) ?? findWorst(snapshot, ways);
  known.set(ways, named);
  return named;
};

/** The living, and neither us nor the kernel's own threads, which work for others; each by the way it does most in. */
const findWorst = (snapshot: WatchedSnapshot, ways: readonly Way[]): readonly Named[] => {
  const found = snapshot.rows
    .filter((row) => row.endedBootUs === null && row.own !== true && !isKernelThread(row))
    .flatMap((row) => mostOf(snapshot, row, ways) ?? []);
  return found
    .sort((a, b) => b.size - a.size || a.row.pid - b.row.pid)
    .slice(0, MOST_NAMED)
    .map(({ row, size, way, perSecond }) => ({ row, size, said: way.say(perSecond) }));
};

type Most = { readonly row: Row; readonly size: number; readonly way: Way; readonly perSecond: number };

/** null for less than is worth naming. Put into words only for those who are named: there may be thousands. */
const mostOf = (snapshot: WatchedSnapshot, row: Row, ways: readonly Way[]): Most | null => {
  let most: Most | null = null;
  for (const way of ways) {
    const perSecond = rateNow(snapshot, way.metric, row.metrics[way.metric]?.delta ?? 0);
    const size = perSecond / way.least;
    if (size >= 1 && size > (most?.size ?? 0)) most = { row, size, way, perSecond };
  }
  return most;
};
