// Real memory pressure: the disk is read through the page cache while a process holds most of the memory, touched
// again and again. The kernel's own totals of /proc/vmstat, and perf, are the witnesses.
import { readdirSync, readFileSync } from 'node:fs';
import { between, timeBetween } from '../claims.mjs';
import { perfWitness, vmstatWitness } from '../witness.mjs';
import { run } from '../work.mjs';

const READ_MIB = 900;

/** Takes most of the memory that is to be had, page by page, three times; the kernel may end it first. */
const HOLD = `
open('/proc/self/oom_score_adj', 'w').write('900')
free = int([line for line in open('/proc/meminfo') if line.startswith('MemAvailable')][0].split()[1]) * 1024
for turn in range(3):
    held = bytearray(int(free * 0.6))
    held = None
`;

export const kswapd = {
  probe: 'kswapd',
  witness: async (name) => {
    const perf = await perfWitness(
      {
        wakeups: { event: 'vmscan:mm_vmscan_wakeup_kswapd' },
        reclaims: { event: 'vmscan:mm_vmscan_direct_reclaim_begin' },
      },
      `/run/perf-${name}`,
    );
    const vmstat = vmstatWitness({ stalls: /^allocstall_/, stolen: /^pgsteal_direct$/ });
    const cpuNs = kswapdCpuNs();
    const startedMs = performance.now();
    return {
      stop: async () => ({
        perf: await perf.stop(),
        vmstat: await vmstat.stop(),
        cpuNs: kswapdCpuNs() - cpuNs,
        wallNs: Math.ceil((performance.now() - startedMs) * 1e6),
      }),
    };
  },
  work: async () => {
    const holder = run('python3', '-c', HOLD);
    const reader = run('dd', 'if=/dev/vda', 'of=/dev/null', 'bs=1M', `count=${READ_MIB}`);
    const [held, read] = await Promise.allSettled([holder, reader]);
    if (read.status === 'rejected') throw read.reason;
    return { reader: read.value, holder: held.value ?? null };
  },
  claims: ({ work: { reader }, inner, outer, seen }) => {
    const bounded = (metric, least, most, of) =>
      between(metric, least, most, seen.total(`kswapd.${metric}`), of);
    return [
      bounded('wakeups', inner.perf.wakeups, outer.perf.wakeups, 'perf, all processes'),
      bounded('direct_reclaims', inner.perf.reclaims, outer.perf.reclaims, 'perf, all processes'),
      bounded('direct_reclaims', inner.vmstat.stalls, outer.vmstat.stalls, '/proc/vmstat allocstall'),
      between('wakeups', 1, outer.perf.wakeups, seen.of(reader.pid, 'kswapd.wakeups'), 'by the reader'),
      timeBetween(
        'kswapd_ns',
        inner.cpuNs,
        outer.wallNs,
        seen.total('kswapd.kswapd_ns'),
        'its CPU time to wall time',
      ),
      timeBetween(
        'direct_reclaim_ns',
        0,
        4 * outer.wallNs,
        seen.total('kswapd.direct_reclaim_ns'),
        'wall time of four',
      ),
      bounded(
        'reclaimed_pages',
        inner.vmstat.stolen,
        2 * outer.vmstat.stolen,
        'pgsteal_direct, twice with slab',
      ),
    ];
  },
};

/** CPU time of kswapd0 so far; ticks are hundredths of a second. */
const kswapdCpuNs = () => {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      if (!stat.includes('(kswapd0)')) continue;
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return (Number(fields[11]) + Number(fields[12])) * 10_000_000;
    } catch {
      // It has ended.
    }
  }
  return 0;
};
