/**
 * tracefs: where it is, and what an event's `format` file says. Presence is read from the event itself and never
 * guessed from the kernel's version: long-term kernels carry events and fields of later ones.
 *
 * Only the two places bpftrace itself looks at count. An unmounted /sys/kernel/tracing is an empty directory, and
 * a mounted one has mode 700, so for most users both look the same; `null` means "not readable by this process".
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { TracepointFacts } from './facts.ts';
import { readText, wholeLines } from './files.ts';

const PLACES = ['kernel/tracing', 'kernel/debug/tracing'] as const;

/** The mounted and readable tracefs under `sysRoot`, or null. */
export const findTracefs = (sysRoot: string): string | null =>
  PLACES.map((place) => join(sysRoot, place)).find((place) => isReadable(join(place, 'events'))) ?? null;

/** Event formats, each read when first asked for and kept. Without tracefs every event is absent. */
export const tracepointsAt = (tracefs: string | null): TracepointFacts => {
  const known = new Map<string, readonly string[] | null>();
  const formatOf = (tracepoint: string): readonly string[] | null => {
    let fields = known.get(tracepoint);
    if (fields === undefined) {
      fields = tracefs === null ? null : readFields(tracefs, tracepoint);
      known.set(tracepoint, fields);
    }
    return fields;
  };
  return {
    has: (tracepoint) => formatOf(tracepoint) !== null,
    fields: (tracepoint) => formatOf(tracepoint) ?? [],
  };
};

/** Field names of a format file, without the `common_` ones every event has; `comm[16]` is `comm`. */
export const parseFields = (format: string): readonly string[] =>
  wholeLines(format)
    .map((line) => /^\s*field:[^;]*?([A-Za-z_]\w*)\s*(?:\[[^;]*\])?;/.exec(line)?.[1])
    .filter((name) => name !== undefined)
    .filter((name) => !name.startsWith('common_'));

/** By doing it: access(2) answers for the real user, not the effective one. */
const isReadable = (directory: string): boolean => {
  try {
    return readdirSync(directory).length > 0;
  } catch {
    return false;
  }
};

/** A probe's manifest may name any event, so the name must not lead out of `events`. */
const readFields = (tracefs: string, tracepoint: string): readonly string[] | null => {
  const [, category, event] = /^(\w[\w-]*):(\w[\w-]*)$/.exec(tracepoint) ?? [];
  if (category === undefined || event === undefined) return null;
  const format = readText(join(tracefs, 'events', category, event, 'format'));
  return format === null ? null : parseFields(format);
};
