/**
 * Reads a probe.json.
 *
 * Guarantee: a Manifest that was parsed here is consistent in itself. Names are unique, every map is called
 * `@<probe>_<metric>` (so that probes cannot touch each other's maps in one script), every metric has a variant
 * that counts it, labels fit their column. What only the scripts can say is checked by fragment.ts.
 */
import type { z } from 'zod';
import { failure } from '../errors.ts';
import { contradictions } from './contradictions.ts';
import { type Manifest, manifestSchema } from './manifest.ts';

const checkedSchema = manifestSchema.check((context) => {
  for (const [path, message] of contradictions(context.value)) {
    context.issues.push({ code: 'custom', input: context.value, path: [...path], message });
  }
});

/**
 * Checks the content of a probe.json.
 *
 * @param folder shown to the user when it is wrong
 * @throws E_PROBE_MANIFEST with the place inside the JSON
 */
export const parseManifest = (json: string, folder: string): Manifest => {
  const parsed = checkedSchema.safeParse(readJson(json, folder));
  if (parsed.success) return parsed.data;
  const [first, ...more] = parsed.error.issues;
  const why = first === undefined ? 'probe.json is invalid' : `probe.json: ${describe(first)}`;
  throw failure('E_PROBE_MANIFEST', {
    path: folder,
    why: more.length > 0 ? `${why} (and ${more.length} more)` : why,
  });
};

const readJson = (json: string, folder: string): unknown => {
  try {
    return JSON.parse(json);
  } catch (cause) {
    // The message of the parser quotes what it found, which may be anything.
    const at = /position (\d+)/.exec(cause instanceof Error ? cause.message : '')?.[1];
    const line = at === undefined ? '' : `, from line ${json.slice(0, Number(at)).split('\n').length} on`;
    const why = `probe.json is not JSON${line}`;
    throw failure('E_PROBE_MANIFEST', { path: folder, why }, cause);
  }
};

const describe = (issue: z.core.$ZodIssue): string => {
  const place = issue.path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index > 0 ? '.' : ''}${String(part)}`))
    .join('');
  return place === '' ? issue.message : `${place}: ${issue.message}`;
};
