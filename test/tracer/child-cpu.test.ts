/** CPU time of children: what each was seen to use is counted in its own row, and not once more with who waited for it. */
import { describe, expect, it } from 'vitest';
import type { ProcessReading } from '../../src/core/record.ts';
import { createChildCpu } from '../../src/tracer/child-cpu.ts';

const reading = (ppid: number, cpuMs: number, childCpuMs = 0): ProcessReading => ({
  ...{ startMs: 0, ppid, isRunnable: true, cpuMs, childCpuMs },
  ...{ minorFaults: 0, majorFaults: 0, memory: null },
});
const [NPM, SHELL, COMPILER] = [10, 20, 30];
const family = () => {
  const cpu = createChildCpu();
  for (const [pid, ppid] of [
    [NPM, 1],
    [SHELL, NPM],
    [COMPILER, SHELL],
  ] as const)
    cpu.met(pid, reading(ppid, 0), false);
  return cpu;
};

describe('CPU time of children', () => {
  it('is what they were not seen to use', () => {
    const cpu = family();
    cpu.ended(SHELL, reading(NPM, 400));
    expect(cpu.read(NPM, reading(1, 5, 450))).toBe(50);
  });

  it.each([
    ['the compiler is looked for first', [COMPILER, SHELL]],
    ['the shell is looked for first', [SHELL, COMPILER]],
  ])(
    'is not that of a compiler whose shell ends with it, before anybody read the shell again: %s',
    (_, order) => {
      const cpu = family();
      const last = { [SHELL]: reading(NPM, 10), [COMPILER]: reading(SHELL, 42_000) };
      for (const pid of order) cpu.ended(pid, last[pid] as ProcessReading);
      // 30 ms of it came after the last reading of each.
      expect(cpu.read(NPM, reading(1, 5, 42_040))).toBe(30);
    },
  );

  it('is handed on by a shell that ends a sample later, and not twice by one that was read between', () => {
    const cpu = family();
    cpu.ended(COMPILER, reading(SHELL, 42_000));
    expect(cpu.read(SHELL, reading(NPM, 10, 42_000))).toBe(0);
    cpu.settle();
    cpu.ended(SHELL, reading(NPM, 10, 42_000));
    expect(cpu.read(NPM, reading(1, 5, 42_010))).toBe(0);
    expect(cpu.read(NPM, reading(1, 5, 42_110))).toBe(100);
  });

  it('of another who has the number of a shell that ended is its own', () => {
    const cpu = family();
    cpu.ended(SHELL, reading(NPM, 0));
    cpu.met(SHELL, reading(1, 0), false);
    cpu.ended(COMPILER, reading(SHELL, 500));
    expect(cpu.read(NPM, reading(1, 5, 500))).toBe(500);
  });

  it('ends its search where numbers were used in a ring', () => {
    const cpu = createChildCpu();
    cpu.met(NPM, reading(1, 0), false);
    cpu.ended(SHELL, reading(COMPILER, 5));
    cpu.ended(COMPILER, reading(SHELL, 5));
    expect(cpu.read(NPM, reading(1, 5, 100))).toBe(100);
  });
});
