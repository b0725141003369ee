/** The numbers a script takes from this kernel's event formats and types instead of knowing them. */
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
): { readonly value: number | null; readonly problem: string } => {
  if ('flag' in constant) {
    return {
      value: flagValue(facts.tracepoints.format(constant.tracepoint) ?? '', constant.flag),
      problem: `the value of ${constant.flag} cannot be read from the format of ${constant.tracepoint}`,
    };
  }
  if ('perCpu' in constant) {
    return {
      value: facts.perCpuOffset(constant.perCpu),
      problem: `the kernel's type information (BTF) does not say where the per-CPU variable ${constant.perCpu} lies`,
    };
  }
  if ('page' in constant) return { value: facts.pageBytes, problem: 'the size of a page is not known' };
  const { struct, member, module, bit = false, otherwise = null } = constant;
  const place = bit ? facts.memberBit(struct, member) : facts.memberOffset(struct, member, module);
  return {
    value: place ?? otherwise,
    problem: `the kernel's type information (BTF) does not say where ${struct} has ${member}`,
  };
};
