import { describe, expect, it } from 'vitest';
import { createSelfCost } from '../../src/tracer/self-cost.ts';

describe('what the tracer costs', () => {
  it('is not taken back when it has ended, and begins anew with another', () => {
    const alive = new Map([[7, { cpuMs: 1_200, rssBytes: 90_000 }]]);
    const read = createSelfCost({ cost: (pid) => alive.get(pid) ?? null });
    expect(read(null)).toMatchObject({ tracerCpuMs: 0, tracerRssBytes: 0 });
    expect(read(7)).toMatchObject({ tracerCpuMs: 1_200, tracerRssBytes: 90_000 });
    alive.delete(7);
    expect(read(7)).toMatchObject({ tracerCpuMs: 1_200, tracerRssBytes: 0 });
    expect(read(null)).toMatchObject({ tracerCpuMs: 1_200, tracerRssBytes: 0 });
    expect(read(8)).toMatchObject({ tracerCpuMs: 0, tracerRssBytes: 0 });
    alive.set(8, { cpuMs: 30, rssBytes: 80_000 });
    expect(read(8)).toMatchObject({ tracerCpuMs: 30, tracerRssBytes: 80_000 });
  });
});
