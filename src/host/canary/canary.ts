/**
 * A canary: once a sample, and at most once a second, a file is created, removed and forced to its disk in a directory
 * that the user chose, and the time it takes is a metric of the host. While a round has not come back, its age is that
 * time: a file system that hangs is seen to hang.
 *
 * Nothing of it waits: rounds are gone by a child process, and a session ends whether or not the last one has come back.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { wordsOf } from '../../assets/here.ts';
import type { MetricDescriptor } from '../../core/metric.ts';
import { failure } from '../../errors.ts';
import { heapWithin } from '../environment.ts';
import { comeAsUsual } from '../priority.ts';
import type { RoundTimes } from './round.ts';

export type Order = { readonly directory: string; readonly name: string };
/** `code` is what the system said; null when all went well. */
export type Outcome = RoundTimes & { readonly code: string | null };

export type Canary = {
  readonly metrics: readonly MetricDescriptor[];
  /** What is known now; begins the next round when it is due. */
  read(): Record<string, number>;
  close(): void;
};

const LEAST_GAP_MS = 1_000;
/** The first round is waited for so long, because a wrong directory should be refused; one that hangs is not. */
const FIRST_MS = 2_000;
const AGAIN_MS = 5_000;
const HEAP_MB = 16;

const metric = (
  id: string,
  [kind, unit, label]: readonly [MetricDescriptor['kind'], MetricDescriptor['unit'], string],
  help: string,
): MetricDescriptor => ({ id: `canary.${id}`, probe: 'host', scope: 'host', kind, unit, label, help });

const METRICS: readonly MetricDescriptor[] = [
  {
    ...metric(
      'latency_us',
      ['gauge', 'us', 'canary'],
      'To create, remove and force to disk a file in the directory of --canary: the last round, or the age of the one that has not come back.',
    ),
    lane: true,
  },
  metric('create_us', ['counter', 'us', 'canary create'], 'Time of open(O_CREAT | O_EXCL) in all rounds.'),
  metric('remove_us', ['counter', 'us', 'canary remove'], 'Time of unlink in all rounds.'),
  metric('sync_us', ['counter', 'us', 'canary sync'], 'Time of write and fsync in all rounds.'),
  metric('rounds', ['counter', 'count', 'canary rounds'], 'Rounds that came back and did all of it.'),
  metric('failures', ['counter', 'count', 'canary fails'], 'Rounds that came back with an error.'),
  metric(
    'missed',
    ['counter', 'count', 'canary missed'],
    'Samples at which no round could begin, because one had not come back.',
  ),
];

/** Wrong by what was typed; anything else is what a canary is for. */
const REFUSED: ReadonlySet<string> = new Set([
  'ENOENT',
  'ENOTDIR',
  'EACCES',
  'EPERM',
  'ELOOP',
  'ENAMETOOLONG',
]);

const WORDS: Readonly<Record<string, string>> = {
  ENOSPC: 'the file system is full',
  EDQUOT: 'the quota is used up',
  EROFS: 'the file system is read-only',
  EIO: 'the disk fails (EIO)',
};

/** Resolves once the first round has come back, or takes long. Throws E_CANARY where it can never work. */
export const startCanary = async (directory: string, say: (text: string) => void): Promise<Canary> => {
  // One name for the session: what a killed child may have left is removed by the next.
  const order: Order = { directory, name: `.stallscope-canary-${randomBytes(16).toString('hex')}` };
  const sums = { create_us: 0, remove_us: 0, sync_us: 0, rounds: 0, failures: 0, missed: 0 };
  let child: ChildProcess | null = null;
  let beganMs: number | null = null;
  let lastBeganMs = Number.NEGATIVE_INFINITY;
  let latencyUs: number | null = null;
  let problem: string | null = null;
  let isClosed = false;
  let onFirst: (code: string | null) => void = () => undefined;

  const report = (code: string | null): void => {
    if (code !== problem) {
      const why = code === null ? '' : (WORDS[code] ?? code);
      say(code === null ? `the canary works again in ${directory}` : `no canary in ${directory}: ${why}`);
    }
    problem = code;
  };

  const cameBack = ({ createUs, removeUs, syncUs, code }: Outcome): void => {
    beganMs = null;
    report(code);
    onFirst(code);
    if (code !== null) {
      sums.failures += 1;
      return;
    }
    latencyUs = createUs + removeUs + syncUs;
    sums.create_us += createUs;
    sums.remove_us += removeUs;
    sums.sync_us += syncUs;
    sums.rounds += 1;
  };

  const begin = (): void => {
    if (child?.connected !== true) return;
    beganMs = performance.now();
    lastBeganMs = beganMs;
    child.send(order, () => undefined);
  };

  const hatch = (): void => {
    if (isClosed) return;
    const own = spawn(process.execPath, wordsOf('canary'), {
      env: heapWithin(HEAP_MB),
      cwd: '/',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    // It measures what everybody waits for.
    comeAsUsual(own.pid);
    // Nobody waits for it: not our own end either.
    own.unref();
    (own.channel as { unref?: () => void } | null | undefined)?.unref?.();
    own.on('message', cameBack);
    own.on('error', () => undefined);
    own.on('exit', () => {
      beganMs = null;
      if (isClosed) return;
      report('its process ended');
      setTimeout(hatch, AGAIN_MS).unref();
    });
    child = own;
  };

  const close = (): void => {
    isClosed = true;
    if (child?.connected === true) child.disconnect();
  };

  hatch();
  const code = await new Promise<string | null>((resolve) => {
    const late = setTimeout(() => resolve(null), FIRST_MS);
    onFirst = (first) => {
      clearTimeout(late);
      resolve(first);
    };
    begin();
  });
  if (code !== null && REFUSED.has(code)) {
    close();
    throw failure('E_CANARY', { directory, why: code });
  }

  return {
    metrics: METRICS,
    read: () => {
      const nowMs = performance.now();
      const ageUs = beganMs === null ? 0 : Math.round((nowMs - beganMs) * 1000);
      if (beganMs !== null) sums.missed += 1;
      else if (nowMs - lastBeganMs >= LEAST_GAP_MS - SLACK_MS) begin();
      const level = Math.max(ageUs, latencyUs ?? 0);
      const known = latencyUs === null && ageUs === 0 ? {} : { latency_us: level };
      return Object.fromEntries(
        Object.entries({ ...sums, ...known }).map(([id, value]) => [`canary.${id}`, value]),
      );
    },
    close,
  };
};

/** Samples of a second are not quite a second apart. */
const SLACK_MS = 200;
