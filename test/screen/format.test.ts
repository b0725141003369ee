import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { charsetOf } from '../../src/screen/format/glyphs.ts';
import {
  amount,
  bytes,
  clockTime,
  compact,
  duration,
  exact,
  exactAmount,
  extents,
  longDuration,
  ratePerSecond,
  rateSuffix,
  scaledPerSecond,
} from '../../src/screen/format/numbers.ts';
import { cellsOf, clean, fitTo } from '../../src/screen/format/text.ts';

describe('numbers', () => {
  it.each([
    [undefined, '28,495 extents'],
    [{ extents: 27_291, agoMs: 3 * 86_400_000 }, '28,495 extents, 1,204 more than 3d00h before'],
    [{ extents: 30_000, agoMs: 3_600_000 }, '28,495 extents, 1,505 fewer than 1h00m before'],
    [{ extents: 28_495, agoMs: 60_000 }, '28,495 extents, as many as 1m00s before'],
  ])('extents, of which a report had %o', (earlier, text) =>
    expect(extents({ extents: 28_495, earlier })).toBe(text),
  );

  it('a lower bound is compared with nothing', () =>
    expect(extents({ extents: 9, isLeast: true, earlier: { extents: 5, agoMs: 1 } })).toBe(
      'at least 9 extents',
    ));

  it.each([
    [0, '0'],
    [0.25, '0.25'],
    [9999, '9,999'],
    [12_345, '12.3k'],
    [99_950, '100k'],
    [999_499, '999k'],
    [999_600, '1.00M'],
    [3_912_480, '3.91M'],
    [Number.NaN, ''],
  ])('compact %d is %s', (value, text) => expect(compact(value)).toBe(text));

  it('is compact in at most six cells for any count', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
        (value) => compact(value).length <= 6,
      ),
    );
  });

  it('is exact to the last digit', () => {
    expect(exact(46_949_760)).toBe('46,949,760');
    expect(exact(Number.MAX_SAFE_INTEGER)).toBe('9,007,199,254,740,991');
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
        (value) => Number(exact(value).replaceAll(',', '')) === value,
      ),
    );
  });

  it('says bytes in powers of two', () => {
    expect([0, 512, 1536, 24 * 2 ** 30].map(bytes)).toEqual(['0B', '512B', '1.50KiB', '24.0GiB']);
  });

  it('says spans of time', () => {
    expect(
      [0, 0.85, 850, 12_300, 4_500_000, 133_000_000, 3_720_000_000, 273_600_000_000].map(duration),
    ).toEqual(['0us', '850ns', '850us', '12.3ms', '4.5s', '2m13s', '1h02m', '3d04h']);
    expect(longDuration(59.9)).toBe('59s');
  });

  it('says time per second as a share, everything else per second', () => {
    expect(ratePerSecond(612_000, { id: 'psi.io.some_us', unit: 'us' })).toBe('61.2%');
    expect(ratePerSecond(2048, { id: 'disk.read_bytes', unit: 'bytes' })).toBe('2.00KiB');
    expect(rateSuffix('counter', 'ns')).toBe('');
    expect(rateSuffix('counter', 'count')).toBe('/s');
    expect(rateSuffix('gauge', 'count')).toBe('');
    expect(amount(1_402_112, 'KiB')).toBe('1.34GiB');
    expect(amount(9.414, 'load')).toBe('9.41');
    expect(exactAmount(1_234_567, 'count')).toBe('1,234,567');
  });

  it.each([
    ['blocked.ns', 'ns', 24.38e9, '24thr', '24 threads'],
    ['blocked.ns', 'ns', 1.01e9, '101%', '101%'],
    ['proc.cpu_wait_ns', 'ns', 2_252.4e9, '2,252thr', '2,252 threads'],
    ['disk.ns', 'ns', 22.5e9, '23req', '23 requests'],
    ['cgroup.throttled_us', 'us', 1.62e6, '1.6cpu', '1.6 CPUs'],
    // On CPUs, as top has it.
    ['proc.cpu_ms', 'ms', 3_800, '380%', '380%'],
  ] as const)('says of %s how many spend time at once', (id, unit, perSecond, short, long) => {
    expect(ratePerSecond(perSecond, { id, unit })).toBe(short);
    expect(ratePerSecond(perSecond, { id, unit }, 'long')).toBe(long);
    expect(scaledPerSecond(perSecond, unit)).toMatch(/%$/);
  });

  it('says wall time in the reader’s zone', () => {
    process.env.TZ = 'Asia/Kolkata';
    expect(clockTime(Date.UTC(2026, 10, 21, 8, 32, 30))).toBe('14:02:30');
    process.env.TZ = 'UTC';
    expect(clockTime(Number.NaN)).toBe('--:--:--');
  });
});

describe('foreign text', () => {
  it('shows controls instead of obeying them', () => {
    expect(clean('a\x1b[2Jb\rc\td\0e\x7f')).toBe('a␛[2Jb␍c␉d␀e␡');
    expect(clean('\x9b31mred')).toBe('\ufffd31mred');
    expect(clean('safe\u202egnp.exe')).toBe('safe\ufffdgnp.exe');
    expect(clean('naïve\x1b', 'ascii')).toBe('na?ve?');
  });

  it('never lets a control or a reordering mark through, whatever comes in', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.constantFrom('utf8' as const, 'ascii' as const),
        (text, charset) => {
          expect(clean(text, charset)).not.toMatch(
            /[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/,
          );
        },
      ),
    );
  });

  it('is cut or padded to exactly the cells asked for', () => {
    expect(fitTo('abc', 5)).toBe('abc  ');
    expect(fitTo('abc', 5, 'right')).toBe('  abc');
    expect(fitTo('abcdef', 5)).toBe('abcd…');
    expect(fitTo('漢字漢字', 4)).toBe('漢… ');
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 40 }), (text, width) => {
        expect(cellsOf(fitTo(clean(text), width))).toBe(width);
      }),
    );
  });
});

describe('charset', () => {
  it('is decided by the first locale variable that is set', () => {
    expect(charsetOf({ LANG: 'de_DE.UTF-8' })).toBe('utf8');
    expect(charsetOf({ LC_ALL: 'C', LANG: 'de_DE.UTF-8' })).toBe('ascii');
    expect(charsetOf({ LC_ALL: '', LC_CTYPE: 'C.utf8', LANG: 'C' })).toBe('utf8');
    expect(charsetOf({})).toBe('ascii');
    expect(charsetOf({ LANG: 'C.UTF-8', TERM: 'linux' })).toBe('ascii');
  });
});
