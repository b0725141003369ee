import { beforeEach, describe, expect, it } from 'vitest';
import type { CounterEntry } from '../../src/core/record.ts';
import { createIomapSteps } from '../../src/probes/kinds/iomap-steps.ts';
import type { Derivation } from '../../src/session/ports.ts';

const ATTACHED = { id: 'iomap', variant: 'counters', state: 'attached' } as const;

let steps: Derivation;
beforeEach(() => {
  steps = createIomapSteps();
  steps.restart([ATTACHED]);
});

const read = (
  maps: Readonly<Record<string, readonly CounterEntry[]>>,
  grown: Readonly<Record<string, number>> = {},
) => steps.read(new Map(Object.entries(maps)), new Map(Object.entries(grown)));

it('says nothing of steps that were counted in full', () => {
  const maps = { 'iomap.iter': [[7, 1_001]], 'iomap.seek_hole': [[7, 1]] };
  expect(read(maps, { 'iomap.iter': 1_001, 'iomap.seek_hole': 1, 'iomap.least': 0 })).toEqual([]);
  expect(steps.uncovered(7)).toEqual({});
});

it('reports of all processes together what may be missing and what may be too much', () => {
  const maps = { 'iomap.least': [[7, 2]], 'iomap.over': [[7, 50]] };
  expect(read(maps, { 'iomap.least': 2, 'iomap.over': 50 })).toEqual([
    { kind: 'least-steps', metric: 'iomap.iter', count: 2 },
    { kind: 'over-steps', metric: 'iomap.iter', count: 50 },
  ]);
  expect(read(maps, { 'iomap.least': 0, 'iomap.over': 0 })).toEqual([]);
});

it('keeps what is for it alone', () => {
  expect(Object.keys(steps.internal)).toEqual(['iomap.least', 'iomap.over', 'iomap.events']);
});

describe('a process that searched where no step is seen', () => {
  it('has no steps, instead of zero, until one is seen', () => {
    read({ 'iomap.iter': [], 'iomap.seek_hole': [[7, 3]], 'iomap.seek_data': [[8, 1]] });
    expect(Object.keys(steps.uncovered(7))).toEqual(['iomap.iter']);
    expect(Object.keys(steps.uncovered(8))).toEqual(['iomap.iter']);
    expect(steps.uncovered(9)).toEqual({});
    read({ 'iomap.iter': [[7, 2]], 'iomap.seek_hole': [[7, 4]], 'iomap.seek_data': [[8, 1]] });
    expect(steps.uncovered(7)).toEqual({});
    expect(Object.keys(steps.uncovered(8))).toEqual(['iomap.iter']);
  });

  it('is known where an empty map is not printed', () => {
    read({ 'iomap.seek_hole': [[7, 3]] });
    expect(Object.keys(steps.uncovered(7))).toEqual(['iomap.iter']);
  });

  it('is not spoken of while searches alone are counted', () => {
    steps.restart([{ ...ATTACHED, variant: 'seeks', uncounted: ['iomap.iter'] }]);
    read({ 'iomap.seek_hole': [[7, 3]] });
    expect(steps.uncovered(7)).toEqual({});
  });
});

it('begins anew with each tracer', () => {
  read({ 'iomap.seek_hole': [[7, 3]] });
  steps.restart([ATTACHED]);
  expect(steps.uncovered(7)).toEqual({});
});
