/** Which bpftrace and which kernel this is, for what differs between their versions. */
import semver from 'semver';
import type { HostFacts } from '../host/facts.ts';

/** False where there is no bpftrace. */
export const bpftraceFrom = (facts: HostFacts, version: string): boolean =>
  facts.bpftrace !== null && semver.gte(plainVersion(facts.bpftrace.version), version);

/** Only for what cannot be seen otherwise, and where a distribution that took it earlier loses no more than speed. */
export const kernelFrom = (facts: HostFacts, version: string): boolean =>
  semver.gte(plainVersion(facts.kernel), version);

/**
 * bpftrace 0.17 (Debian 12), which reads lists of the kernel far more often than it must. Those before it read them too, and
 * 0.18; but only on this one was it tried to spare it that.
 */
export const rereadsLists = (facts: HostFacts): boolean =>
  bpftraceFrom(facts, '0.17.0') && !bpftraceFrom(facts, '0.18.0');

/** From 0.20 to 0.23: of two CPUs that count for a key the first time at once, one is not heard (first-counts.ts). */
export const losesFirstCounts = (facts: HostFacts): boolean =>
  bpftraceFrom(facts, '0.20.0') && !bpftraceFrom(facts, '0.24.0');

/** Without the suffixes of distributions and release candidates, which would fall out of every range. */
export const plainVersion = (version: string): string => semver.coerce(version)?.version ?? '0.0.0';
