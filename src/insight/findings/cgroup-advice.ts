/** What an advice about a control group is filled in with: its limits, where they stand, and how far they can be raised. */
import type { Cgroup } from '../../core/cgroup.ts';
import { containerOf } from '../../core/container.ts';
import type { SessionState } from '../../core/state.ts';
import type { HostTrait } from './signature.ts';

type CgroupWords = {
  readonly traits: Partial<Record<HostTrait, boolean>>;
  readonly words: Readonly<Record<string, string | undefined>>;
};

const RAISE = 2;
/** A limit that is nearly all of the memory bounds nothing. */
const MOST_OF_MEMORY = 0.75;
const LEAST_RAISE = 1.1;
const MIB = 2 ** 20;

export const cgroupWords = (cgroup: Cgroup | null, { header }: SessionState): CgroupWords => {
  if (cgroup === null) return { traits: {}, words: {} };
  const { cpus, memoryBytes } = header.host;
  const levelOf = (metric: string): number | null => cgroup.readings.get(metric)?.last ?? null;
  const quota = levelOf('cgroup.cpu_quota');
  const moreQuota = quota === null ? null : Math.min(RAISE * quota, 100 * Math.max(1, cpus));
  const limit = levelOf('cgroup.memory_limit');
  const moreLimit = limit === null ? null : Math.min(RAISE * limit, MOST_OF_MEMORY * memoryBytes);
  const isRaisable = (more: number | null, now: number | null): boolean =>
    more !== null && now !== null && more >= now * LEAST_RAISE;
  // Its name goes into a command.
  const isSafe = ![cgroup.path, cgroup.cpuLimit, cgroup.memoryLimit].some((text) =>
    /\p{Cc}/u.test(text ?? ''),
  );
  const unit = isSafe ? (/[^/]+\.(?:service|scope|slice)$/.exec(cgroup.path)?.[0] ?? null) : null;
  const quotaFile = isSafe && isRaisable(moreQuota, quota) ? cgroup.cpuLimit : undefined;
  const limitFile = isSafe && isRaisable(moreLimit, limit) ? cgroup.memoryLimit : undefined;
  const container = containerOf(cgroup.path);
  return {
    traits: {
      unit: unit !== null,
      'no-unit': unit === null,
      'quota-v1': quotaFile?.endsWith('cpu.cfs_quota_us') === true,
      'quota-v2': quotaFile?.endsWith('cpu.max') === true,
      'limit-v1': limitFile?.endsWith('memory.limit_in_bytes') === true,
      'limit-v2': limitFile !== undefined && !limitFile.endsWith('memory.limit_in_bytes'),
      container: container !== null,
      'no-container': container === null,
    },
    words: {
      unit: unit ?? undefined,
      cgroup: cgroup.path,
      quota: quota === null ? undefined : String(quota),
      moreQuota: moreQuota === null ? undefined : String(moreQuota),
      quotaFile,
      periodFile: quotaFile?.replace(/cpu\.cfs_quota_us$/, 'cpu.cfs_period_us'),
      limit: limit === null ? undefined : String(limit),
      moreLimit: moreLimit === null ? undefined : String(Math.round(moreLimit / MIB) * MIB),
      limitFile,
      limitProperty: limitFile?.endsWith('memory.high') === true ? 'MemoryHigh' : 'MemoryMax',
      container: container ?? undefined,
    },
  };
};
