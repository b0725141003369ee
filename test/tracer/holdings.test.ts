/** What the tracer holds in the kernel, and what the kernel skipped of it. */
import { expect, it } from 'vitest';
import type { ProgramCost } from '../../src/core/cost-facts.ts';
import type { TracerScript } from '../../src/session/ports.ts';
import { createHoldings } from '../../src/tracer/holdings.ts';
import { createLossTally } from '../../src/tracer/losses.ts';

const script = (points: readonly (readonly string[])[]): TracerScript => ({
  script: '',
  bindings: [],
  scratch: [],
  checked: [],
  needFiles: [],
  metrics: [],
  attachPoints: points.length,
  programs: points.map((metrics, index) => ({ owner: `probe-${index}`, provider: 'tracepoint', metrics })),
  runs: [],
  ownerOfLine: () => null,
});
const program = (id: string, missed: number): ProgramCost => ({
  id,
  kind: 'tracepoint',
  runNs: 0,
  runs: 0,
  missed,
});

const missedOf = (points: readonly (readonly string[])[], readings: readonly (readonly ProgramCost[])[]) => {
  const losses = createLossTally();
  let reading = 0;
  const holdings = createHoldings(
    { bpfObjects: () => ({ programs: readings[reading] ?? [], mapBytes: 4096 }) },
    { tracerPid: () => 7, script: () => script(points), probes: () => [] },
    losses,
  );
  return readings.map((_, index) => {
    reading = index;
    holdings.look();
    return Object.fromEntries(losses.drain(0).map(({ metric, kind, count }) => [metric, `${kind} ${count}`]));
  });
};

const ITER = ['iomap.iter', 'iomap.seek_ns'];
const CALLS = ['sync.calls'];

it('reports what the kernel skipped since the last look, of the metrics that need it', () => {
  const readings = [
    [program('11', 0), program('12', 0), program('13', 0)],
    [program('11', 2), program('12', 1), program('13', 0)],
    [program('11', 2), program('12', 1), program('13', 5)],
  ];
  expect(missedOf([ITER, ['iomap.seek_ns'], CALLS], readings)).toEqual([
    {},
    { 'iomap.iter': 'missed-runs 2', 'iomap.seek_ns': 'missed-runs 3' },
    { 'sync.calls': 'missed-runs 5' },
  ]);
});

it('reports it of all that a program may be, where bpftrace has made more programs than the script asks for', () => {
  const programs = [program('11', 0), program('12', 1), program('13', 0)];
  expect(missedOf([ITER, CALLS], [programs])).toEqual([
    { 'iomap.iter': 'missed-runs 1', 'iomap.seek_ns': 'missed-runs 1', 'sync.calls': 'missed-runs 1' },
  ]);
});

it('takes programs of the next tracer for others', () => {
  const readings = [[program('11', 4)], [program('21', 4)]];
  expect(missedOf([CALLS], readings)).toEqual([
    { 'sync.calls': 'missed-runs 4' },
    { 'sync.calls': 'missed-runs 4' },
  ]);
});

it('looks at every descriptor for one sample in ten', () => {
  let looks = 0;
  const holdings = createHoldings(
    {
      bpfObjects: () => {
        looks += 1;
        return { programs: [], mapBytes: looks };
      },
    },
    { tracerPid: () => 7, script: () => null, probes: () => [] },
    createLossTally(),
  );
  expect(Array.from({ length: 12 }, holdings.mapBytes)).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2]);
});
