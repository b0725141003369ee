/** `--listen`: what is counted, for Prometheus to scrape. Pages are made here, and only when asked for; a process of its own serves them. */
import type { ChildProcess } from 'node:child_process';
import { failure } from '../errors.ts';
import { familiesOf } from '../export/openmetrics/families.ts';
import { type Family, TEXT_FORMATS, textOf } from '../export/openmetrics/family.ts';
import { createGroups } from '../export/openmetrics/groups.ts';
import { listenerFamilies } from '../export/openmetrics/listener.ts';
import type { WatchedSnapshot } from '../insight/recognised.ts';
import type { Answer, Ask, ListenerCost, Report, Start } from '../serve/protocol.ts';
import type { Page } from '../serve/server.ts';
import type { Context } from './context.ts';
import { servingOwner, startServing } from './serve-process.ts';

export type Address = { readonly host: string; readonly port: number };

export type Listener = {
  readonly url: string;
  /** To be called with every sample. */
  sample(snapshot: WatchedSnapshot): void;
  close(): void;
};

/** What a command has to say of itself. */
export type MoreFamilies = () => readonly Family[];

/** Samples that may be missing before the session is taken for stuck. */
const MOST_LATE = 5;
const LEAST_LATE_MS = 10_000;

/** Resolves once somebody can ask. Throws E_LISTEN. */
export const startListener = async (
  context: Context,
  { host, port }: Address,
  onLost: (why: string) => void,
  more: MoreFamilies = () => [],
): Promise<Listener> => {
  const child = startServing('listener');
  const made = createPages(context, more);
  let isClosed = false;
  const actual = await begun(child, { host, port, owner: servingOwner(context) });
  child.on('message', (message: Report) => {
    if (message.type !== 'ask' || !child.connected) return;
    const answer: Answer = { type: 'answer', id: message.id, page: made.page(message.what, message.cost) };
    child.send(answer, () => undefined);
  });
  child.on('exit', (code, signal) => {
    if (!isClosed) onLost(`nobody can scrape any more: what listened has ended (${signal ?? code})`);
  });
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${actual}/metrics`,
    sample: made.sample,
    close: () => {
      isClosed = true;
      if (child.connected) child.disconnect();
    },
  };
};

const begun = (child: ChildProcess, { host, port, owner }: Address & Pick<Start, 'owner'>): Promise<number> =>
  new Promise((resolve, reject) => {
    const refuse = (why: string): void => {
      if (child.connected) child.disconnect();
      reject(failure('E_LISTEN', { address: `${host}:${port}`, why }));
    };
    child.once('error', ({ message }) => refuse(message));
    child.once('exit', (code, signal) => refuse(`its process ended (${signal ?? code})`));
    child.once('message', (message: Report) => {
      child.removeAllListeners('exit');
      if (message.type === 'listening') resolve(message.port);
      else refuse(message.type === 'failed' ? message.why : message.type);
    });
    const start: Start = { type: 'start', host, port, owner, anyName: !isLoopback(host) };
    child.send(start, () => undefined);
  });

const isLoopback = (host: string): boolean => host === '::1' || /^127\./.test(host);

/** Of one sample each page is made once. */
const createPages = ({ clock }: Context, more: MoreFamilies) => {
  const groups = createGroups(null);
  const kept = new Map<Ask['what'], Page>();
  let latest: WatchedSnapshot | null = null;

  const metricsPage = (format: 'openmetrics' | 'plain', cost: ListenerCost): Page => ({
    status: 200,
    type: TEXT_FORMATS[format],
    body: textOf(
      latest === null ? [] : [...familiesOf(latest, groups), ...more(), ...listenerFamilies(cost)],
      format,
    ),
  });

  const healthPage = (): Page => {
    const lateMs = latest === null ? 0 : (clock.bootUs() - latest.bootUs) / 1000;
    const isLate = latest === null || lateMs > Math.max(LEAST_LATE_MS, MOST_LATE * latest.header.intervalMs);
    const isCounted = latest !== null && latest.read.bootUs === latest.bootUs;
    const body = isLate ? 'no sample yet, or none lately\n' : isCounted ? 'ok\n' : 'host only: not counted\n';
    return { status: isLate || !isCounted ? 503 : 200, type: 'text/plain; charset=utf-8', body };
  };

  return {
    sample: (snapshot: WatchedSnapshot): void => {
      latest = snapshot;
      groups.add(snapshot);
      kept.clear();
    },
    page: (what: Ask['what'], cost: ListenerCost): Page => {
      if (what === 'health') return healthPage();
      const page = kept.get(what) ?? metricsPage(what, cost);
      kept.set(what, page);
      return page;
    },
  };
};
