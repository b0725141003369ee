/** The numbers a script takes from this kernel's event formats instead of knowing them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HostFacts } from '../host/facts.ts';
import { flagValue } from './gfp.ts';
import type { Variant } from './manifest.ts';

export type Constants = {
  readonly values: ReadonlyMap<string, number>;
  /** What could not be read, in words; null when all is there. */
  readonly problem: string | null;
};

/** Token to value for every constant of a variant. */
export const readConstants = (variant: Variant, facts: HostFacts): Constants => {
  const values = new Map<string, number>();
  for (const { token, tracepoint, flag } of variant.constants ?? []) {
    const value = flagValue(readFormat(facts, tracepoint), flag);
    if (value === null) {
      return { values, problem: `the value of ${flag} cannot be read from the format of ${tracepoint}` };
    }
    values.set(token, value);
  }
  return { values, problem: null };
};

const readFormat = (facts: HostFacts, tracepoint: string): string => {
  if (facts.tracefs === null) return '';
  try {
    return readFileSync(join(facts.tracefs, 'events', tracepoint.replace(':', '/'), 'format'), 'utf8');
  } catch {
    return '';
  }
};
