/** Shapes shared by selection and assembly, and handed to the tracer. */
import type { HostFacts } from '../host/facts.ts';
import type { Seed } from '../host/targets.ts';
import type { Manifest, Variant } from './manifest.ts';

/** A probe with the variant this host runs, or the reasons why none can. */
export type Selected = {
  readonly manifest: Manifest;
  /** Folder that holds the variant's script. */
  readonly folder: string;
  /** Scripts that are in no file, by name. */
  readonly scripts?: ReadonlyMap<string, string> | undefined;
  readonly variant: Variant | null;
  /** What a variant with a `target` attaches to: checked paths. Empty for all others. */
  readonly files: readonly string[];
  /** Every variant not chosen, with why; in the manifest's order. */
  readonly rejected: readonly { readonly variant: string; readonly reason: string }[];
};

/** Which processes the kernel side counts. Integers only: they become script text. */
export type KernelFilter =
  | { readonly kind: 'all' }
  | { readonly kind: 'pids'; readonly pids: readonly number[] }
  /** A process and all its descendants, from its fork on. */
  | { readonly kind: 'tree'; readonly rootPid: number };

/** What cannot be counted for a process: metric to why; undefined where all is counted. */
export type Uncovered = (pid: number) => Readonly<Record<string, string>> | undefined;

export type { TracerScript as Assembled } from '../session/ports.ts';

/** What a script is made for. */
export type AssembleRequest = {
  /** Those without a variant are passed over. */
  readonly selected: readonly Selected[];
  readonly filter: KernelFilter;
  readonly intervalMs: number;
  /** Capacity of every kernel map, as bpftrace is given it. */
  readonly mapKeys: number;
  readonly facts: HostFacts;
  /** Whether the script must say itself who counts, because its PIDs mean nothing to us. Default: it need not. */
  readonly tellsWho?: boolean;
  /** `none` when the kernel's types do not have the fields that `btf` reads (before 5.5). Default: by the facts. */
  readonly startTime?: 'btf' | 'none';
  /** Entries of scratch maps that are there from the start; those of maps that nothing here has are passed over. */
  readonly seeds?: readonly Seed[];
};
