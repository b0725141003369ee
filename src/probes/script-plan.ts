/**
 * What one script asks of this host, and what it leaves out, step by step, when bpftrace refuses all of it:
 *
 * - a part of the kernel's types in place of all of them (script-types.ts);
 * - markers (USDT): bpftrace 0.27 compiles their arguments with a header of all kernel types, and fails where a module's
 *   types come into it (kernel 7.2 with XFS: "unknown type name '__builtin_va_list___2'");
 * - start times of processes: kernels before 5.5 have types without that field.
 *
 * Kernels before 5.11 list no BTF objects, among which bpftrace would find the kernel's types: it is given the file.
 */
import type { HostFacts } from '../host/facts.ts';
import { typesOf } from './script-types.ts';
import { selectVariant } from './select.ts';
import type { Assembled, Selected } from './types.ts';

const KERNEL_TYPES = '/sys/kernel/btf/vmlinux';

export type ScriptPlan = {
  selected(): readonly Selected[];
  startTime(): 'btf' | 'none';
  /** Where bpftrace takes the kernel's types from for this script. */
  types(script: string): Pick<Assembled, 'btfFile' | 'types'>;
  /** From now on this probe is this variant. */
  take(probe: string, selected: Selected): void;
  /** Takes the next step: the probes that are another variant now. null when there is no step left. */
  simplify(): readonly Selected[] | null;
};

/** @param wished variants that the user named, by probe: these stay */
export const createScriptPlan = (
  selected: readonly Selected[],
  wished: ReadonlyMap<string, string>,
  facts: HostFacts,
): ScriptPlan => {
  let current = selected;
  let startTime: 'btf' | 'none' = facts.btf ? 'btf' : 'none';
  /** bpftrace of another host finds no file of ours. */
  let mayHavePart = facts.remote === undefined || facts.remote === null;
  /** Whether the last script had one. */
  let hasPart = false;

  const dropMarkers = (): readonly Selected[] => {
    const changed = current.flatMap((one) =>
      wished.has(one.manifest.id) ? [] : (withoutMarkers(one, facts) ?? []),
    );
    current = current.map((one) => changed.find(({ manifest }) => manifest === one.manifest) ?? one);
    return changed;
  };

  return {
    selected: () => current,
    startTime: () => startTime,
    types: (script) => {
      const types = mayHavePart ? typesOf(script, facts) : null;
      hasPart = types !== null;
      if (types !== null) return { types };
      return facts.btf && !facts.btfListed ? { btfFile: KERNEL_TYPES } : {};
    },
    take: (probe, selected) => {
      current = current.map((one) => (one.manifest.id === probe ? selected : one));
    },
    simplify: () => {
      if (hasPart) {
        mayHavePart = false;
        hasPart = false;
        return [];
      }
      const changed = dropMarkers();
      if (changed.length > 0) return changed;
      if (startTime === 'none') return null;
      startTime = 'none';
      return [];
    },
  };
};

/** The next variant that runs here without looking into programs; null when it does not, or there is none. */
const withoutMarkers = (
  { manifest, folder, scripts, variant }: Selected,
  facts: HostFacts,
): Selected | null => {
  if (variant?.when.facility !== 'uprobe') return null;
  for (const other of manifest.variants) {
    if (other.explicit === true || other.when.facility === 'uprobe') continue;
    const next = selectVariant(manifest, folder, facts, { only: other.id, scripts });
    if (next.variant === null) continue;
    const why = 'bpftrace refused it in one script with the other probes';
    return {
      ...next,
      rejected: next.rejected.map((one) => (one.variant === variant.id ? { ...one, reason: why } : one)),
    };
  }
  return null;
};
