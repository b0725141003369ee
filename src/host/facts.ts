import type { Processor } from '../core/cost-facts.ts';
import type { StallscopeError } from '../errors.ts';
import type { WantedTypes } from './btf-extract.ts';

/** What this host can do for a tracer: the input of probe selection, of doctor and of the preflight of live and record. */
export type TracepointFacts = {
  /** `category:event`, for example `iomap:iomap_iter`. */
  readonly has: (tracepoint: string) => boolean;
  /** Field names of its format file; empty when it is absent. */
  readonly fields: (tracepoint: string) => readonly string[];
  /** All of that file; null when it is absent. */
  readonly format: (tracepoint: string) => string | null;
};

/** What a program or library offers to uprobes and USDT. Problems are in words; null: it can be attached to. */
export type ProgramFacts = {
  readonly functionProblem: (name: string) => string | null;
  /** @param name `PROVIDER:NAME` */
  readonly markerProblem: (name: string) => string | null;
};

/** What stands against being root on a host, and how that is changed. */
export type RootRefusal = {
  readonly fact: string;
  readonly command: string;
  error(): StallscopeError;
};

export type HostFacts = {
  /** As its user named it; null, or absent, for the one that we run on. */
  readonly remote?: string | null | undefined;
  readonly platform: string;
  readonly kernel: string;
  readonly arch: string;
  readonly hostname: string;
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly pageBytes: number;
  readonly processor: Processor;
  readonly uid: number;
  /** null where nothing does, or sudo was not tried. */
  readonly becomeRoot?: RootRefusal | null | undefined;
  /** Effective capabilities by name, lower case without `cap_`, or null where /proc does not say. */
  readonly capabilities: readonly string[] | null;
  /** `none`, `integrity`, `confidentiality`; null where the kernel has no lockdown file we can read. */
  readonly lockdown: string | null;
  /** Whether PIDs here are those that the kernel counts by; null where /proc does not say. */
  readonly pidNamespace: 'initial' | 'own' | null;
  /** Whose PIDs are those of /proc: of the kernel's first namespace, of ours, of another; null where it does not say. */
  readonly procNamespace: 'initial' | 'own' | 'other' | null;
  /** Where tracefs is mounted and readable, or null. */
  readonly tracefs: string | null;
  readonly btf: boolean;
  /** The kernel lists its BTF objects (from 5.11 on): among them bpftrace finds the kernel's types by itself. */
  readonly btfListed: boolean;
  /** Kprobes are compiled in and not locked away. */
  readonly kprobes: boolean;
  /** fentry/kfunc programs can attach (BTF, trampolines, functions listed by the kernel and by this bpftrace). */
  readonly fentry: boolean;
  readonly bpftrace: {
    readonly path: string;
    /** `0.17.0` */
    readonly version: string;
  } | null;
  /** Why `bpftrace` is null: not found where, or does not run how. */
  readonly bpftraceProblem: string | null;
  /** What its distribution has of it; null, or absent, where that is not known. */
  readonly offer?: string | null | undefined;
  readonly tracepoints: TracepointFacts;
  /** Whether the kernel has this function where kprobe or fentry could attach. */
  readonly hasFunction: (name: string) => boolean;
  /** Byte offset of a member, or of one inside it (`m_stats.xs_stats`), in a structure of the kernel or of a module of
   * it; null where BTF does not say. */
  readonly memberOffset: (struct: string, member: string, module?: string) => number | null;
  /** The same in bits, for a bit field of the kernel's own structures. */
  readonly memberBit: (struct: string, member: string) => number | null;
  /** Where a per-CPU variable lies among the others; null where BTF does not say. */
  readonly perCpuOffset: (variable: string) => number | null;
  /** Some of the kernel's types, as a file of types; null where it does not know them all. */
  readonly extractTypes: (wanted: WantedTypes) => Buffer | null;
  /** null when there is no such file, or it is not an ELF file. */
  readonly program: (path: string) => ProgramFacts | null;
  /** The distribution's command that installs a package: `apt-get install -y bpftrace`. */
  readonly installCommand: (packageName: string) => string;
};
