/** Shapes shared by selection and assembly, and handed to the tracer. */
import type { Manifest, Variant } from './manifest.ts';

/** A probe with the variant this host runs, or the reasons why none can. */
export type Selected = {
  readonly manifest: Manifest;
  /** Folder that holds the variant's script. */
  readonly folder: string;
  readonly variant: Variant | null;
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
