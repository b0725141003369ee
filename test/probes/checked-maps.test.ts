import { describe, expect, it } from 'vitest';
import { looksInto, withChecks } from '../../src/probes/checked-maps.ts';

const check = (body: string): string => withChecks(body, '@a', 3, '@full');

describe('a key that is set', () => {
  it.each([
    ['@a[tid] = nsecs;', '@a[tid] = nsecs; if (@a[tid] == 0) { @full[3] = count(); }'],
    ['@a[pid] = 1;', '@a[pid] = 1; if (@a[pid] == 0) { @full[3] = count(); }'],
    [
      '@a[tid] = (uint64)args->len;',
      '@a[tid] = (uint64)args->len; if (@a[tid] == 0 && ((uint64)args->len) != 0) { @full[3] = count(); }',
    ],
    [
      'if (1) { @a[@b[tid]] = nsecs; }',
      'if (1) { @a[@b[tid]] = nsecs; if (@a[@b[tid]] == 0) { @full[3] = count(); } }',
    ],
  ])('is read back: %s', (body, checked) => {
    expect(check(body)).toBe(checked);
  });

  it.each(['@ab[tid] = nsecs;', 'if (@a[tid] == 1) { }', '@a[tid] = str(args->name);', '@a[tid] = count();'])(
    'is not where there is nothing to compare: %s',
    (body) => {
      expect(check(body)).toBe(body);
    },
  );
});

describe('a clause looks into a map', () => {
  it.each([
    ['@a[tid]', '', true],
    ['1', '@m[pid] = sum(nsecs - @a[tid]);', true],
    ['1', '@a[tid] = @a[pid];', true],
    ['1', '@a[tid] = nsecs; @m[pid] = count(); delete(@a[tid]);', false],
    ['@ab[tid]', '', false],
  ])('/%s/ { %s }: %s', (predicate, body, looks) => {
    expect(looksInto({ predicate, body }, '@a')).toBe(looks);
  });
});
