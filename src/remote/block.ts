/**
 * What is known of a host while it is traced. Once an interval a block of files comes; every file that somebody asked for
 * since the last one is in it, or in one of the next: what is asked for always (the host's own counters) is in every block,
 * processes are read in turns (turns.ts), and of the rest no more than so many at a time. Until then the last answer holds.
 */
import { createLru } from '../core/lru.ts';
import { parseImage } from '../host/process.ts';
import { type Known, keyOf, type Question, readTexts } from './question.ts';
import type { Cache } from './settle.ts';
import { createTurns } from './turns.ts';

export type Block = {
  /** undefined for what is not known yet; it will be. */
  look(question: Question): Known | undefined;
  /** How many looks found nothing known yet. */
  misses(): number;
  /** What the next block holds, these processes always. Begins a new turn. */
  next(always: readonly string[]): Wanted;
  /** Files that are in every block. */
  kept(): readonly string[];
  /** Of a process, as it was read last. */
  statOf(pid: number): { readonly stat: string | null; readonly statm: string | null } | null;
  /** Whether, with what came last, all processes that are wanted were read since it was so before, and all their waits. */
  isRound(): boolean;
  /** It has come. What its clock showed, in µs; null for one that cannot be read. */
  take(bytes: Buffer, wanted: Wanted): number | null;
  /** So has another answer. */
  answer(question: Question, known: Known): void;
  /** What reading costs there, so far. */
  cost(cpuMs: number): void;
};

export type Wanted = {
  /** Files that are in every block from now on; null while they are those of before. */
  readonly kept: readonly string[] | null;
  readonly pids: readonly number[];
  /** They are nearly all that live: those few more cost less than a list of them. */
  readonly isAll: boolean;
  /** Of these their sizes too. */
  readonly sizes: readonly number[];
  /** Files that are in every block. */
  readonly every: readonly string[];
  readonly texts: readonly string[];
  readonly others: readonly Question[];
};

const MOST_TEXTS = 256;
const MOST_OTHERS = 24;
const MOST_ENTRIES = 20_000;
const NEARLY_ALL = 0.8;
/** Asked for so lately, again and again: it is in every block. */
const KEPT_TURNS = 3;
/** An answer older than this is asked for again when somebody wants it. */
const FRESH_TURNS = 10;

const OF_PROCESS = /^\/proc\/(\d+)(?:\/|$)/;
const STAT = /^\/proc\/\d+\/statm?$/;
/** How long a thread waited for a CPU: it grows, and an answer of before would be growth of several blocks at once. */
const WAITS = /^\/proc\/\d+\/(?:task\/\d+\/)?schedstat$/;

type Entry = {
  readonly known: Known;
  readonly turn: number;
  /** What the process was then: what is known of it holds for as long as it is that. */
  readonly image: string | null;
};

export const createBlock = (start: Cache): Block => {
  const entries = createLru<string, Entry>(MOST_ENTRIES);
  const turns = createTurns();
  const stats = new Map<number, { readonly stat: string | null; readonly statm: string | null }>();
  const wantedStats = new Set<number>();
  /** Of those that were wanted when this round began, who was not read yet. */
  let unread: ReadonlySet<number> = new Set();
  let isRoundOver = false;
  let areWaitsLeft = false;
  let wanted = new Map<string, Question>();
  /** Path to the turns in which it was asked for last, and before that. */
  const uses = new Map<string, { last: number; before: number }>();
  let kept: readonly string[] = [];
  let living: ReadonlySet<number> = new Set(numbersIn(start.get(keyOf(PIDS))));
  let turn = 0;
  let missed = 0;

  for (const [key, known] of start) entries.set(key, { known, turn: 0, image: null });
  for (const pid of living) {
    const of = (name: string) => start.get(keyOf({ kind: 'text', path: `/proc/${pid}/${name}`, more: [] }));
    const [stat, statm] = [of('stat'), of('statm')];
    if (typeof stat === 'string') stats.set(pid, { stat, statm: typeof statm === 'string' ? statm : null });
  }

  const imageOf = (path: string): string | null => {
    const pid = Number(OF_PROCESS.exec(path)?.[1] ?? Number.NaN);
    return parseImage(stats.get(pid)?.stat ?? '');
  };

  const lookAtStat = (pid: number, path: string): Known | undefined => {
    wantedStats.add(pid);
    const found = stats.get(pid);
    if (found === undefined) missed += 1;
    return found === undefined ? undefined : path.endsWith('m') ? found.statm : found.stat;
  };

  const use = (path: string): void => {
    const before = uses.get(path);
    if (before === undefined) uses.set(path, { last: turn, before: Number.NEGATIVE_INFINITY });
    else if (before.last !== turn) uses.set(path, { last: turn, before: before.last });
  };

  const isCurrent = ({ image, turn: read }: Entry, path: string): boolean =>
    !OF_PROCESS.test(path) || read === 0 || image === imageOf(path);

  const look = (question: Question): Known | undefined => {
    const { kind, path } = question;
    if (kind === 'names' && path === '/proc') return [...living].map(String);
    const pid = OF_PROCESS.exec(path)?.[1];
    if (pid !== undefined && !living.has(Number(pid))) return null;
    if (kind === 'text' && STAT.test(path)) return lookAtStat(Number(pid), path);
    if (kind === 'text' && pid === undefined) use(path);
    const key = keyOf(question);
    const entry = entries.get(key);
    const isKnown = entry !== undefined && isCurrent(entry, path);
    if (!isKnown || WAITS.test(path) || turn - entry.turn > FRESH_TURNS) wanted.set(key, question);
    if (!isKnown) missed += 1;
    return isKnown ? entry.known : undefined;
  };

  const keptNow = (always: readonly string[]): readonly string[] => {
    for (const [path, { last }] of uses) if (turn - last > KEPT_TURNS) uses.delete(path);
    const now = [...uses].filter(([, { before }]) => turn - before <= KEPT_TURNS).map(([path]) => path);
    return [...new Set([...always, ...now])].sort();
  };

  const note = (path: string, known: string | null): void => {
    entries.set(keyOf({ kind: 'text', path, more: [] }), { known, turn, image: imageOf(path) });
  };

  /** Of our own processes, which are in every block. */
  const noteStat = (path: string, found: ReadonlyMap<string, string>): void => {
    const pid = Number(/^\/proc\/(\d+)\/stat$/.exec(path)?.[1] ?? Number.NaN);
    const stat = found.get(path);
    if (stat !== undefined) stats.set(pid, { stat, statm: found.get(`${path}m`) ?? null });
  };

  const take = (bytes: Buffer, { pids, sizes, texts }: Wanted): number | null => {
    const [clockEnd, listEnd] = lineEnds(bytes);
    const shown = /^(\d+)\.(\d\d)\b/.exec(bytes.toString('latin1', 0, Math.max(0, clockEnd)));
    if (shown === null || listEnd === -1) return null;
    living = new Set(numbersIn(bytes.toString('latin1', clockEnd + 1, listEnd).split(' ')));
    for (const pid of living) if (!stats.has(pid)) wantedStats.add(pid);
    for (const pid of stats.keys()) if (!living.has(pid)) stats.delete(pid);
    turns.keepOnly(living);
    const paths = [
      ...kept,
      ...pids.map((pid) => `/proc/${pid}/stat`),
      ...sizes.map((pid) => `/proc/${pid}/statm`),
      ...texts,
    ];
    const found = readTexts(bytes.subarray(listEnd + 1), paths);
    for (const pid of pids) {
      const stat = found.get(`/proc/${pid}/stat`) ?? null;
      const before = stats.get(pid);
      turns.read(pid, before?.stat !== stat);
      if (stat === null) stats.delete(pid);
      else stats.set(pid, { stat, statm: found.get(`/proc/${pid}/statm`) ?? before?.statm ?? null });
    }
    for (const path of [...kept, ...texts]) note(path, found.get(path) ?? null);
    for (const path of kept) noteStat(path, found);
    const read = new Set(pids);
    unread = new Set([...unread].filter((pid) => living.has(pid) && !read.has(pid)));
    isRoundOver = unread.size === 0 && !areWaitsLeft;
    return Number(shown[1]) * 1e6 + Number(shown[2]) * 1e4;
  };

  return {
    look,
    misses: () => missed,
    kept: () => kept,
    isRound: () => isRoundOver,
    statOf: (pid) => stats.get(pid) ?? null,
    next: (always) => {
      const before = kept;
      kept = keptNow(always);
      const isSame = kept.length === before.length && kept.every((path, index) => path === before[index]);
      const all = [...wanted.values()];
      const isOfBlock = ({ kind, path }: Question): boolean => kind === 'text' && kept.includes(path);
      const texts = all.filter((one) => one.kind === 'text' && !isOfBlock(one)).slice(0, MOST_TEXTS);
      const others = all.filter(({ kind }) => kind !== 'text').slice(0, MOST_OTHERS);
      const taken = new Set([...texts, ...others].map(keyOf));
      // What had no room this time is not forgotten.
      wanted = new Map(
        all.flatMap((one) => (taken.has(keyOf(one)) || isOfBlock(one) ? [] : [[keyOf(one), one]])),
      );
      const wantedPids = [...wantedStats].filter((pid) => living.has(pid));
      const pids = turns.next(wantedPids);
      wantedStats.clear();
      const asked = new Set(wantedPids);
      unread = unread.size === 0 ? asked : new Set([...unread].filter((pid) => asked.has(pid)));
      areWaitsLeft = [...wanted.values()].some(({ path }) => WAITS.test(path));
      turn += 1;
      return {
        kept: isSame ? null : kept,
        pids,
        isAll: pids.length >= living.size * NEARLY_ALL,
        sizes: pids.filter((pid) => turns.isMoving(pid) || stats.get(pid)?.statm == null),
        every: kept,
        texts: texts.map(({ path }) => path),
        others,
      };
    },
    take,
    answer: (question, known) => {
      entries.set(keyOf(question), { known, turn, image: imageOf(question.path) });
    },
    cost: (cpuMs) => turns.cost(cpuMs, performance.now()),
  };
};

const PIDS: Question = { kind: 'names', path: '/proc', more: [] };

const lineEnds = (bytes: Buffer): readonly [number, number] => {
  const first = bytes.indexOf(10);
  return [first, first === -1 ? -1 : bytes.indexOf(10, first + 1)];
};

/** `/proc/12` or `12`. */
const numbersIn = (names: Known | undefined): readonly number[] =>
  Array.isArray(names)
    ? names
        .map((name: string) => Number(name.replace('/proc/', '')))
        .filter((pid) => Number.isSafeInteger(pid) && pid > 0)
    : [];
