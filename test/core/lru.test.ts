import { expect, it } from 'vitest';
import { createLru } from '../../src/core/lru.ts';

it('drops what was not used for longest, and says so', () => {
  const dropped: string[] = [];
  const kept = createLru<number, string>(2, (value) => dropped.push(value));
  kept.set(1, 'one');
  kept.set(2, 'two');
  expect(kept.get(1)).toBe('one');
  kept.set(3, 'three');
  expect([kept.get(2), kept.keys(), dropped]).toEqual([undefined, [1, 3], ['two']]);
});

it('drops what is deleted or replaced, once', () => {
  const dropped: string[] = [];
  const kept = createLru<number, string>(2, (value) => dropped.push(value));
  kept.set(1, 'one');
  kept.set(1, 'uno');
  kept.delete(1);
  kept.delete(1);
  expect([kept.keys(), dropped]).toEqual([[], ['one', 'uno']]);
});
