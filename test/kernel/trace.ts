/**
 * Runs an assembled script in a real bpftrace, without the product's own wrapper: what is proved here is the scripts.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import type { HostFacts } from '../../src/host/facts.ts';
import { localFiles } from '../../src/host/local-files.ts';
import { localMachine } from '../../src/host/machine.ts';
import { readHostFacts } from '../../src/host/read-facts.ts';
import { assemble } from '../../src/probes/assemble.ts';
import type { Assembled, AssembleRequest, Selected } from '../../src/probes/types.ts';

export const facts: HostFacts = await readHostFacts(localFiles, localMachine(process.env));

/** What real tracing lacks here; null when it can be tested. */
export const whyNot: string | null =
  facts.uid !== 0 ? 'root' : facts.bpftrace === null ? 'bpftrace' : facts.tracefs === null ? 'tracefs' : null;

export type Outcome = {
  readonly attachedProbes: number;
  /** Metric id to PID to value, as printed at the end; dimensions are joined to the PID by commas. */
  readonly counts: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** The same as it was printed last of each key, also of those who ended long ago and were forgotten. */
  readonly reached: Outcome['counts'];
  /** The same at every tick, in order. */
  readonly ticks: readonly Readonly<Record<string, Readonly<Record<string, number>>>>[];
  /** Lines of the frame, in order. */
  readonly lines: readonly string[];
  readonly exits: number;
  readonly raw: string;
};

export type TraceOptions = Pick<AssembleRequest, 'filter'> &
  Partial<Pick<AssembleRequest, 'intervalMs' | 'mapKeys' | 'startTime'>> & {
    /** Capacity given to bpftrace, when it is not the `mapKeys` of the script. */
    readonly capacity?: number;
    /** Makes the script attach elsewhere; the maps stay the same. */
    readonly rewrite?: (script: string) => string;
  };

export type Running = {
  /** Until it has printed all of so many ticks that come after now. */
  readonly ticksFromNow: (count: number) => Promise<void>;
  readonly hasSaid: (words: string) => boolean;
};

/** Attaches, waits until every probe is, runs the workload, and stops. */
export const trace = async (
  selected: readonly Selected[],
  options: TraceOptions,
  workload: (tracer: Running) => Promise<void>,
): Promise<Outcome> => {
  const { intervalMs = 200, mapKeys = 16384, capacity = mapKeys, rewrite = same, ...rest } = options;
  const program = assemble({ selected, intervalMs, mapKeys, facts, ...rest });
  const child = execa(facts.bpftrace?.path ?? 'bpftrace', ['-f', 'json', '-e', rewrite(program.script)], {
    stdin: 'ignore',
    maxBuffer: 256 * 1024 * 1024,
    killSignal: 'SIGINT',
    forceKillAfterDelay: 10_000,
    reject: false,
    cleanup: true,
    env: {
      __BPFTRACE_NOTIFY_PROBES_ATTACHED: '1',
      BPFTRACE_MAP_KEYS_MAX: String(capacity),
      BPFTRACE_MAX_MAP_KEYS: String(capacity),
    },
  });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString('utf8');
  });
  const attached = new Promise<void>((resolve, reject) => {
    const look = (chunk: Buffer): void => {
      if (chunk.includes('__BPFTRACE_NOTIFY_PROBES_ATTACHED')) resolve();
    };
    child.stdout.on('data', look);
    child.stderr.on('data', look);
    void child.then((end) => reject(new Error(`bpftrace ended before it was attached:\n${end.stderr}`)));
  });
  /** Until it has printed all of so many ticks that came after now, however late it is with those before. */
  const ticksFromNow = (count: number): Promise<void> =>
    new Promise((resolve, reject) => {
      const sinceNs = nowNs();
      let text = '';
      const look = (chunk: Buffer): void => {
        text += chunk.toString('utf8');
        const lines = text.split('\n');
        text = lines.pop() ?? '';
        for (const line of lines) {
          const [, word, atNs] = /"data": ?"(tick|tock)(?: (\d+))?/.exec(line) ?? [];
          if (word === 'tick' && Number(atNs) > sinceNs) seen += 1;
          if (word !== 'tock' || seen < count) continue;
          child.stdout.off('data', look);
          resolve();
          return;
        }
      };
      let seen = 0;
      child.stdout.on('data', look);
      void child.then((end) => reject(new Error(`bpftrace ended before its next tick:\n${end.stderr}`)));
    });
  /** bpftrace 0.17 throws away what it has not printed yet when it is interrupted. */
  const allPrinted = async (): Promise<void> => {
    // One CPU's events are read after the other's: what happened before the first is printed before the second is.
    if (intervalMs <= 1_000) return ticksFromNow(2);
    let before = -1;
    let bytes = 0;
    child.stdout.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    while (bytes !== before || !isAsleep(child.pid ?? 0)) {
      before = bytes;
      await delay(SILENT_MS);
    }
  };
  try {
    await attached;
    await workload({ ticksFromNow, hasSaid: (line) => said.includes(line) });
    await allPrinted();
  } finally {
    child.kill('SIGINT');
  }
  const { stdout, stderr, exitCode } = await child;
  if (exitCode !== 0) throw new Error(`bpftrace ended with ${exitCode}:\n${stderr}`);
  return outcomeOf(stdout, program);
};

/** It has printed everything when it said nothing for so long and sleeps, where no tick is to come soon. */
const SILENT_MS = 300;

const isAsleep = (pid: number): boolean => /\) S /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));

/** By the clock of ticks, to a hundredth of a second: not before now. */
const nowNs = (): number => (Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]) + 0.01) * 1e9;

const same = (script: string): string => script;

const outcomeOf = (raw: string, program: Assembled): Outcome => {
  const metricOf = new Map(program.bindings.map(({ map, metric }) => [map, metric]));
  const lines: string[] = [];
  const ticks: Record<string, Record<string, number>>[] = [];
  let now: Record<string, Record<string, number>> = {};
  const reached: Record<string, Record<string, number>> = {};
  let attachedProbes = 0;
  let exits = 0;
  for (const text of raw.split('\n').filter((line) => line.startsWith('{'))) {
    const { type, data } = JSON.parse(text) as { type: string; data: unknown };
    if (type === 'attached_probes') attachedProbes = (data as { probes: number }).probes;
    if (type === 'printf') {
      const line = String(data).trimEnd();
      lines.push(line);
      if (line.startsWith('tick') || line.startsWith('end')) now = {};
      if (line === 'tock') ticks.push(now);
    }
    if (type !== 'map') continue;
    for (const [map, values] of Object.entries(data as Record<string, unknown>)) {
      const metric = metricOf.get(map);
      if (metric !== undefined) {
        now[metric] = values as Record<string, number>;
        reached[metric] = { ...reached[metric], ...now[metric] };
      }
      if (map === '@frame_exits') exits = Number(values);
    }
  }
  return { attachedProbes, counts: now, reached, ticks, lines, exits, raw };
};
