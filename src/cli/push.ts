/**
 * `--push`: what is counted, to VictoriaMetrics, for sessions that nobody can scrape. A page is made every `EVERY_MS` and at the
 * end, and handed to a process of its own; one that does not keep up gets no more, so that nothing here grows.
 */
import type { ChildProcess } from 'node:child_process';
import { failure } from '../errors.ts';
import { familiesOf } from '../export/openmetrics/families.ts';
import { pushedText } from '../export/openmetrics/family.ts';
import { createGroups } from '../export/openmetrics/groups.ts';
import type { WatchedSnapshot } from '../insight/recognised.ts';
import type { Destination } from '../serve/post.ts';
import type { PushReport, PushRequest } from '../serve/protocol.ts';
import type { PushState } from '../serve/push-queue.ts';
import type { Context } from './context.ts';
import { servingOwner, startServing } from './serve-process.ts';

export type Pusher = {
  /** To be called with every sample. */
  sample(snapshot: WatchedSnapshot): void;
  /** Sends the last sample and what still waits, for a bounded time. */
  close(): Promise<void>;
};

const EVERY_MS = 10_000;
/** Handed over and not taken yet. */
const MOST_UNTAKEN = 4;
const LAST_PATIENCE_MS = 5_000;

/** Resolves once pages can be handed over; whether the database is there is seen when it is spoken to. */
export const startPusher = async (
  context: Context,
  destination: Destination,
  say: (text: string) => void,
): Promise<Pusher> => {
  const child = startServing('pusher');
  const send = (request: PushRequest): void => {
    if (child.connected) child.send(request, () => undefined);
  };
  await begun(child, () => send({ type: 'start', owner: servingOwner(context), destination }));
  const groups = createGroups(null);
  const to = new URL(destination.url).host;
  let untaken = 0;
  let skipped = 0;
  let sentMs = Number.NEGATIVE_INFINITY;
  let latest: WatchedSnapshot | null = null;
  let problem: string | null = null;
  let isClosed = false;

  const reported = (state: PushState): void => {
    if (state.problem !== null && problem === null)
      say(`metrics cannot be pushed to ${to}: ${state.problem}`);
    if (state.problem === null && problem !== null) say(`metrics are pushed to ${to} again`);
    problem = state.problem;
  };
  child.on('message', (message: PushReport) => {
    if (message.type === 'taken') untaken -= 1;
    if ('state' in message) reported(message.state);
  });
  child.on('exit', (code, signal) => {
    if (!isClosed) say(`metrics are not pushed any more: what pushed them has ended (${signal ?? code})`);
  });

  const push = (snapshot: WatchedSnapshot): void => {
    sentMs = snapshot.bootUs / 1000;
    if (untaken >= MOST_UNTAKEN) {
      skipped += 1;
      return;
    }
    untaken += 1;
    const { hostname } = snapshot.header.host;
    const whose = { instance: hostname, job: 'stallscope' };
    send({ type: 'page', text: pushedText(familiesOf(snapshot, groups), whose, snapshot.realMs) });
  };

  return {
    sample: (snapshot) => {
      groups.add(snapshot);
      latest = snapshot;
      if (snapshot.bootUs / 1000 - sentMs >= EVERY_MS) push(snapshot);
    },
    close: async () => {
      isClosed = true;
      if (latest !== null && latest.bootUs / 1000 > sentMs) push(latest);
      const last = child.connected ? await flushed(child, () => send({ type: 'flush' })) : null;
      if (child.connected) child.disconnect();
      const missing = (last?.dropped ?? 0) + (last?.waiting ?? 0) + skipped;
      if (last === null) say(`metrics were not all pushed to ${to}: no answer in time`);
      else if (missing > 0) say(`${missing} pages of metrics were not pushed to ${to}${whyOf(last)}`);
    },
  };
};

const whyOf = ({ problem }: PushState): string => (problem === null ? '' : `: ${problem}`);

const begun = (child: ChildProcess, start: () => void): Promise<void> =>
  new Promise((resolve, reject) => {
    const refuse = (why: string): void => {
      if (child.connected) child.disconnect();
      reject(failure('E_PUSH', { why }));
    };
    child.once('error', ({ message }) => refuse(message));
    child.once('exit', (code, signal) => refuse(`its process ended (${signal ?? code})`));
    child.once('message', () => {
      child.removeAllListeners('exit');
      resolve();
    });
    start();
  });

const flushed = (child: ChildProcess, ask: () => void): Promise<PushState | null> =>
  new Promise((resolve) => {
    const limit = setTimeout(() => resolve(null), LAST_PATIENCE_MS);
    child.on('message', (message: PushReport) => {
      if (message.type !== 'flushed') return;
      clearTimeout(limit);
      resolve(message.state);
    });
    child.once('exit', () => resolve(null));
    ask();
  });
