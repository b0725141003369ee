/** Shapes shared by selection and assembly, and handed to the tracer. */
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

export type { TracerScript as Assembled } from '../session/ports.ts';
