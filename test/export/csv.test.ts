/** A long CSV: what was exported adds up to the summary, and is a recording again when it is imported. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { SampleRecord, StreamRecord } from '../../src/core/record.ts';
import { asCsvText } from '../../src/export/csv-text.ts';
import { cellsOf } from '../../src/foreign/csv-line.ts';
import { runHere } from '../helpers/command.ts';
import { examples, itForEachRecording } from '../helpers/examples.ts';
import { exportOf, moved, type Summary, summaryOf } from '../helpers/exported.ts';
import { HOSTILE_NAMES } from '../helpers/hostile-names.ts';
import { headerOf, START_US, sampleOf } from '../helpers/stream.ts';

const folder = mkdtempSync(join(tmpdir(), 'csv-'));
afterAll(() => rmSync(folder, { recursive: true }));

type Line = Readonly<Record<string, string>>;

const linesOf = (text: string): Line[] => {
  const [header, ...lines] = text
    .trimEnd()
    .split('\n')
    .map((line) => cellsOf(line) ?? []);
  return lines.map((cells) => Object.fromEntries((header ?? []).map((name, at) => [name, cells[at] ?? ''])));
};

const exported = async (path: string, ...args: string[]): Promise<Line[]> =>
  linesOf(await exportOf(path, '--format', 'csv', ...args));

/** Growths summed, levels and largest values as they stood last. */
const totalsOf = (lines: readonly Line[], keyOf: (line: Line) => string): Record<string, number> => {
  const totals = new Map<string, number>();
  for (const line of lines) {
    const key = keyOf(line);
    totals.set(key, (line.kind === 'delta' ? (totals.get(key) ?? 0) : 0) + Number(line.value));
  }
  return Object.fromEntries(totals);
};

/** A process whose start was not known yet is the one of that PID whose start then was. */
const byLifeOf = (lines: readonly Line[]): ((line: Line) => string) => {
  const first = new Map(
    lines
      .filter(({ start }) => start !== '')
      .reverse()
      .map(({ pid, start }) => [pid, start]),
  );
  return ({ pid, start, metric }) => `${pid} ${start === '' ? (first.get(pid) ?? '') : start} ${metric}`;
};

/** Of counters, by PID and metric: a name that a process took when it did nothing more is not exported. */
const byProcess = ({ pids, metrics }: Summary): Record<string, number> => {
  const counters = new Set(metrics.filter(({ kind }) => kind === 'counter').map(({ id }) => id));
  const totals: Record<string, number> = {};
  for (const { pid, metrics: read } of pids)
    for (const [metric, total] of Object.entries(read)) {
      const key = `${pid} ${metric}`;
      if (counters.has(metric) && total !== 0) totals[key] = (totals[key] ?? 0) + total;
    }
  return totals;
};

describe('the values of a recording', () => {
  itForEachRecording(async (path) => {
    const [lines, summary] = await Promise.all([exported(path), summaryOf(path)]);
    const ours = lines.filter(({ metric }) => !metric?.startsWith('stallscope.'));
    const counters = lines.filter(({ kind, pid }) => kind === 'delta' && pid !== '');
    expect(totalsOf(counters, ({ metric }) => metric ?? '')).toEqual(moved(summary.totals));
    const host = ours.filter(({ pid, cgroup }) => pid === '' && cgroup === '');
    expect(moved(totalsOf(host, ({ metric }) => metric ?? ''))).toEqual(moved(summary.host));
    const ofProcesses = ours.filter(({ pid }) => pid !== '');
    const processes = totalsOf(ofProcesses, byLifeOf(ofProcesses));
    const wanted = summary.pids
      .flatMap(({ metrics }) => Object.values(metrics))
      .filter((value) => value !== 0);
    expect(Object.values(moved(processes)).sort()).toEqual(wanted.sort());
    const complete = summary.recording.complete ? '1' : '0';
    expect(lines.at(-1)).toMatchObject({ metric: 'stallscope.complete', value: complete });
  });

  itForEachRecording(async (path) => {
    const file = join(folder, `${Math.random()}.csv`);
    const again = `${file}.ndjson`;
    const { exitCode, stderr } = await runHere('export', path, '--format', 'csv', '-o', file);
    expect(exitCode, stderr).toBe(0);
    expect((await runHere('import', file, '-o', again)).exitCode).toBe(0);
    const [before, after] = [await summaryOf(path), await summaryOf(again)];
    expect(moved(after.totals)).toEqual(moved(before.totals));
    expect(byProcess(after)).toEqual(byProcess(before));
  });
});

describe('a part of a recording', () => {
  const [path = ''] = examples;

  it('adds up to the summary of that part, and says that it is one', async () => {
    const part = ['--from', '+10s', '--to', '+20s'];
    const lines = await exported(path, ...part);
    const { totals } = await summaryOf(path, ...part);
    const counters = lines.filter(({ kind, pid }) => kind === 'delta' && pid !== '');
    expect(totalsOf(counters, ({ metric }) => metric ?? '')).toEqual(moved(totals));
    expect(lines.map(({ metric }) => metric)).toContain('stallscope.stretch');
  });

  it('of few processes has the sum of the others', async () => {
    const lines = await exported(path, '--top', '1');
    const { totals } = await summaryOf(path);
    const listed = lines.filter(({ pid }) => pid !== '');
    expect(new Set(listed.map(({ pid }) => pid)).size).toBe(1);
    const counters = lines
      .filter(({ kind, pid, metric }) => kind === 'delta' && (pid !== '' || metric?.startsWith('others.')))
      .map((line) => ({ ...line, metric: line.metric?.replace('others.', '') ?? '' }));
    expect(totalsOf(counters, ({ metric }) => metric ?? '')).toEqual(moved(totals));
  });

  it('that was cut says so', async () => {
    const cut = join(folder, 'cut.ndjson');
    const records = [headerOf(), sampleOf(0, { 'iomap.iter': [[7, 3]] })];
    writeFileSync(cut, records.map((record) => `${JSON.stringify(record)}\n`).join(''));
    expect((await exported(cut)).at(-1)).toMatchObject({
      metric: 'stallscope.complete',
      value: '0',
      note: 'the recording is truncated: it has no trailer',
    });
  });
});

describe('any session', () => {
  const count = fc.integer({ min: 1, max: 1_000_000 });
  const arbitrary = fc.array(
    fc.record({
      pid: fc.integer({ min: 1, max: 4 }),
      comm: fc.oneof(
        fc.string({ minLength: 1, maxLength: 15, unit: 'grapheme' }),
        fc.constantFrom(...HOSTILE_NAMES),
      ),
      restarted: fc.boolean(),
      iter: count,
      longest: count,
    }),
    { minLength: 1, maxLength: 12 },
  );

  it('is the same after an export and an import', async () => {
    await fc.assert(
      fc.asyncProperty(arbitrary, async (steps) => {
        const file = join(folder, 'any.ndjson');
        writeFileSync(
          file,
          sessionOf(steps)
            .map((record) => `${JSON.stringify(record)}\n`)
            .join(''),
        );
        const csv = join(folder, 'any.csv');
        const again = join(folder, 'again.ndjson');
        await runHere('export', file, '--format', 'csv', '-o', csv, '--force');
        const { exitCode, stderr } = await runHere('import', csv, '-o', again, '--force');
        expect(exitCode, stderr).toBe(0);
        const [before, after] = [await summaryOf(file), await summaryOf(again)];
        expect(byLife(after)).toEqual(byLife(before));
        expect(readFileSync(csv, 'utf8')).not.toMatch(/(^|,)"?[=+\-@]/m);
      }),
      { numRuns: 25 },
    );
  }, 120_000);
});

/** Lives of few PIDs, each later one of another name and start. */
const sessionOf = (
  steps: readonly { pid: number; comm: string; restarted: boolean; iter: number; longest: number }[],
): object[] => {
  const starts = new Map<number, number>();
  const totals = new Map<number, number>();
  return [
    headerOf(),
    ...steps.flatMap(({ pid, comm, restarted, iter, longest }, seq): (StreamRecord | SampleRecord)[] => {
      const bootUs = START_US + (seq + 1) * 1_000_000;
      const isNew = restarted || !starts.has(pid);
      if (isNew) {
        starts.set(pid, 1_000_000 + seq * 1000);
        totals.set(pid, 0);
      }
      totals.set(pid, (totals.get(pid) ?? 0) + iter);
      const startMs = starts.get(pid) ?? 0;
      return [
        ...(isNew ? ([{ type: 'forget', bootUs, pid }] as const) : []),
        { type: 'process', bootUs, pid, startMs, comm },
        sampleOf(
          seq + 1,
          { 'iomap.iter': [[pid, totals.get(pid) ?? 0]], 'iomap.seek_max_ns': [[pid, longest]] },
          { bootUs },
        ),
      ];
    }),
  ];
};

/** By the order in which the lives of a PID began: the clock of what was imported is another. */
const byLife = ({ pids }: Summary): unknown =>
  pids
    .map(({ pid, comm, metrics }) => ({ pid, comm, metrics: moved(metrics) }))
    .filter(({ metrics }) => Object.keys(metrics).length > 0);

describe('names', () => {
  it('are no formula, whole, and as many as they were', () => {
    const cells = HOSTILE_NAMES.map(asCsvText);
    expect(new Set(cells).size).toBe(HOSTILE_NAMES.length);
    for (const cell of cells) {
      expect(cell).not.toMatch(/^"?[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]/);
      expect(cell).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      expect(cellsOf(`a,${cell},b`)).toHaveLength(3);
    }
  });
});
