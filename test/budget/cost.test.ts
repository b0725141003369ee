import { describe, expect, it } from 'vitest';
import { costsBetween, typicalRunNs } from '../../src/budget/cost.ts';
import type { AttachedProgram, ProgramCost } from '../../src/core/cost-facts.ts';

const program = (id: string, kind: ProgramCost['kind'], runNs = 0, runs = 0): ProgramCost => ({
  id,
  kind,
  runNs,
  runs,
  missed: 0,
});
const points = (...list: readonly (readonly [string | null, string])[]): AttachedProgram[] =>
  list.map(([owner, provider]) => ({ owner, provider, metrics: [] }));

const REAL = { isVirtual: false, isEmulated: false };
const VIRTUAL = { isVirtual: true, isEmulated: false };
const EMULATED = { isVirtual: true, isEmulated: true };

const costByOwner = (...args: Parameters<typeof costsBetween>): Map<string | null, number> => {
  const costs = new Map<string | null, number>();
  for (const { owner, ns } of costsBetween(...args)) costs.set(owner, (costs.get(owner) ?? 0) + ns);
  return costs;
};

const TRACEPOINT_NS = 120;
const UPROBE_NS = 2_000;

describe('the cost of each probe', () => {
  it('is run time and traps between two readings, by the order of the script in each kind', () => {
    const script = points(
      ['faults', 'software'],
      ['faults', 'tracepoint'],
      ['inode', 'tracepoint'],
      [null, 'tracepoint'],
      [null, 'interval'],
    );
    const before = [
      program('1', 'tracepoint', 1_000, 10),
      program('2', 'tracepoint'),
      program('3', 'tracepoint'),
    ];
    const after = [
      program('1', 'tracepoint', 1_500, 15),
      program('2', 'tracepoint', 4_000, 40),
      program('3', 'tracepoint', 70, 1),
      // The kernel lists these behind the tracepoints, in their own order.
      program('4', 'perf', 900, 3),
      program('5', 'perf', 80, 1),
    ];
    expect(costByOwner(script, before, after, REAL)).toEqual(
      new Map([
        ['faults', 500 + 5 * TRACEPOINT_NS + 900 + 3 * 200],
        ['inode', 4_000 + 40 * TRACEPOINT_NS],
        [null, 70 + TRACEPOINT_NS + 80 + 200],
      ]),
    );
  });

  it('of breakpoints is larger in a virtual machine', () => {
    const script = points(['python', 'uprobe']);
    const after = [program('1', 'probe', 0, 10)];
    const bare = costByOwner(script, [], after, REAL).get('python');
    expect(bare).toBe(10 * UPROBE_NS);
    expect(costByOwner(script, [], after, VIRTUAL).get('python')).toBeGreaterThan(bare ?? 0);
    expect(costByOwner(points(['iomap', 'kprobe']), [], after, VIRTUAL).get('iomap')).toBe(10 * 150);
  });

  it('is a typical one where none was measured: most for breakpoints, more where they leave a virtual machine, and where all is emulated', () => {
    expect(typicalRunNs('uprobe', REAL)).toBeGreaterThan(typicalRunNs('tracepoint', REAL));
    expect(typicalRunNs('uprobe', VIRTUAL)).toBeGreaterThan(typicalRunNs('uprobe', REAL));
    expect(typicalRunNs('tracepoint', VIRTUAL)).toBe(typicalRunNs('tracepoint', REAL));
    expect(typicalRunNs('tracepoint', EMULATED)).toBeGreaterThan(typicalRunNs('tracepoint', REAL));
  });

  it('is guessed for nobody when there are more programs than attach points', () => {
    const script = points(['python', 'usdt'], ['inode', 'tracepoint'], ['iomap', 'tracepoint']);
    const after = [
      // A marker in two places of a program is two of its own.
      program('1', 'probe', 100, 0),
      program('2', 'probe', 100, 0),
      program('3', 'tracepoint', 10, 0),
      program('4', 'tracepoint', 10, 0),
      program('5', 'tracepoint', 10, 0),
    ];
    expect(costByOwner(script, [], after, REAL)).toEqual(
      new Map([
        ['python', 200],
        [null, 30],
      ]),
    );
  });
});
