/** The pieces a report page is made of: text that stays text, commands that a shell takes, values that lose no extreme. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MetricKind, MetricUnit } from '../../../src/core/metric.ts';
import { offsetText, shellWord } from '../../../src/report/html/command.ts';
import { axisOf, COLUMNS, createTrack, drawnTimes } from '../../../src/report/html/decimate.ts';
import { tickTimes } from '../../../src/report/html/drawing.ts';
import { escapeText, html, jsonText } from '../../../src/report/html/markup.ts';
import { timesOf } from '../../../src/report/html/times.ts';
import { rateText } from '../../../src/report/html/values.ts';
import { parseMoment } from '../../../src/screen/format/moment.ts';

const UNSEEN = /\p{Cc}|\p{Cf}|\p{Zl}|\p{Zp}/u;
const anyText = fc.string({ unit: 'binary', maxLength: 60 });

describe('markup', () => {
  it('keeps any text text, as content and as an attribute', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(html`<p title="${text}">${text}</p>`.html).toMatch(/^<p title="[^"<>]*">[^<>]*<\/p>$/);
        expect(escapeText(text)).not.toMatch(UNSEEN);
      }),
    );
  });

  it('keeps the difference between texts that cannot be seen', () => {
    expect(escapeText('a\u202eb')).not.toBe(escapeText('a\u2066b'));
  });

  it('puts data into a page that nothing in it can end', () => {
    fc.assert(
      fc.property(fc.array(anyText), (texts) => {
        const { html: text } = jsonText([...texts, '</script><!--']);
        expect(text).not.toMatch(/[<>\u2028\u2029]/);
        expect(JSON.parse(text)).toEqual([...texts, '</script><!--']);
      }),
    );
  });
});

describe('commands', () => {
  it.each(['out.ndjson', "it's", '$(reboot)', '-rf', 'a\nb', 'x\u202ey\\', '`id`', 'é😀 z', "\u200b'\\"])(
    'bash takes %j for one word',
    (name) => {
      const { stdout } = spawnSync('bash', ['-c', `printf '%s\\0' ${shellWord(name)}`], {
        encoding: 'utf8',
        env: { ...process.env, LC_ALL: 'C.UTF-8' },
      });
      expect(stdout).toBe(`${name.startsWith('-') ? './' : ''}${name}\0`);
    },
  );

  it('begin at a moment that replay takes, never after it', () => {
    const span = { startUs: 1e9, endUs: 1e9 + 400e9, clock: { bootUs: 1e9, realMs: 1.7e12 } };
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 400_000_000_000 }), (us) => {
        const moment = parseMoment(offsetText(us), span);
        expect(moment).toEqual({ bootUs: 1e9 + Math.floor(us / 1e6) * 1e6 });
      }),
    );
  });
});

describe('values over time', () => {
  const values = fc.array(fc.double({ noNaN: true, min: -1e6, max: 1e12 }), {
    minLength: 1,
    maxLength: 4_000,
  });

  it('lose no extreme of any stretch, however many they are', () => {
    fc.assert(
      fc.property(values, fc.integer({ min: 2 * COLUMNS + 1, max: 9_000 }), (some, count) => {
        const axis = axisOf(0, count, count);
        const track = createTrack(axis, count);
        const all = Array.from({ length: count }, (_, at) => some[at % some.length] as number);
        for (const [at, value] of all.entries()) track.add(value, at, at);
        const drawn = track.values();
        for (const column of [0, 1, 600, COLUMNS - 1]) {
          const own = all.filter((_, at) => Math.floor((at / count) * COLUMNS) === column);
          const pair = [drawn[2 * column] as number, drawn[2 * column + 1] as number];
          expect([Math.min(...pair), Math.max(...pair)]).toEqual([Math.min(...own), Math.max(...own)]);
        }
        expect(track.extremes()?.most.value).toBe(Math.max(...all));
      }),
      { numRuns: 20 },
    );
  });

  it('keep every sample of a short recording, and say nothing where nothing was read', () => {
    const axis = axisOf(0, 3e6, 4);
    const track = createTrack(axis, 4);
    for (const [at, value] of [1, Number.NaN, 3, 2].entries()) track.add(value, at * 1e6, at);
    expect([...track.values()]).toEqual([1, Number.NaN, 3, 2]);
    expect([...drawnTimes(axis, Float64Array.of(0, 1e6, 2e6, 3e6))]).toEqual([0, 1e6, 2e6, 3e6]);
    expect(createTrack(axis, 4).extremes()).toBeNull();
  });

  it('have round moments along their axis', () => {
    expect(tickTimes(1_000, 61_000)).toEqual([10_000, 20_000, 30_000, 40_000, 50_000, 60_000]);
    expect(tickTimes(5_000, 5_000).length).toBeLessThanOrEqual(1);
  });
});

describe('times', () => {
  const clock = { bootUs: 0, realMs: Date.parse('2026-11-21T23:30:00Z') };

  it('are in UTC, with the local time beside it where that is another', () => {
    const { at, inFull } = timesOf({ clock, startUs: 0, endUs: 60e6 }, 'Asia/Kolkata');
    expect(at(1e6).html).toBe('<time datetime="2026-11-21T23:30:01.000Z">23:30:01</time>');
    expect(inFull(1e6).html).toContain('(2026-11-22 05:00:01 GMT+05:30)');
    expect(timesOf({ clock, startUs: 0, endUs: 60e6 }, 'UTC').inFull(0).html).not.toContain('GMT');
  });

  it('have their date where there is more than one day', () => {
    expect(timesOf({ clock, startUs: 0, endUs: 3600e6 }, 'UTC').at(3600e6).html).toContain(
      '>11-22 00:30:00<',
    );
  });
});

it('charts write numbers as the page does', () => {
  const program = readFileSync('assets/report/numbers.js', 'utf8');
  const sandbox: { reportNumbers?: { rateText: typeof rateText } } = {};
  runInNewContext(program, sandbox);
  const kinds: MetricKind[] = ['counter', 'gauge'];
  const units: MetricUnit[] = ['count', 'ns', 'us', 'ms', 'bytes', 'KiB', 'pages', 'percent', 'load'];
  const value = fc.oneof(fc.double({ min: 0, max: 1e15, noNaN: true }), fc.nat());
  fc.assert(
    fc.property(value, fc.constantFrom(...kinds), fc.constantFrom(...units), (number, kind, unit) => {
      // The level of a time is a duration on the page; there is none of processes or hosts.
      fc.pre(kind === 'counter' || !['ns', 'us', 'ms'].includes(unit));
      expect(sandbox.reportNumbers?.rateText(number, { kind, unit })).toBe(rateText(number, { kind, unit }));
    }),
  );
});
