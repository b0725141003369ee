/**
 * tracefs: where it is, and what an event's `format` file says. Presence is read from the event itself and never
 * guessed from the kernel's version: long-term kernels carry events and fields of later ones.
 *
 * Only the two places bpftrace itself looks at count. An unmounted /sys/kernel/tracing is an empty directory, and
 * a mounted one has mode 700, so for most users both look the same; `null` means "not readable by this process".
 */
import { join } from 'node:path';
import type { TracepointFacts } from './facts.ts';
import { type HostFiles, namesIn, wholeLines } from './files.ts';

const PLACES = ['/sys/kernel/tracing', '/sys/kernel/debug/tracing'] as const;

/** The mounted and readable tracefs, or null. */
export const findTracefs = (files: HostFiles): string | null =>
  PLACES.find((place) => isReadable(files, join(place, 'events'))) ?? null;

/** Event formats, each read when first asked for and kept. Without tracefs every event is absent. */
export const tracepointsAt = (files: HostFiles, tracefs: string | null): TracepointFacts => {
  const known = new Map<string, readonly string[] | null>();
  const fieldsOf = (tracepoint: string): readonly string[] | null => {
    let fields = known.get(tracepoint);
    if (fields === undefined) {
      const format = formatOf(tracepoint);
      fields = format === null ? null : parseFields(format);
      known.set(tracepoint, fields);
    }
    return fields;
  };
  const formatOf = (tracepoint: string): string | null =>
    tracefs === null ? null : readFormat(files, tracefs, tracepoint);
  return {
    has: (tracepoint) => fieldsOf(tracepoint) !== null,
    fields: (tracepoint) => fieldsOf(tracepoint) ?? [],
    format: formatOf,
  };
};

/** Field names of a format file, without the `common_` ones every event has; `comm[16]` is `comm`. */
export const parseFields = (format: string): readonly string[] =>
  wholeLines(format)
    .map((line) => /^\s*field:[^;]*?([A-Za-z_]\w*)\s*(?:\[[^;]*\])?;/.exec(line)?.[1])
    .filter((name) => name !== undefined)
    .filter((name) => !name.startsWith('common_'));

/** By doing it: access(2) answers for the real user, not the effective one. */
const isReadable = (files: HostFiles, directory: string): boolean => namesIn(files, directory).length > 0;

/** A probe's manifest may name any event, so the name must not lead out of `events`. */
const readFormat = (files: HostFiles, tracefs: string, tracepoint: string): string | null => {
  const [, category, event] = /^(\w[\w-]*):(\w[\w-]*)$/.exec(tracepoint) ?? [];
  if (category === undefined || event === undefined) return null;
  return files.text(join(tracefs, 'events', category, event, 'format'));
};
