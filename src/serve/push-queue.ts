/**
 * Pages on their way to a database. They go out one at a time and in order; one that cannot be delivered now is tried again
 * after growing pauses, and what waits is bounded: the oldest goes, counted. What the database refuses is not tried again.
 */

/** null: delivered; `again` says whether it is worth another try. */
export type Failure = { readonly why: string; readonly again: boolean };
export type Post = (page: Buffer) => Promise<Failure | null>;

export type PushState = {
  readonly delivered: number;
  readonly dropped: number;
  readonly waiting: number;
  /** Why the last one was not delivered; null when it was. */
  readonly problem: string | null;
};

export type PushQueue = {
  add(page: Buffer): void;
  state(): PushState;
  /** Tries what waits once more, at once; resolves when nothing waits, or it failed again. */
  flush(): Promise<void>;
};

const MOST_PAGES = 120;
const MOST_BYTES = 8 * 1024 * 1024;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;

export const createPushQueue = (post: Post, changed: (state: PushState) => void): PushQueue => {
  const pages: Buffer[] = [];
  let bytes = 0;
  let delivered = 0;
  let dropped = 0;
  let problem: string | null = null;
  let pauseMs = FIRST_PAUSE_MS;
  let timer: NodeJS.Timeout | null = null;
  let running: Promise<void> | null = null;

  const state = (): PushState => ({ delivered, dropped, waiting: pages.length, problem });
  const shift = (): void => {
    bytes -= pages.shift()?.length ?? 0;
  };

  const sendFirst = async (page: Buffer): Promise<boolean> => {
    const failed = await post(page);
    problem = failed?.why ?? null;
    // It may have been dropped meanwhile.
    if (failed?.again !== true && pages[0] === page) shift();
    if (failed === null) delivered += 1;
    else if (!failed.again) dropped += 1;
    return failed?.again !== true;
  };

  const work = async (): Promise<void> => {
    for (let page = pages[0]; page !== undefined; page = pages[0]) {
      const isSettled = await sendFirst(page);
      changed(state());
      if (!isSettled) {
        timer = setTimeout(begin, pauseMs);
        pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2);
        return;
      }
      pauseMs = FIRST_PAUSE_MS;
    }
  };

  const begin = (): Promise<void> => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    running ??= work().finally(() => {
      running = null;
    });
    return running;
  };

  return {
    add: (page) => {
      pages.push(page);
      bytes += page.length;
      while (pages.length > 1 && (pages.length > MOST_PAGES || bytes > MOST_BYTES)) {
        shift();
        dropped += 1;
      }
      if (timer === null) void begin();
    },
    state,
    flush: async () => {
      await running;
      await begin();
      if (timer !== null) clearTimeout(timer);
      timer = null;
    },
  };
};
