// The XFS incident restaged, and a guard beside it: memory is refused to `victim` until the slab caches are dropped, as it
// was then, or until the operator comes. Unguarded it stalls for all of that time; a dry run says when it would have acted, and
// it stalls as long; armed it recovers. With a tracer, and by the kernel's log alone. Three runs of each.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { impossible } from './claims.mjs';
import { mountedXfs } from './mounts.mjs';
import { untilSaid } from './ready.mjs';
import { environmentFor, TOOL } from './session.mjs';
import { prepare, workload } from './work.mjs';

const MODULE = '/opt/modules/failkmem.ko';
const parameter = (name) => `/sys/module/failkmem/parameters/${name}`;
const FOR_EVER = 1_000_000_000;
const FILES = 300;
const RUNS = 3;
/** When the operator comes. */
const OPERATOR_MS = 60_000;
/** What an armed guard may take, on an emulated processor. */
const ARMED_MS = 45_000;
/** The least that a guard takes between two actions, and what it takes to judge one. */
const PAUSE_MS = 31_000;
const READY_MS = 300_000;

/** How often the kernel has dropped slab caches since it booted. */
const drops = () => Number(/^drop_slab (\d+)$/m.exec(readFileSync('/proc/vmstat', 'utf8'))?.[1]);
const refused = () => Number(readFileSync(parameter('failed'), 'utf8'));

/** Memory is refused until it is dropped, or the operator comes; how long `victim` stalled, and who ended it. */
const incident = async () => {
  const dropped = drops();
  writeFileSync(parameter('failed'), '0');
  writeFileSync(parameter('left'), String(FOR_EVER));
  const victim = workload('victim', mountedXfs(), FILES);
  while (refused() === 0) await delay(50);
  const sinceMs = performance.now();
  const operatorMs = sinceMs + OPERATOR_MS;
  while (drops() === dropped && performance.now() < operatorMs) await delay(50);
  const by = drops() === dropped ? 'operator' : 'guard';
  writeFileSync(parameter('left'), '0');
  const stalledMs = performance.now() - sinceMs;
  await victim;
  return { stalledMs, by };
};

const CASES = [
  { name: 'unguarded', guard: null, by: 'operator' },
  { name: 'dry run', guard: [], by: 'operator', says: /would do drop-slab now/g },
  { name: 'armed', guard: ['--armed'], by: 'guard', says: /drop-slab helped/g },
  { name: 'dry run, log', guard: ['--log'], by: 'operator', says: /would do drop-slab now/g },
  { name: 'armed, log', guard: ['--log', '--armed'], by: 'guard', says: /drop-slab helped/g },
];

/** Rows of the matrix. */
export async function* tryGuard(bpftrace, note) {
  if (!existsSync(MODULE)) {
    yield row({ name: '-' }, impossible('stalled', 'no module refuses memory on this kernel'));
    return;
  }
  mountedXfs();
  if (!existsSync(parameter('left'))) prepare('insmod', MODULE, 'comm=victim', 'left=0');
  for (const one of CASES) {
    note(`the incident, ${one.name}`);
    try {
      yield* await stage(one, bpftrace, note);
    } catch (error) {
      writeFileSync(parameter('left'), '0');
      yield row(one, { metric: 'stalled', expected: 'staged', counted: error.message, verdict: 'failed' });
    }
  }
}

const stage = async (one, bpftrace, note) => {
  const guard = one.guard === null ? null : await startGuard(bpftrace, one.guard);
  const runs = [];
  try {
    for (let run = 0; run < RUNS; run += 1) {
      if (guard !== null) await delay(PAUSE_MS);
      runs.push(await incident());
    }
    if (guard !== null) await delay(PAUSE_MS);
  } finally {
    await guard?.stop();
  }
  for (const line of guard?.said ?? []) note(line);
  return rowsOf(one, runs, guard?.said ?? []);
};

const rowsOf = (one, runs, said) => {
  const isArmed = one.by === 'guard';
  const isAsExpected = runs.every(
    ({ stalledMs, by }) => by === one.by && (!isArmed || stalledMs <= ARMED_MS),
  );
  const stalled = {
    metric: 'seconds stalled',
    expected: isArmed
      ? `at most ${ARMED_MS / 1000}, ended by the guard`
      : `${OPERATOR_MS / 1000}, ended by hand`,
    counted: runs.map(({ stalledMs, by }) => `${(stalledMs / 1000).toFixed(1)} (${by})`).join(', '),
    verdict: isAsExpected ? 'passed' : 'failed',
  };
  if (one.says === undefined) return [row(one, stalled)];
  const count = said.join('\n').match(one.says)?.length ?? 0;
  const says = {
    metric: isArmed ? 'judged as helpful' : 'would have acted',
    expected: `${RUNS} times`,
    counted: `${count} times`,
    verdict: count >= RUNS ? 'passed' : 'failed',
  };
  return [row(one, stalled), row(one, says)];
};

const row = ({ name }, rest) => ({ probe: 'guard', variant: name, ...rest });

const startGuard = async (bpftrace, args) => {
  const child = spawn(
    process.execPath,
    [
      ...TOOL,
      ...['guard', '--action', 'drop-slab', '--on', 'xfs-alloc-deadlock', '--cooldown', '30s'],
      ...['--max-per-hour', '60', '--budget', 'off', '--attach-timeout', '4m'],
      ...['-o', '/var/tmp/guard.ndjson', '--force', ...args],
    ],
    { env: environmentFor(bpftrace), stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const said = [];
  const closed = once(child, 'close');
  await untilSaid(child, 'stallscope: guard ', { closed, said, limitMs: READY_MS });
  return {
    said,
    stop: async () => {
      child.kill('SIGINT');
      await closed;
    },
  };
};
