// Reclaim, failed allocations and compaction: pressed for inside a memory cgroup, so that the machine goes on. Pressure
// on the whole machine is staged in guests: test/vm/guest/trials.
import { join } from 'node:path';
import { memoryGroup } from '../fs/cgroup.mjs';
import { xfs } from '../fs/xfs.mjs';
import { must } from '../here.mjs';
import { between, exactly, process, timeWithin } from './claims.mjs';

const MIB = 1024 ** 2;
const FAILED = 'pfn == 0xffffffffffffffff';

const RECLAIM = {
  group: { event: 'vmscan:mm_vmscan_memcg_reclaim_begin' },
  direct: { event: 'vmscan:mm_vmscan_direct_reclaim_begin' },
  wakeups: { event: 'vmscan:mm_vmscan_wakeup_kswapd' },
  soft: { event: 'vmscan:mm_vmscan_memcg_softlimit_reclaim_begin' },
  node: { event: 'vmscan:mm_vmscan_node_reclaim_begin' },
};
const SCARCE = {
  failed: { event: 'kmem:mm_page_alloc', filter: FAILED },
  extfrag: { event: 'kmem:mm_page_alloc_extfrag' },
  stalls: { event: 'compaction:mm_compaction_try_to_compact_pages' },
};

const reclaim = {
  id: 'kswapd reclaim inside a memory cgroup',
  probes: 'kswapd',
  part: 'ci',
  budgets: ['off'],
  prepare: ({ root, programs }) => {
    const dir = xfs(root);
    const [file, other] = [join(dir, 'file'), join(dir, 'other')];
    must(programs.lay, file, 'whole', String((192 * MIB) / 4096));
    must(programs.lay, other, 'whole', '256');
    return { file, other, through: memoryGroup('stallscope-honest', 48 * MIB) };
  },
  work: async (stage, { file, other, through }) => {
    const stranger = await stage.beside([[stage.programs.io, other, 'until', '256']], { events: RECLAIM });
    const command = [stage.programs.io, file, 'read', '1'];
    const account = await stage.start(command, { events: RECLAIM, through }).ended;
    const [beside] = await stranger.stop();
    return [...reclaimClaims('reader', account), ...reclaimClaims('stranger', beside)];
  },
};

const reclaimClaims = (name, { pid, witness, wallNs }) => {
  if (witness.direct === undefined) return [];
  const who = process(name, { pid });
  const { wakeups, direct, group = 0, soft = 0, node = 0 } = witness;
  const some = (metric, calls, most, by) => between(metric, who, calls > 0 ? 1 : 0, calls > 0 ? most : 0, by);
  const rounds = (calls, time, reclaimed) => [
    some(time, calls, wallNs, 'its wall time'),
    some(reclaimed, calls, 1e6, 'perf: it reclaimed'),
  ];
  return [
    exactly('kswapd.wakeups', who, wakeups, 'perf'),
    exactly('kswapd.direct_reclaims', who, direct, 'perf'),
    ...rounds(direct, 'kswapd.direct_reclaim_ns', 'kswapd.reclaimed_pages'),
    exactly('kswapd.memcg_reclaims', who, group, 'perf'),
    ...rounds(group, 'kswapd.memcg_reclaim_ns', 'kswapd.memcg_reclaimed_pages'),
    exactly('kswapd.softlimit_reclaims', who, soft, 'perf'),
    exactly('kswapd.node_reclaims', who, node, 'perf'),
    ...rounds(node, 'kswapd.node_reclaim_ns', 'kswapd.node_reclaimed_pages'),
  ];
};

const failures = {
  id: 'page-alloc failures inside a memory cgroup',
  probes: 'page-alloc',
  part: 'ci',
  budgets: ['off'],
  prepare: () => ({ through: memoryGroup('stallscope-honest', 24 * MIB) }),
  work: async (stage, { through }) => {
    const stranger = await stage.beside([[stage.programs.files, stage.root, 'until', '0']], {
      events: SCARCE,
    });
    const account = await stage.start([stage.programs.scarce, 'pipes', '23'], { events: SCARCE, through })
      .ended;
    const [other] = await stranger.stop();
    return [
      exactly('page-alloc.failures', process('pipes', account), account.failures, 'ENOMEM'),
      ...scarceClaims('pipes', account),
      ...scarceClaims('stranger', other),
    ];
  },
};

const scarceClaims = (name, account) => {
  const who = process(name, account);
  const { failed, extfrag, stalls } = account.witness;
  return [
    ...(failed === undefined ? [] : [exactly('page-alloc.attempts_failed', who, failed, 'perf')]),
    ...(extfrag === undefined ? [] : [exactly('page-alloc.extfrag', who, extfrag, 'perf')]),
    ...(stalls === undefined ? [] : [exactly('page-alloc.compact_stalls', who, stalls, 'perf')]),
  ];
};

const compaction = {
  id: 'page-alloc compaction by hand',
  probes: 'page-alloc',
  budgets: ['off'],
  work: async (stage) => {
    const account = await stage.start([stage.programs.scarce, 'compact', '3'], { events: SCARCE }).ended;
    return [
      exactly('page-alloc.failures', process('compactor', account), 0, 'none was refused'),
      ...scarceClaims('compactor', account),
      timeWithin('page-alloc.compact_ns', process('compactor', account), account.compact_ns, 3),
    ];
  },
};

/** Nothing is waited for here; pressure enough for it is staged in guests. */
const nofail = {
  id: 'xfs-alloc beside work on XFS that never waits',
  probes: 'xfs-alloc',
  budgets: ['off'],
  prepare: ({ root }) => ({ dir: xfs(root) }),
  work: async (stage, { dir }) => {
    const events = { rounds: RECLAIM.direct, buffers: { event: 'xfs:xfs_buf_backing_fallback' } };
    const account = await stage.start([stage.programs.files, dir, 'openat', '2000'], { events }).ended;
    const who = process('maker of files', account);
    const { rounds, buffers } = account.witness;
    if (rounds !== 0) return [];
    return [
      ...['rounds', 'stalls', 'stalls_ended', 'stall_ns', 'stalls_by_order', 'trans_stalls'].map((metric) =>
        exactly(`xfs-alloc.${metric}`, who, 0, 'perf: no direct reclaim'),
      ),
      exactly('xfs-alloc.buf_fallbacks', who, buffers ?? 0, 'perf'),
    ];
  },
};

export const memory = [reclaim, failures, compaction, nofail];
