/** The built tool as a user runs it: a process of its own, its output, its exit, and the tracers it has started. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { execa } from 'execa';
import { expect } from 'vitest';
import { requireBuild } from '../../scripts/built.mjs';

// A test of what was built before the last change would prove nothing.
requireBuild();

export const LAUNCHER = resolve('bin', 'stallscope.js');

/** A module as it is built, for a process of its own to import. */
export const built = (path: string): string => pathToFileURL(resolve('dist', path)).href;

export type ToolEnd = {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
};

export type RunningTool = {
  readonly pid: number;
  stderr(): string;
  /** Until it says so on stderr; rejects when it ends before. */
  says(what: string | RegExp, timeoutMs?: number): Promise<void>;
  kill(signal: NodeJS.Signals): void;
  readonly ended: Promise<ToolEnd>;
};

export type ToolOptions = {
  readonly env?: Readonly<Record<string, string>>;
  /** Instead of `node bin/stallscope.js`: what is run, with the tool's arguments after it. */
  readonly through?: readonly [string, ...string[]];
};

/** What `record` says once every probe is attached. */
export const READY = 'stallscope: recording ';

export const startTool = (args: readonly string[], options: ToolOptions = {}): RunningTool => {
  const [file, ...before] = options.through ?? [process.execPath, LAUNCHER];
  const child = execa(file, [...before, ...args], {
    stdin: 'ignore',
    reject: false,
    stripFinalNewline: false,
    env: { ...options.env },
  });
  let stderr = '';
  const listeners = new Set<() => void>();
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString('utf8');
    for (const listener of [...listeners]) listener();
  });
  const ended = child.then(({ exitCode, signal, stdout }) => ({
    code: exitCode ?? null,
    signal: signal ?? null,
    stdout,
    stderr,
  }));
  return {
    pid: child.pid ?? -1,
    stderr: () => stderr,
    says: (what, timeoutMs = 60_000) =>
      new Promise((fulfil, reject) => {
        const look = (): void => {
          if (typeof what === 'string' ? stderr.includes(what) : what.test(stderr)) settle(fulfil);
        };
        const settle = (done: () => void): void => {
          listeners.delete(look);
          clearTimeout(timer);
          done();
        };
        const give = (why: string): void => settle(() => reject(new Error(`${why} "${what}":\n${stderr}`)));
        const timer = setTimeout(() => give(`not said in ${timeoutMs} ms`), timeoutMs);
        listeners.add(look);
        void ended.then(() => give('ended without saying'));
        look();
      }),
    kill: (signal) => {
      child.kill(signal);
    },
    ended,
  };
};

export const runTool = (args: readonly string[], options: ToolOptions = {}): Promise<ToolEnd> =>
  startTool(args, options).ended;

export type Summary = {
  readonly recording: {
    readonly complete: boolean;
    readonly endReason: string | null;
    readonly samples: number;
  };
  readonly probes: readonly { readonly id: string; readonly state: string }[];
  readonly coverage: Readonly<
    Record<string, { readonly coverage: string; readonly reasons: readonly string[] }>
  >;
  readonly pids: readonly {
    readonly pid: number;
    readonly comm: string;
    readonly metrics: Readonly<Record<string, number>>;
    readonly breakdown: Readonly<
      Record<string, readonly { readonly key: readonly number[]; readonly total: number }[]>
    >;
    /** Metric id to why it is not counted for this process. */
    readonly uncovered: Readonly<Record<string, string>>;
    readonly own?: boolean;
    readonly formerly?: readonly string[];
    readonly shared?: string;
  }[];
  readonly totals: Readonly<Record<string, number>>;
  readonly histograms: Readonly<Record<string, readonly number[]>>;
  readonly devices?: readonly {
    readonly device: string;
    readonly histograms: Readonly<Record<string, readonly number[]>>;
  }[];
  readonly losses: {
    readonly lostEvents: number;
    readonly mapFull: readonly string[];
    readonly rejectedLines: number;
    readonly unknownMessages: number;
    readonly byKind: Readonly<Record<string, number>>;
    readonly gaps: readonly {
      readonly fromBootUs: number;
      readonly toBootUs: number;
      readonly reason: string;
    }[];
  };
};

/**
 * Nothing is missing of what was counted. An interrupt that meets a BPF program at work has its own skipped, and wakes
 * somebody up, or completes a request, whenever it likes: `blocked` and `disk` may be estimates for that, and nothing else.
 */
export const expectNoLosses = ({ losses, coverage }: Pick<Summary, 'losses' | 'coverage'>): void => {
  const { 'missed-runs': skipped, ...byKind } = losses.byKind;
  expect({ ...losses, byKind }).toEqual(NO_LOSSES);
  if (skipped === undefined) return;
  const doubted = Object.entries(coverage).filter(([, { reasons }]) =>
    reasons.some((reason) => reason.includes('the kernel skipped')),
  );
  expect(doubted.map(([metric]) => metric).filter((metric) => !/^(blocked|disk)\./.test(metric))).toEqual([]);
};

const NO_LOSSES: Summary['losses'] = {
  lostEvents: 0,
  mapFull: [],
  rejectedLines: 0,
  unknownMessages: 0,
  byKind: {},
  gaps: [],
};

export const summaryOf = async (file: string): Promise<Summary> => {
  const { code, stdout, stderr } = await runTool(['summary', file, '--json']);
  if (code !== 0) throw new Error(`summary ended with ${code}:\n${stderr}`);
  return JSON.parse(stdout) as Summary;
};

/** One count per process of the summary, the PIDs in order. */
export const countsOf = (summary: Summary, metric: string): number[] =>
  summary.pids.flatMap(({ metrics }) => metrics[metric] ?? []);

/** Tracers that a tool of this PID has started, dying ones included, zombies not. */
export const tracersOf = (ownerPid: number): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => environmentOf(name).includes(`\0STALLSCOPE_OWNER=${ownerPid}:`))
    .map(Number);

const environmentOf = (pid: string): string => {
  try {
    return `\0${readFileSync(join('/proc', pid, 'environ'), 'utf8')}`;
  } catch {
    // It ended while we looked.
    return '';
  }
};

/** Milliseconds until no tracer of that owner is left; rejects after `limitMs` with those that are. */
export const tracersGone = async (ownerPid: number, limitMs = 30_000): Promise<number> => {
  const startMs = performance.now();
  for (;;) {
    const left = tracersOf(ownerPid);
    const waitedMs = performance.now() - startMs;
    if (left.length === 0) return waitedMs;
    if (waitedMs > limitMs) throw new Error(`tracers ${left.join(', ')} are left after ${limitMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};
