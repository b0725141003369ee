/** What is left out, and an end without a beginning, make all that a probe counts a lower bound. */
import { beforeEach, expect, it } from 'vitest';
import { findProbe, loadCatalogue } from '../../src/probes/catalogue.ts';
import { createMissed } from '../../src/probes/kinds/missed.ts';
import type { Derivation } from '../../src/session/ports.ts';

let missed: Derivation;
beforeEach(() => {
  missed = createMissed(findProbe(loadCatalogue(), 'disk').manifest);
});

const read = (grown: Readonly<Record<string, number>>) =>
  missed.read(new Map(), new Map(Object.entries(grown)));
const ofReads = (count: number) => ({ kind: 'least-steps', metric: 'disk.reads', count });

it('an end without a beginning is no loss where it began before tracing did', () => {
  expect(read({ 'disk.missed': 3 })).toEqual([]);
  expect(read({ 'disk.missed': 1 })).toEqual([]);
  expect(read({ 'disk.reads': 5 })).toEqual([]);
});

it('afterwards it is a loss of everything the probe counts, in every tracer anew', () => {
  read({});
  read({});
  const losses = read({ 'disk.missed': 2 });
  expect(losses).toContainEqual(ofReads(2));
  expect(losses).toContainEqual({ kind: 'least-steps', metric: 'disk.ns', count: 2 });
  expect(losses.map(({ metric }) => metric)).not.toContain('disk.missed');
  missed.restart([]);
  expect(read({ 'disk.missed': 2 })).toEqual([]);
});

it('what is left out is one at once, and not once more when it ends', () => {
  expect(read({ 'disk.twice': 2 })).toContainEqual(ofReads(2));
  read({});
  expect(read({ 'disk.missed': 2 })).toEqual([]);
  expect(read({ 'disk.twice': 1, 'disk.missed': 1 })).toContainEqual(ofReads(1));
  expect(read({ 'disk.missed': 1 })).toContainEqual(ofReads(1));
});
