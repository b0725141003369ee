/** The numbers a script takes from this kernel's event formats and types instead of knowing them. */
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
  for (const constant of variant.constants ?? []) {
    const { value, problem } = readConstant(constant, facts);
    if (value === null) return { values, problem };
    values.set(constant.token, value);
  }
  return { values, problem: null };
};

type Constant = NonNullable<Variant['constants']>[number];

const readConstant = (
  constant: Constant,
  facts: HostFacts,
): { readonly value: number | null; readonly problem: string } =>
  'flag' in constant
    ? {
        value: flagValue(readFormat(facts, constant.tracepoint), constant.flag),
        problem: `the value of ${constant.flag} cannot be read from the format of ${constant.tracepoint}`,
      }
    : {
        value: facts.memberOffset(constant.struct, constant.member),
        problem: `the kernel's own types (BTF) do not tell where ${constant.struct} has ${constant.member}`,
      };

const readFormat = (facts: HostFacts, tracepoint: string): string => {
  if (facts.tracefs === null) return '';
  try {
    return readFileSync(join(facts.tracefs, 'events', tracepoint.replace(':', '/'), 'format'), 'utf8');
  } catch {
    return '';
  }
};
