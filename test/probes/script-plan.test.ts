import { describe, expect, it } from 'vitest';
import { loadCatalogue } from '../../src/probes/catalogue.ts';
import { createScriptPlan } from '../../src/probes/script-plan.ts';
import { selectVariant } from '../../src/probes/select.ts';
import { LOCKED_6_18 } from './hosts.ts';

/** A Python with markers was found there. */
const FACTS = {
  ...LOCKED_6_18,
  program: () => ({ markerProblem: () => null, functionProblem: () => null }),
};
const TARGETS = new Map([['python-usdt', { files: ['/usr/bin/python3.11'], problem: null }]]);
const selected = loadCatalogue().map(({ manifest, folder }) =>
  selectVariant(manifest, folder, FACTS, { targets: TARGETS }),
);
const variantOf = (plan: ReturnType<typeof createScriptPlan>, id: string) =>
  plan.selected().find(({ manifest }) => manifest.id === id);

describe('a script that bpftrace refuses as a whole', () => {
  it('loses its markers first, then the start times, and then nothing more', () => {
    const plan = createScriptPlan(selected, new Map(), FACTS);
    expect([variantOf(plan, 'python')?.variant?.id, plan.startTime()]).toEqual(['usdt', 'btf']);
    expect(plan.simplify()?.map(({ manifest, variant }) => [manifest.id, variant?.id])).toEqual([
      ['python', 'tracepoint'],
    ]);
    expect(variantOf(plan, 'python')?.rejected).toContainEqual({
      variant: 'usdt',
      reason: 'bpftrace refused it in one script with the other probes',
    });
    expect(plan.simplify()).toEqual([]);
    expect(plan.startTime()).toBe('none');
    expect(plan.simplify()).toBeNull();
    expect(plan.selected()).toHaveLength(selected.length);
  });

  it('is given all of the kernel’s types before anything is left out of it', () => {
    const types = Buffer.from('types');
    const script = 'BEGIN { $task = curtask; }';
    const plan = createScriptPlan(selected, new Map(), { ...FACTS, extractTypes: () => types });
    expect(plan.types(script)).toEqual({ types });
    expect(plan.simplify()).toEqual([]);
    expect([variantOf(plan, 'python')?.variant?.id, plan.startTime()]).toEqual(['usdt', 'btf']);
    expect(plan.types(script)).toEqual({});
    expect(plan.simplify()).toHaveLength(1);
    const there = createScriptPlan(selected, new Map(), {
      ...FACTS,
      extractTypes: () => types,
      remote: 'there',
    });
    expect(there.types(script)).toEqual({});
  });

  it('keeps a variant that the user named', () => {
    const plan = createScriptPlan(selected, new Map([['python', 'usdt']]), FACTS);
    expect(plan.simplify()).toEqual([]);
    expect(variantOf(plan, 'python')?.variant?.id).toBe('usdt');
  });
});

it('names the file of kernel types only where bpftrace would not find it', () => {
  expect(createScriptPlan([], new Map(), FACTS).types('')).toEqual({});
  expect(createScriptPlan([], new Map(), { ...FACTS, btfListed: false }).types('')).toEqual({
    btfFile: '/sys/kernel/btf/vmlinux',
  });
  expect(createScriptPlan([], new Map(), { ...FACTS, btf: false, btfListed: false }).types('')).toEqual({});
});
