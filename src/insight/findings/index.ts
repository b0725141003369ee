/** Every failure that has a name. */
import { cgroupCpuThrottle } from './cgroup-cpu-throttle.ts';
import { cgroupMemoryLimit } from './cgroup-memory-limit.ts';
import { cpuContention, sharedCpus } from './cpu-contention.ts';
import { extentGrowth } from './extent-growth.ts';
import { floodedDevice } from './flooded-device.ts';
import { highOrderExhaustion } from './high-order-exhaustion.ts';
import { hungTasks } from './hung-tasks.ts';
import { inodeChurn } from './inode-churn.ts';
import { lockPileUp } from './lock-pile-up.ts';
import { nativeLeak } from './native-leak.ts';
import { oomKill } from './oom-kill.ts';
import { pageCacheThrash } from './page-cache-thrash.ts';
import { pythonLeak } from './python-leak.ts';
import { seekHoleStorm } from './seek-hole-storm.ts';
import type { Signature } from './signature.ts';
import { slabLeak } from './slab-leak.ts';
import { slowDevice } from './slow-device.ts';
import { swapStorm } from './swap-storm.ts';
import { syncStorm } from './sync-storm.ts';
import { xfsAllocDeadlock } from './xfs-alloc-deadlock.ts';

export const SIGNATURES: readonly Signature[] = [
  seekHoleStorm,
  xfsAllocDeadlock,
  pageCacheThrash,
  highOrderExhaustion,
  oomKill,
  hungTasks,
  inodeChurn,
  cgroupMemoryLimit,
  cgroupCpuThrottle,
  slowDevice,
  floodedDevice,
  syncStorm,
  lockPileUp,
  swapStorm,
  cpuContention,
  sharedCpus,
];

/** Findings that say which files their suspect has open. */
export const OF_FILES: ReadonlySet<string> = new Set(
  SIGNATURES.flatMap(({ id, ofFiles }) => (ofFiles === true ? [id] : [])),
);

/** Those that are known by growth, over minutes to weeks. */
export const BY_GROWTH = [nativeLeak, pythonLeak, slabLeak, extentGrowth] as const;

const NAMED = [...SIGNATURES, ...BY_GROWTH] as const;

/** Those by signature, and those by growth. */
export const FINDING_IDS: readonly string[] = [...new Set(NAMED.map(({ id }) => id))];

/** What a finding of that id is called, where nothing more is known of it. */
export const titleOf = (id: string): string => NAMED.find((one) => one.id === id)?.title ?? id;
