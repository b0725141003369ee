/** Which bpftrace this is, for what differs between its versions. */
import semver from 'semver';
import type { HostFacts } from '../host/facts.ts';

/** False where there is no bpftrace. */
export const bpftraceFrom = (facts: HostFacts, version: string): boolean =>
  facts.bpftrace !== null && semver.gte(plainVersion(facts.bpftrace.version), version);

/** Without the suffixes of distributions and release candidates, which would fall out of every range. */
export const plainVersion = (version: string): string => semver.coerce(version)?.version ?? '0.0.0';
