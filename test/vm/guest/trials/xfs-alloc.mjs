// XFS's own allocator. Up to 6.8 a module of the matrix refuses memory to kmem_alloc in one process, a known number of
// times: the kernel's code runs as it does in the incident, and logs what it logs there. From 6.9 on there is nothing
// to refuse: real memory pressure makes allocations wait that must not fail, and perf counts the same rounds.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { between, exactly, impossible, timeBetween } from '../claims.mjs';
import { mountedXfs } from '../mounts.mjs';
import { perfWitness } from '../witness.mjs';
import { prepare, workload } from '../work.mjs';

const FEW = 23;
const MANY = 1_009;
/** The kernel's own message comes once in so many failed attempts. */
const ATTEMPTS_PER_MESSAGE = 100;
const FILES = 300;
const MODULE = '/opt/modules/failkmem.ko';
const parameter = (name) => `/sys/module/failkmem/parameters/${name}`;

const refuse = (attempts) => {
  writeFileSync(parameter('failed'), '0');
  writeFileSync(parameter('left'), String(attempts));
};
const refused = () => Number(readFileSync(parameter('failed'), 'utf8'));
const messages = () =>
  prepare('dmesg')
    .split('\n')
    .filter((line) => line.includes('possible memory allocation deadlock')).length;

const refusedWork = async () => {
  const results = [];
  for (const attempts of [FEW, MANY]) {
    const before = messages();
    refuse(attempts);
    const victim = await workload('victim', mountedXfs(), FILES);
    results.push({ ...victim, refused: refused(), messages: messages() - before });
  }
  // One that goes on waiting for as long as the recording lasts.
  refuse(1_000_000);
  const waiting = workload('victim', mountedXfs(), FILES);
  while (refused() === 0) await delay(50);
  const pid = Number(prepare('pgrep', '-x', 'victim'));
  await delay(3_000);
  return { few: results[0], many: results[1], waiting: { pid, least: refused(), ended: waiting } };
};

const refusedClaims = ({ work: { few, many, waiting }, most, seen }) => {
  const of = (process, metric) => seen.of(process.pid, `xfs-alloc.${metric}`);
  return [
    exactly('failures', few.refused, of(few, 'failures'), 'refused by the module'),
    exactly('stalls - stalls_ended', 0, of(few, 'stalls') - of(few, 'stalls_ended'), 'all are over'),
    exactly('failures', many.refused, of(many, 'failures'), 'refused by the module'),
    between(
      'failures',
      many.messages * ATTEMPTS_PER_MESSAGE,
      (many.messages + 1) * ATTEMPTS_PER_MESSAGE,
      of(many, 'failures'),
      `${many.messages} deadlock messages of the kernel`,
    ),
    timeBetween('stall_ns', 0, many.wallNs, of(many, 'stall_ns'), 'its wall time'),
    between('largest_bytes', 1, 8192, of(many, 'largest_bytes'), 'what the module refuses'),
    exactly('stalls - stalls_ended', 1, of(waiting, 'stalls') - of(waiting, 'stalls_ended'), 'one goes on'),
    between('failures', waiting.least, most, of(waiting, 'failures'), 'refused by the module so far'),
  ];
};

const NOFAIL_ROUND = { event: 'vmscan:mm_vmscan_direct_reclaim_begin', filter: 'gfp_flags & 0x8000' };
const NOFAIL_COMPACTION = {
  event: 'compaction:mm_compaction_try_to_compact_pages',
  filter: 'gfp_mask & 0x8000',
};

/** Small files on XFS, while a process holds half of the memory and the disk is read through the rest. */
const pressedWork = async () => {
  const hold = `
open('/proc/self/oom_score_adj', 'w').write('1000')
free = int([line for line in open('/proc/meminfo') if line.startswith('MemAvailable')][0].split()[1]) * 1024
held = bytearray(int(free * 0.55))
while True:
    for offset in range(0, len(held), 4096): held[offset] = 1
`;
  const pressure = [
    spawn('python3', ['-c', hold], { stdio: 'ignore' }),
    spawn('sh', ['-c', 'while :; do dd if=/dev/vda of=/dev/null bs=1M status=none; done'], {
      detached: true,
    }),
  ];
  try {
    await Promise.all([1, 2, 3].map(() => workload('victim', mountedXfs(), FILES * 8)));
  } finally {
    pressure[0].kill('SIGKILL');
    process.kill(-pressure[1].pid, 'SIGKILL');
  }
  return {};
};

const pressedClaims = ({ inner, outer, seen }) => {
  const total = (metric) => seen.total(`xfs-alloc.${metric}`);
  const most = outer.reclaims + outer.compactions;
  if (most === 0 && total('rounds') === 0)
    return [impossible('rounds', 'nothing that must not fail had to wait')];
  return [
    between('rounds', inner.reclaims + inner.compactions, most, total('rounds'), 'perf, __GFP_NOFAIL'),
    between('stalls', total('stalls_ended'), most, total('stalls'), 'those ended, to rounds'),
    between('trans_stalls', 0, total('stalls_ended'), total('trans_stalls'), 'of those ended'),
    ...(most > 0
      ? [timeBetween('stall_ns', 0, 8 * outer.wallNs, total('stall_ns'), 'wall time of eight')]
      : []),
  ];
};

const canRefuse = existsSync(MODULE);

export const xfsAlloc = {
  probe: 'xfs-alloc',
  setUp: () => {
    mountedXfs();
    if (canRefuse && !existsSync(parameter('left'))) prepare('insmod', MODULE, 'comm=victim', 'left=0');
  },
  ...(canRefuse
    ? {
        work: refusedWork,
        /** After the recording: how much was refused in all, and the one that waits may go on. */
        finish: async ({ waiting }) => {
          const most = refused();
          writeFileSync(parameter('left'), '0');
          await waiting.ended;
          return { most };
        },
        claims: refusedClaims,
      }
    : {
        witness: async (name) => {
          const startedMs = performance.now();
          const perf = await perfWitness(
            { reclaims: NOFAIL_ROUND, compactions: NOFAIL_COMPACTION },
            `/run/perf-${name}`,
          );
          return {
            stop: async () => ({
              ...(await perf.stop()),
              wallNs: Math.ceil((performance.now() - startedMs) * 1e6),
            }),
          };
        },
        work: pressedWork,
        claims: pressedClaims,
      }),
};
