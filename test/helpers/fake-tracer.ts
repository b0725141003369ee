/** Plans for test/fixtures/fake-bpftrace.mjs, and a script that carries one. */
import { fileURLToPath } from 'node:url';
import { launcherOf } from '../../src/host/launcher.ts';
import { localFiles } from '../../src/host/local-files.ts';
import type { TracerScript } from '../../src/session/ports.ts';
import { metricOf } from './stream.ts';

export type FakeLife = {
  /** As `attached_probes` reports it; 2 unless given. */
  readonly probes?: number;
  /** Its pipe is read so much later than that of the ready sign. */
  readonly attachedLateMs?: number;
  readonly notify?: 'stderr' | 'stdout' | 'never';
  readonly attachMs?: number;
  readonly tickMs?: number;
  /** Lines before readiness. */
  readonly early?: readonly string[];
  /** What each tick prints: lines before it, and between tick and tock. The last one's maps are repeated. */
  readonly ticks?: readonly { readonly between?: readonly string[]; readonly maps?: readonly string[] }[];
  /** How often the lines before a tick are printed, with `$ROUND` replaced. */
  readonly betweenRounds?: number;
  /** Lines after `end`; null leaves `end` out too. */
  readonly end?: readonly string[] | null;
  /** How often they are printed, with `$ROUND` replaced. */
  readonly endRounds?: number;
  /** Text after everything else, without a newline. */
  readonly tail?: string;
  readonly stderr?: string;
  /** Exits at once, or after `attached_probes`, with this status. */
  readonly refuse?: number;
  readonly refuseLate?: number;
  /** How long it takes to dropped its events before it says its last counts. */
  readonly letGoMs?: number;
  /** A file that it makes once it hears signals, before it attaches. */
  readonly up?: string;
  readonly ignore?: readonly ('SIGINT' | 'SIGTERM')[];
  readonly dieAfter?: number;
  readonly silentAfter?: number;
  /** It has our output, and ends with us, or in a while: it is in a group of its own. */
  readonly grandchild?: 'ours' | 'unreachable';
  /** A file that is printed as it is once it is ready, then it ends. */
  readonly capture?: string;
};

export type FakePlan = FakeLife | { readonly file: string; readonly lives: readonly FakeLife[] };

export const FAKE_BPFTRACE = {
  path: fileURLToPath(new URL('../fixtures/fake-bpftrace.mjs', import.meta.url)),
  version: '0.17.0',
};

/** As the product starts it here. */
export const LAUNCHER = launcherOf(localFiles);

/** What a fake one needs to be found and run: it is a script of node. */
export const ENVIRONMENT = { PATH: process.env.PATH ?? '' };

export const map = (name: string, value: unknown): string =>
  JSON.stringify({ type: 'map', data: { [name]: value } });

export const line = (text: string): string => JSON.stringify({ type: 'printf', data: `${text}\n` });

/** Line 1 is the plan (the frame's), lines 2 to 4 belong to `iomap`, the rest to `kswapd`. */
export const scriptOf = (plan: FakePlan, change: Partial<TracerScript> = {}): TracerScript => ({
  script: `// ${JSON.stringify(plan)}\ntracepoint:iomap:iomap_iter\n{\n}\ntracepoint:vmscan:mm_vmscan_wakeup_kswapd\n{\n}\n`,
  bindings: [
    { map: '@n', metric: 'iomap.iter', keyParts: 1 },
    { map: '@by', metric: 'iomap.by_order', keyParts: 3 },
  ],
  scratch: ['@start'],
  checked: [{ map: '@start', metrics: ['iomap.iter'] }],
  needFiles: ['iomap.iter'],
  metrics: [metricOf('iomap.iter'), metricOf('iomap.by_order', { dims: ['order', 'node'] })],
  attachPoints: 2,
  programs: [
    { owner: 'iomap', provider: 'tracepoint', metrics: [] },
    { owner: 'kswapd', provider: 'tracepoint', metrics: [] },
  ],
  runs: [{ metric: 'iomap.iter', owner: 'iomap', runs: { tracepoint: 1 } }],
  ownerOfLine: (number) => (number < 2 ? null : number < 5 ? 'iomap' : number < 8 ? 'kswapd' : null),
  ...change,
});

/** Whether any process of this group is left. */
export const isGroupAlive = (pid: number): boolean => {
  try {
    process.kill(-pid, 0);
    return true;
  } catch {
    return false;
  }
};
