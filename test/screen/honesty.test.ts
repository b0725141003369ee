import { describe, expect, it } from 'vitest';
import type { WatchedSnapshot } from '../../src/insight/recognised.ts';
import { composeScreen } from '../../src/screen/compose.ts';
import { type Line, lineCells } from '../../src/screen/format/line.ts';
import { HAS_TIME } from '../helpers/requires.ts';
import { buildSnapshot, row } from '../helpers/snapshot.ts';
import { buildPlayback, buildView, textOf } from '../helpers/view.ts';

type ViewChange = Parameters<typeof buildView>[0];

const screen = (change: ViewChange = {}): readonly Line[] =>
  composeScreen(buildView(change)).flatMap(({ lines }) => lines);
const shown = (change: Partial<WatchedSnapshot>, view: ViewChange = {}): string =>
  textOf(screen({ snapshot: buildSnapshot({ change }), ...view }));
const exact = buildSnapshot().coverage;

describe('what is not exact', () => {
  it('is marked once for a column, in its heading: at least; and at each number that is not covered', () => {
    const coverage: WatchedSnapshot['coverage'] = {
      ...exact,
      'iomap.seek_hole': { coverage: 'lower-bound', reasons: ['the map was full'] },
      'iomap.iter': { coverage: 'not-covered', reasons: ['no probe'] },
    };
    const text = shown({ coverage });
    expect(text).toContain('≥137');
    expect(text).toMatch(/seek_hole\/s\s+≥/);
    expect(text).toMatch(/≥seek_hole\/s/);
    expect(text).toMatch(/qemu-img\s+137\s+–/);
    // Nor on a zero: numbers would not stand out of a column of marks.
    const idle = { ...row(1), metrics: { 'iomap.seek_hole': { total: 0, delta: 0 } } };
    const zeroes = shown({ coverage, rows: [row(0), idle] });
    expect(zeroes).not.toContain('≥0');
    expect(zeroes.split('\n').find((line) => line.includes(String(idle.pid)))).toMatch(/·/);
    expect(shown({ coverage }, { ui: { page: 'detail' } })).toContain('≥ the map was full');
  });

  it('is marked for the one process that a metric does not cover, with the reason', () => {
    const { metrics } = row(0);
    const { 'iomap.seek_hole': _, ...others } = metrics;
    const rows = [row(0, { metrics: others, uncovered: { 'iomap.seek_hole': 'no markers' } }), row(1)];
    const table = shown({ rows });
    expect(table.match(/–/g)).toHaveLength(1);
    const detail = shown({ rows }, { ui: { page: 'detail', selectedId: rows[0]?.id ?? '' } });
    expect(detail).toMatch(/not covered\s+seek_hole/);
    expect(detail).toContain('no markers');
  });

  it('is no bound where what is not covered may have made it too high', () => {
    const rows = [row(0, { uncovered: { 'iomap.seek_hole': 'not known' } }), row(1)];
    expect(shown({ rows })).toContain('≥137');
    const metrics = buildSnapshot().metrics.map((metric) => ({ ...metric, eitherWay: true as const }));
    expect(shown({ rows, metrics })).toContain('≈137');
  });

  it('is in the header: events lost, full maps, gaps, other losses', () => {
    const losses: WatchedSnapshot['losses'] = {
      lostEvents: 1234,
      mapFull: ['iomap.iter'],
      rejectedLines: 2,
      unknownMessages: 0,
      byKind: { 'lost-events': 1234, 'rejected-line': 2, 'map-full': 1 },
      gaps: [{ fromBootUs: 7_210_000_000, toBootUs: 7_214_000_000, reason: 'bpftrace died' }],
    };
    const text = shown({ losses }, { size: { columns: 160, rows: 30 } });
    for (const said of ['1,234 events lost', 'map full: iomap.iter', '1 gap (4s)', 'rejected line: 2'])
      expect(text).toContain(said);
    expect(text).not.toContain('nothing lost');
    // Lines and processes have no sum.
    const byKind = { 'rejected-line': 2, 'unnamed-process': 32_800_000 };
    const several = shown({ losses: { ...losses, byKind } }, { size: { columns: 160, rows: 30 } });
    expect(several).toContain('2 other kinds of loss (i)');
    expect(several).not.toContain('32.8M');
    expect(shown({ losses }, { size: { columns: 40, rows: 10 } })).toContain('events lost');
    expect(shown({ losses }, { ui: { page: 'session' }, size: { columns: 80, rows: 50 } })).toContain(
      'bpftrace died',
    );
    expect(shown({})).toContain('nothing lost');
  });

  it('names refused probes and why', () => {
    const probes: WatchedSnapshot['probes'] = [
      { id: 'python', variant: null, state: 'refused', reason: 'needs uprobes' },
    ];
    expect(shown({ probes })).toContain('python refused');
    expect(shown({ probes }, { ui: { page: 'session' } })).toContain('needs uprobes');
  });

  it('says that the view is held, ended, silent or a replay', () => {
    expect(shown({}, { playback: buildPlayback({ following: false }) })).toContain('HELD');
    expect(shown({ ended: { bootUs: 1, reason: 'command exited' } })).toMatch(/ENDED\s+command exited/);
    expect(shown({}, { silentMs: 7000 })).toContain('NO SAMPLE FOR 7s');
    expect(shown({}, { ui: { mode: 'replay' }, playback: buildPlayback() })).toContain('REPLAY');
  });

  it('has a speed where it is the replay that moves, and none where its end does', () => {
    const at = (following?: boolean) =>
      shown({}, { ui: { mode: 'replay' }, playback: buildPlayback({ speed: 4, following }) });
    expect(at()).toContain('×4 ');
    expect(at(false)).toContain('×4 ');
    expect(at(true)).not.toContain('×4');
  });

  it('shows no rate before an interval is known', () => {
    const { bootUs } = buildSnapshot();
    const first = { intervalUs: 0, samples: 1, counted: { bootUs, intervalUs: 0 } };
    const line = (text: string): string | undefined => /^>.*qemu-img.*/m.exec(text)?.[0];
    expect(line(shown({}))).toMatch(/137\s+3\.91M\s+70\.4%/);
    expect(line(shown(first))).toMatch(/^> +4000 +qemu-img +[▁-█]+$/);
    expect(line(shown(first, { ui: { values: 'total' } }))).toMatch(/13\.7k\s+46\.9M\s+9\.39s/);
  });

  it('marks those that ended and says when', () => {
    const rows = [row(0, { endedBootUs: 7_260_000_000 })];
    const snapshot = buildSnapshot({ rows });
    expect(textOf(screen({ snapshot }))).toContain('×qemu-img');
    expect(textOf(screen({ snapshot, ui: { page: 'detail' } }))).toContain('ended 2026-11-21 14:01:00');
  });

  it('counts processes that are not listed', () => {
    expect(shown({ others: { processes: 1200, metrics: {} } })).toContain('+ 1,200 not listed');
  });
});

describe('any size', () => {
  it('is filled exactly and never overrun, on every page and in both modes', () => {
    const hostile = row(1, {
      comm: '\x1b[31m漢字\u202e',
      cmdline: `x\n${'長'.repeat(300)}`,
      cgroup: '/\x07',
    });
    const snapshot = buildSnapshot({
      rows: [row(0), hostile, ...Array.from({ length: 80 }, (_, rank) => row(rank + 2))],
    });
    for (const columns of HAS_TIME
      ? [20, 21, 33, 40, 41, 59, 60, 80, 133, 200, 250]
      : [20, 33, 60, 80, 250]) {
      for (const rows of HAS_TIME ? [5, 6, 10, 15, 16, 24, 60, 70] : [5, 6, 16, 24, 70]) {
        for (const page of ['table', 'detail', 'help', 'session'] as const) {
          for (const playback of [null, buildPlayback()]) {
            const lines = screen({
              snapshot,
              size: { columns, rows },
              playback,
              ui: { page, selectedId: hostile.id, mode: playback === null ? 'live' : 'replay' },
            });
            expect(lines.length, `${columns}x${rows} ${page}`).toBe(rows);
            const widest = Math.max(...lines.map(lineCells));
            expect(widest, `${columns}x${rows} ${page}`).toBeLessThanOrEqual(columns);
            expect(textOf(lines)).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/);
          }
        }
      }
    }
  });

  it('says when it is too small', () => {
    expect(textOf(screen({ size: { columns: 19, rows: 24 } }))).toContain('too small');
    expect(screen({ size: { columns: 80, rows: 4 } })).toHaveLength(4);
  });

  it('says what it waits for before the first sample', () => {
    const text = textOf(screen({ snapshot: null, status: 'attaching 5 probes', waitedMs: 3200 }));
    expect(text).toContain('attaching 5 probes  3s');
  });
});
