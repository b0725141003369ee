import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { flagValue } from '../../src/probes/gfp.ts';
import { TRACEFS_6_18 } from './hosts.ts';

const FORMAT_6_18 = readFileSync(join(TRACEFS_6_18, 'events/kmem/mm_page_alloc/format'), 'utf8');

/** Lines in the way that include/trace/events/mmflags.h of 4.19 and of 5.4 makes the kernel print them. */
const printFmt = (pairs: readonly (readonly [string, string])[]): string =>
  `print fmt: "gfp_flags=%s", (REC->gfp_flags) ? __print_flags(REC->gfp_flags, "|", {(unsigned long)((((( gfp_t)(0x400000u|0x200000u)) | (( gfp_t)0x40u) | (( gfp_t)0x80u)))), "GFP_KERNEL"}, ${pairs
    .map(([hex, name]) => `{(unsigned long)(( gfp_t)${hex}u), "${name}"}`)
    .join(', ')} ) : "none"\n`;

describe('flagValue', () => {
  it('reads shifts, as the kernel writes them since 6.9 (captured on 6.18)', () => {
    expect(flagValue(FORMAT_6_18, '__GFP_NORETRY')).toBe(0x10000);
    expect(flagValue(FORMAT_6_18, '__GFP_NOWARN')).toBe(0x2000);
    expect(flagValue(FORMAT_6_18, '__GFP_DMA')).toBe(1);
  });

  it('reads hexadecimal, in both layouts of the bits', () => {
    const old = printFmt([
      ['0x1000', '__GFP_NORETRY'],
      ['0x200', '__GFP_NOWARN'],
    ]);
    expect([flagValue(old, '__GFP_NORETRY'), flagValue(old, '__GFP_NOWARN')]).toEqual([0x1000, 0x200]);
    const recent = printFmt([
      ['0x10000', '__GFP_NORETRY'],
      ['0x2000', '__GFP_NOWARN'],
    ]);
    expect([flagValue(recent, '__GFP_NORETRY'), flagValue(recent, '__GFP_NOWARN')]).toEqual([
      0x10000, 0x2000,
    ]);
  });

  it('refuses what is not one bit, and what is not there', () => {
    expect(flagValue(FORMAT_6_18, 'GFP_KERNEL')).toBeNull();
    expect(flagValue(FORMAT_6_18, '__GFP_NO_SUCH')).toBeNull();
    expect(flagValue('', '__GFP_NOWARN')).toBeNull();
    expect(flagValue(printFmt([['0x3000', '__GFP_NOWARN']]), '__GFP_NOWARN')).toBeNull();
  });

  it('never throws and never invents a number that is no single bit', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(FORMAT_6_18.length), (noise, at) => {
        const value = flagValue(FORMAT_6_18.slice(0, at) + noise, '__GFP_NOWARN');
        expect(value === null || Number.isInteger(Math.log2(value))).toBe(true);
      }),
    );
  });
});
