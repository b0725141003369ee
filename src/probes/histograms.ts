/**
 * `@map[pid] = hist(NS);` of a script, as a counter by PID and bucket. bpftrace's own hist() has the same numbers under
 * keys that no script can name: they would stay for ever, and a map full of the dead counts nobody. So assembly writes the
 * buckets out (core/histogram.ts has what they are), and the frame deletes those of a dead PID with its other keys.
 */
import { LAST_BUCKET } from '../core/histogram.ts';
import type { FrameRequest } from './frame-text.ts';

/** Halves of what is left, the largest first: no bpftrace has a logarithm outside hist(). */
const STEPS = [16, 8, 4, 2, 1];

/** The same body, with the buckets of a map in place of `hist()`. */
export const withBuckets = (body: string, map: string): string =>
  body.replace(
    new RegExp(`( *)${map}\\[([^\\]]+)\\]\\s*=\\s*hist\\(([^;]+)\\);`, 'g'),
    (_statement, indent: string, key: string, ns: string) =>
      [
        `$hist_us = (uint64)(${ns}) / 1000;`,
        '$hist_log2 = (uint64)0;',
        `if ($hist_us > ${2 ** (LAST_BUCKET - 1)}) { $hist_us = (uint64)${2 ** (LAST_BUCKET - 1)}; }`,
        ...STEPS.map(
          (bits) =>
            `if ($hist_us >= ${2 ** bits}) { $hist_us = $hist_us >> ${bits}; $hist_log2 = $hist_log2 + ${bits}; }`,
        ),
        // What is left is 1, or 0 where it was below 1 µs.
        `${map}[${key}, $hist_log2 + $hist_us] = count();`,
      ]
        .map((line) => indent + line)
        .join('\n'),
  );

/**
 * Deletes all buckets of the PID in `$old`. bpftrace 0.22 and later report every key that was not there, most of them: they
 * are asked first.
 */
export const bucketDeletes = (
  maps: readonly string[],
  { hasKey }: Pick<FrameRequest, 'hasKey'>,
): string[] => [
  '$bucket = (uint64)0;',
  `unroll(${LAST_BUCKET + 1}) {`,
  ...maps.map((map) =>
    hasKey
      ? `  if (has_key(${map}, ($old, $bucket))) { delete(${map}[$old, $bucket]); }`
      : `  delete(${map}[$old, $bucket]);`,
  ),
  '  $bucket = $bucket + 1;',
  '}',
];
