/**
 * Which script of a probe runs on this host. The variants of a manifest are in order of preference, cheapest first;
 * the first that nothing stands against is taken, and every other one gets its reason in words. Decided by what is
 * there (events, their fields, functions, facilities), never by the kernel's version: stable kernels carry both the
 * old and the new path of a change, and only one of them is used.
 */
import semver from 'semver';
import type { HostFacts } from '../host/facts.ts';
import type { Targets } from '../host/targets.ts';
import { readConstants } from './constants.ts';
import { readFragment } from './fragment.ts';
import type { Facility, Manifest, Variant } from './manifest.ts';
import { targetFiles } from './target.ts';
import type { Selected } from './types.ts';
import { bpftraceFrom, plainVersion } from './version.ts';

export type Wish = {
  /** What the finders found for probes on user programs; without it, their variants are refused. */
  readonly targets?: Targets;
  /** The id of the variant to use, and no other; it must be one of the manifest's. */
  readonly only?: string | undefined;
  /** Scripts that are in no file, by name. */
  readonly scripts?: ReadonlyMap<string, string> | undefined;
};

/** The probe with its variant for this host, or with the reasons why there is none. */
export const selectVariant = (
  manifest: Manifest,
  folder: string,
  facts: HostFacts,
  { targets = NO_TARGETS, only, scripts }: Wish = {},
): Selected => {
  const judged = manifest.variants.map((variant) => {
    const reason = reasonAgainst(variant, facts);
    if (reason !== null) return { variant, reason, files: [] };
    const clauses = readFragment({ manifest, folder, scripts }, variant);
    const { files, problem } = targetFiles(variant, clauses, targets, facts);
    return { variant, reason: problem, files };
  });
  const chosen = judged.find(({ variant, reason }) => reason === null && mayBeTaken(variant, only));
  const rejected = judged
    .filter((one) => one !== chosen)
    .map(({ variant, reason }) => ({
      variant: variant.id,
      reason: reason ?? reasonToPass(manifest, variant, chosen?.variant, only),
    }));
  const { variant = null, files = [] } = chosen ?? {};
  return { manifest, folder, scripts, variant, files, rejected };
};

const mayBeTaken = (variant: Variant, only: string | undefined): boolean =>
  only === undefined ? variant.explicit !== true : variant.id === only;

/** Why a variant that could run does not. */
const reasonToPass = (
  manifest: Manifest,
  variant: Variant,
  chosen: Variant | undefined,
  only: string | undefined,
): string => {
  if (only !== undefined) return `not asked for: --variant ${manifest.id}=${only}`;
  if (variant.explicit === true) return `only when asked for: --variant ${manifest.id}=${variant.id}`;
  return `not needed: ${chosen?.id} comes first and runs here`;
};

/** What stands against a variant in this kernel and bpftrace, in words; null when nothing does. */
export const reasonAgainst = (variant: Variant, facts: HostFacts): string | null => {
  for (const obstacle of OBSTACLES) {
    const reason = obstacle(variant, facts);
    if (reason !== null) return reason;
  }
  return null;
};

const NO_TARGETS: Targets = new Map();

type Obstacle = (variant: Variant, facts: HostFacts) => string | null;

const bpftraceObstacle: Obstacle = (variant, facts) => {
  if (facts.bpftrace === null) return facts.bpftraceProblem ?? 'bpftrace was not found';
  const range = variant.when.bpftrace;
  if (range === undefined || semver.satisfies(plainVersion(facts.bpftrace.version), range)) return null;
  return `needs bpftrace ${range.replaceAll('>=', '≥').replaceAll('<=', '≤')}, this is ${facts.bpftrace.version}`;
};

const facilityObstacle: Obstacle = (variant, facts) => FACILITY_OBSTACLES[variant.when.facility](facts);

const presentFunctions: Obstacle = (variant, facts) => {
  const absent = (variant.when.functions ?? []).find((name) => !facts.hasFunction(name));
  return absent === undefined ? null : `kernel function ${absent} is absent`;
};

const absentFunctions: Obstacle = (variant, facts) => {
  const present = (variant.when.notFunctions ?? []).find((name) => facts.hasFunction(name));
  return present === undefined
    ? null
    : `kernel function ${present} exists: this kernel goes through it instead`;
};

const presentTracepoints: Obstacle = (variant, facts) => {
  const absent = (variant.when.tracepoints ?? []).find((name) => !facts.tracepoints.has(name));
  return absent === undefined ? null : `tracepoint ${absent} is absent`;
};

const absentTracepoints: Obstacle = (variant, facts) => {
  const present = (variant.when.notTracepoints ?? []).find((name) => facts.tracepoints.has(name));
  return present === undefined ? null : `tracepoint ${present} exists: this kernel goes through it instead`;
};

const presentFields: Obstacle = (variant, facts) => {
  for (const [tracepoint, wanted] of Object.entries(variant.when.fields ?? {})) {
    const fields = facts.tracepoints.fields(tracepoint);
    const absent = wanted.find((field) => !fields.includes(field));
    if (absent !== undefined) return `tracepoint ${tracepoint} has no field ${absent} here`;
  }
  return null;
};

const absentFields: Obstacle = (variant, facts) => {
  for (const [tracepoint, unwanted] of Object.entries(variant.when.notFields ?? {})) {
    const fields = facts.tracepoints.fields(tracepoint);
    const present = unwanted.find((field) => fields.includes(field));
    if (present !== undefined)
      return `tracepoint ${tracepoint} has the field ${present} here: it counts in it`;
  }
  return null;
};

const readableConstants: Obstacle = (variant, facts) => readConstants(variant, facts).problem;

/** In the order in which a user would want to hear of them. */
const OBSTACLES: readonly Obstacle[] = [
  bpftraceObstacle,
  facilityObstacle,
  presentTracepoints,
  absentTracepoints,
  presentFunctions,
  absentFunctions,
  presentFields,
  absentFields,
  readableConstants,
];

const needsTracefs = (facts: HostFacts): string | null =>
  facts.tracefs === null ? 'needs the tracing file system, which is not mounted or not readable' : null;

/** bpftrace reads tracepoint fields from the format file up to 0.24, and through BTF from 0.25. */
const needsTracepointArgs = (facts: HostFacts): string | null => {
  const tracefs = needsTracefs(facts);
  if (tracefs !== null) return tracefs;
  return !facts.btf && bpftraceFrom(facts, '0.25.0')
    ? `bpftrace ${facts.bpftrace?.version} reads tracepoints through BTF, which this kernel does not have`
    : null;
};

const FACILITY_OBSTACLES: Readonly<Record<Facility, (facts: HostFacts) => string | null>> = {
  fentry: (facts) => {
    if (facts.fentry) return null;
    return facts.btf
      ? 'needs fentry; this kernel does not offer it (trampolines and a readable list of functions)'
      : 'needs fentry; this kernel has no BTF (CONFIG_DEBUG_INFO_BTF)';
  },
  kprobe: (facts) => {
    if (facts.kprobes) return null;
    return facts.lockdown === 'confidentiality'
      ? 'needs kprobes; this kernel is locked down (confidentiality)'
      : 'needs kprobes; this kernel has none (CONFIG_KPROBES)';
  },
  rawtracepoint: (facts) => {
    if (!bpftraceFrom(facts, '0.18.0')) {
      return `needs raw tracepoints; bpftrace ${facts.bpftrace?.version} aborts on them (from 0.18 on it does not)`;
    }
    return !facts.btf && bpftraceFrom(facts, '0.24.0')
      ? `bpftrace ${facts.bpftrace?.version} reads raw tracepoints through BTF, which this kernel does not have`
      : needsTracefs(facts);
  },
  tracepoint: needsTracepointArgs,
  // Their events and the frame's own (sched_process_exit) come from the same place.
  uprobe: needsTracepointArgs,
  software: needsTracepointArgs,
};
