/**
 * Watching another host while it is traced: a block of its files once an interval, shortly before the sample that it is for,
 * and the port of a session over what is known from them.
 */
import type { HostFiles } from '../host/files.ts';
import { createHostPort, type HostPortOptions } from '../host/port.ts';
import { parseProcess } from '../host/process-reading.ts';
import type { HostPort } from '../session/ports.ts';
import { type Block, createBlock, type Wanted } from './block.ts';
import { createRemoteFiles } from './files.ts';
import type { RemoteHost } from './host.ts';
import { readAnswer, requestsOf } from './question.ts';
import type { Answer } from './reader.ts';

export type Watch = {
  readonly files: HostFiles;
  port(options: HostPortOptions): HostPort;
  start(intervalMs: number): void;
  stop(): void;
};

/** The block is asked for so long before the sample that it is there in time, and little longer. */
const LEAD_MS = 40;
const MOST_LEAD_SHARE = 0.4;
/** Without a sample in its time a block is fetched all the same: of a host whose tracer is held up. */
const LATE = 1.5;
/** Of the blocks so far, the slower ones weigh. */
const SLOWER = 0.3;
const PAGE_BYTES = 4_096;

export const createWatch = (host: RemoteHost): Watch => {
  const costFiles = (): string[] =>
    host.own.lasting().flatMap((pid) => [`/proc/${pid}/stat`, `/proc/${pid}/statm`]);
  const block: Block = createBlock(host.cache);
  const files = createRemoteFiles({
    answers: block,
    self: host.self(),
    isAskedAgain: false,
    filters: new Map(),
  });
  let readUs = host.clock.bootUs();
  /** When all processes had been read. */
  let processesUs = readUs;
  let isNew = true;
  let tookMs = LEAD_MS;
  let intervalMs = 1_000;
  let timer: NodeJS.Timeout | undefined;
  let isFetching = false;
  let isOver = false;
  let keptBy: unknown = null;

  const take = ({ bytes, askedUs, answeredUs }: Answer, wanted: Wanted): void => {
    const shownUs = block.take(bytes, wanted);
    if (shownUs === null) return;
    readUs = host.clock.note({ askedUs, answeredUs, shownUs });
    if (block.isRound()) processesUs = readUs;
    isNew = true;
  };

  const fetchBlock = async (): Promise<void> => {
    const connection = host.current();
    if (isFetching || connection === null) return;
    isFetching = true;
    try {
      const { reader } = connection;
      const beganMs = performance.now();
      const wanted = block.next(costFiles());
      // Another reader knows nothing of what the one before was given.
      if (wanted.kept !== null || keptBy !== reader)
        void reader.ask('k', ...block.kept()).catch(() => undefined);
      keptBy = reader;
      const asked = reader.ask('t', pidsOf(wanted), wanted.sizes.join(',') || ',', ...wanted.texts);
      // All at once: where the link ends, each of them is rejected, and each must have been waited for by then.
      await Promise.all([
        asked.then((answer) => take(answer, wanted)),
        ...requestsOf(wanted.others).map(async (request) => {
          for (const [question, known] of readAnswer(request, await reader.ask(...request.words)))
            block.answer(question, known);
        }),
      ]);
      const ms = performance.now() - beganMs;
      tookMs += (ms - tookMs) * (ms > tookMs ? 1 : SLOWER);
      block.cost(costThere().cpuMs);
    } catch {
      // The link is gone: whoever holds it knows.
    } finally {
      isFetching = false;
    }
  };

  const later = (ms: number): void => {
    clearTimeout(timer);
    if (isOver) return;
    timer = setTimeout(() => {
      void fetchBlock();
      later(intervalMs * LATE);
    }, ms);
  };

  const costThere = (): { cpuMs: number; rssBytes: number } => {
    const all = host.own.lasting().flatMap((pid) => {
      const stat = block.statOf(pid);
      const reading = stat === null ? null : parseProcess(stat.stat ?? '', stat.statm, PAGE_BYTES);
      return reading === null ? [] : [reading];
    });
    return {
      cpuMs: all.reduce((sum, { cpuMs, childCpuMs }) => sum + cpuMs + childCpuMs, 0),
      rssBytes: all.reduce((sum, { memory }) => sum + (memory?.rssBytes ?? 0), 0),
    };
  };

  return {
    files,
    port: (options) => {
      // Looking at every thread there is would take more than all the rest.
      const { stuck: _, isStuck: __, ...port } = createHostPort(files, options);
      return {
        ...port,
        sample: () => {
          later(Math.max(0, intervalMs - Math.min(tookMs + LEAD_MS, intervalMs * MOST_LEAD_SHARE)));
          const values = isNew ? port.sample() : {};
          isNew = false;
          return values;
        },
        process: (pid) => {
          const before = block.misses();
          const facts = port.process(pid);
          // Who it is, all of it, or nothing yet.
          return block.misses() === before ? facts : null;
        },
        own: (who) => host.own.has(who.pid) || (who.ppid !== null && host.own.has(who.ppid)),
        uncoveredBy: (used) =>
          Object.fromEntries(Object.keys(port.uncoveredBy(used)).map((metric) => [metric, NOT_LOOKED_INTO])),
        readUs: () => readUs,
        processesUs: () => processesUs,
        isSilent: () => host.silentMs() > SILENT_MS,
        ownCost: costThere,
      };
    },
    start: (every) => {
      intervalMs = every;
      later(intervalMs - Math.min(LEAD_MS * 2, intervalMs * MOST_LEAD_SHARE));
    },
    stop: () => {
      isOver = true;
      clearTimeout(timer);
    },
  };
};

/** A shell takes its requests byte by byte: a list of all is not sent where a pattern says the same. */
const pidsOf = ({ pids, isAll, texts, every }: Wanted): string =>
  isAll && ![...texts, ...every].some((path) => /[*?[\]\\]/.test(path)) ? 'all' : pids.join(',') || ',';

/** Nothing can be held open there while it is looked into. */
const NOT_LOOKED_INTO = 'a program that began on another host is not looked into from here';

/** As long as the guards there wait, less a beat. */
const SILENT_MS = 3_000;
