/** The names of a recording in several files: `out.ndjson.gz` is `out.0000.ndjson.gz`, `out.0001.ndjson.gz` and so on. */
const DIGITS = 4;
const SUFFIX = /(\.ndjson)?(\.gz|\.zst)?$/;

export const segmentName = (name: string, number: number): string => {
  const at = name.length - (SUFFIX.exec(name)?.[0].length ?? 0);
  return `${name.slice(0, at)}.${String(number).padStart(DIGITS, '0')}${name.slice(at)}`;
};

/** The number of a segment of `name`; null for any other file. */
export const segmentNumber = (name: string, candidate: string): number | null => {
  const at = name.length - (SUFFIX.exec(name)?.[0].length ?? 0);
  const [stem, suffix] = [`${name.slice(0, at)}.`, name.slice(at)];
  if (!candidate.startsWith(stem) || !candidate.endsWith(suffix)) return null;
  const digits = candidate.slice(stem.length, candidate.length - suffix.length);
  return /^\d{4,9}$/.test(digits) ? Number(digits) : null;
};

/** Where marks stand that were set from outside: beside the recording, because its lines are another's to write. */
export const marksName = (name: string): string => `${name}.marks`;
