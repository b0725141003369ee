/** How far a number can be trusted, as a sign before it, and under which names a process counted. */

import type { Coverage } from '../../core/snapshot.ts';
import { type Glyphs, glyphsFor } from './glyphs.ts';

/** What stands before a number that is not exact. */
export const trustMark = (coverage: Coverage | undefined, glyphs: Glyphs = glyphsFor('utf8')): string =>
  coverage === 'estimate' || coverage === 'sampled'
    ? glyphs.about
    : coverage === 'lower-bound'
      ? glyphs.atLeast
      : '';

/** How far a number of this process can be trusted: no further than the metric, and less where it shared its PID. */
export const trustOf = (
  row: { readonly shared?: string },
  coverage: Coverage | undefined,
): Coverage | undefined =>
  row.shared !== undefined && (coverage ?? 'exact') === 'exact' ? 'estimate' : coverage;

/** Every name under which a process counted, up to the present one. */
export const namesOf = (
  { comm, formerly = [] }: { readonly comm: string; readonly formerly?: readonly string[] },
  arrow = '→',
): string => [...formerly, comm].join(` ${arrow} `);
