/** What stands on top and in the columns when nobody has chosen: whoever does most of what matters now. */
import { describe, expect, it } from 'vitest';
import type { MetricDescriptor } from '../../src/core/metric.ts';
import type { StreamRecord } from '../../src/core/record.ts';
import type { WatchedSnapshot } from '../../src/insight/recognised.ts';
import { composeScreen } from '../../src/screen/compose.ts';
import { helpLines } from '../../src/screen/pages/pages.ts';
import { reduce } from '../../src/screen/reduce.ts';
import { initialUi } from '../../src/screen/state.ts';
import { defaultSort, orderRows } from '../../src/screen/table/rows.ts';
import { headerOf, metricOf, START_US, sampleOf, snapshotAfter } from '../helpers/stream.ts';
import { buildView, textOf } from '../helpers/view.ts';

const pidMetric = (id: string, more: Partial<MetricDescriptor> = {}) => metricOf(id, more);
const HEADER = headerOf({
  tool: { name: 'stallscope', version: '1', pid: 50 },
  metrics: [
    pidMetric('inode.create', { label: 'creates' }),
    pidMetric('inode.unlink', { label: 'unlinks' }),
    pidMetric('inode.rename', { label: 'renames' }),
    pidMetric('inode.create_ns', { label: 'create time', unit: 'ns' }),
    pidMetric('memory.call', { label: 'calls' }),
    pidMetric('memory.big', { label: 'big calls' }),
    pidMetric('faults.readahead', { label: 'readahead' }),
    pidMetric('faults.read_bytes', { label: 'cache read', unit: 'bytes' }),
    pidMetric('proc.rss_bytes', { probe: 'host', kind: 'gauge', unit: 'bytes', label: 'RSS' }),
  ],
});

const started = (pid: number, comm: string, more: object = {}): StreamRecord => ({
  type: 'process',
  bootUs: START_US,
  pid,
  startMs: pid,
  comm,
  ...more,
});
const exited = (pid: number, comm: string, seconds: number): StreamRecord => ({
  type: 'exit',
  bootUs: START_US + seconds * 1e6,
  pid,
  startMs: pid,
  comm,
});

const GIB = 2 ** 30;
/** A compiler that ended made some files; a reader reads 2.9 GiB/s from the page cache; our own process reads too. */
const records = (seconds: number): StreamRecord[] => [
  started(10, 'cc1'),
  started(20, 'reader'),
  started(30, 'sshd'),
  started(50, 'node'),
  started(51, 'bpftrace', { ppid: 50 }),
  sampleOf(0),
  sampleOf(1, { 'inode.create': [[10, 90]], 'inode.create_ns': [[10, 900_000]], 'inode.unlink': [[10, 80]] }),
  exited(10, 'cc1', 1.5),
  ...Array.from({ length: seconds - 1 }, (_, index) =>
    sampleOf(index + 2, {
      'faults.read_bytes': [
        [20, (index + 1) * 2.9 * GIB],
        [50, (index + 1) * 4096],
        [51, (index + 1) * 4096],
      ],
      'inode.create_ns': index < 3 ? [[30, 300 * (index + 1)]] : [],
      'proc.rss_bytes': [[20, 8 * GIB]],
    }),
  ),
];
const readFor = (seconds: number): WatchedSnapshot => snapshotAfter(records(seconds), HEADER);
const ui = initialUi('live');
const namesOf = (snapshot: WatchedSnapshot, change = {}): string[] =>
  orderRows(snapshot, { ...ui, ...change }).entries.map(({ row }) => row.comm);
const screen = (snapshot: WatchedSnapshot, change = {}): string =>
  textOf(composeScreen(buildView({ snapshot, ui: change })).flatMap(({ lines }) => lines));

describe('the table by default', () => {
  it('is by what is loudest now, not by a time of 0.0 %', () => {
    expect(defaultSort(readFor(4))).toBe('faults.read_bytes');
    expect(namesOf(readFor(4))[0]).toBe('reader');
  });

  it('is by nothing that only we do, such as the sync of a canary', () => {
    const snapshot = readFor(4);
    const reader = snapshot.rows.find(({ comm }) => comm === 'reader');
    const ours = snapshot.rows.map((row) => (row === reader ? { ...row, own: true as const } : row));
    expect(defaultSort({ ...snapshot, rows: ours })).not.toBe('faults.read_bytes');
  });

  it('shows the metric and its value at 80 by 24', () => {
    const text = screen(readFor(4));
    expect(text).toContain('▼cache read/s');
    expect(text).toMatch(/^> +20 +reader .*2\.90GiB/m);
  });

  it('has who lives before who has ended, unless that one does more now', () => {
    expect(namesOf(readFor(4), { sort: 'inode.unlink' }).at(-1)).toBe('cc1');
    const ending = snapshotAfter(records(4).slice(0, 8), HEADER);
    expect(namesOf(ending)[0]).toBe('cc1');
  });

  it('lists who lives, leaves out who ended a while ago, says how many, and lists them with totals', () => {
    const quiet = readFor(20);
    expect(namesOf(quiet)).toEqual(['reader', 'sshd']);
    expect(screen(quiet)).toMatch(/PROCESSES 2 of 5 .*\+ 1 quiet \(c\)/);
    expect(namesOf(quiet, { values: 'total' })).toEqual(['reader', 'sshd', 'cc1']);
    expect(namesOf(quiet, { filter: 'cc1' })).toEqual(['cc1']);
  });

  it('reports totals of a machine on which nothing is counted any more', () => {
    const idle = snapshotAfter(
      [...records(4), ...Array.from({ length: 15 }, (_, index) => sampleOf(index + 5))],
      HEADER,
    );
    expect(orderRows(idle, ui)).toMatchObject({ values: 'total', quiet: 0 });
    expect(screen(idle)).toContain('now quiet: totals since tracing began');
    expect(screen(idle)).toMatch(/reader .*8\.70GiB/);
  });

  it('gives the place of a column without a value on the screen to one that has', () => {
    const heading = (snapshot: WatchedSnapshot): string =>
      screen(snapshot)
        .split('\n')
        .find((line) => line.includes('COMMAND')) ?? '';
    expect(heading(readFor(20))).toContain('RSS');
  });

  it('is by what a finding that goes on rests on', () => {
    const snapshot = readFor(4);
    const churn = {
      id: 'inode-churn',
      title: 'Files made and removed',
      severity: 'high' as const,
      confidence: 0.9,
      suspect: null,
      victims: [],
      startUs: START_US,
      endUs: snapshot.bootUs,
      evidence: [{ metric: 'inode.create', value: 90, unit: 'count' as const, what: 'x', atUs: START_US }],
      missing: [],
      advice: [],
    };
    const accused = { ...snapshot, insight: { ...snapshot.insight, findings: [churn] } };
    expect(defaultSort(accused)).toBe('inode.create');
    expect(defaultSort({ ...accused, bootUs: snapshot.bootUs + 60e6 })).not.toBe('inode.create');
  });
});

describe('those who trace', () => {
  it('are left out, which is said, and listed by a key', () => {
    const snapshot = readFor(4);
    expect(namesOf(snapshot)).not.toContain('node');
    expect(namesOf(snapshot)).not.toContain('bpftrace');
    expect(screen(snapshot)).toContain('+ 2 of our own (o)');
    const { ui: listed } = reduce(buildView({ snapshot }), { type: 'own' });
    expect(namesOf(snapshot, listed)).toContain('bpftrace');
    expect(screen(snapshot, { own: true })).not.toContain('of our own');
  });

  it('are shown when they were asked for', () => {
    const header = { ...HEADER, selection: { pids: [50], comm: null, command: null } };
    expect(namesOf(snapshotAfter(records(4), header))).toContain('node');
  });
});

describe('those who have ended', () => {
  it('are hidden by a key, which is said, but for the one that is selected', () => {
    const snapshot = readFor(4);
    expect(namesOf(snapshot)).toContain('cc1');
    const { ui: living } = reduce(buildView({ snapshot }), { type: 'ended' });
    expect(namesOf(snapshot, living)).not.toContain('cc1');
    expect(namesOf(snapshot, living)).toContain('reader');
    expect(screen(snapshot, living)).toContain('+ 1 ended (E)');
    expect(screen(snapshot)).not.toContain('ended (E)');
    const { id } = snapshot.rows.find(({ comm }) => comm === 'cc1') ?? { id: null };
    expect(namesOf(snapshot, { ...living, selectedId: id })).toContain('cc1');
    expect(reduce(buildView({ snapshot, ui: living }), { type: 'ended' }).ui.ended).toBe(true);
  });
});

describe('the help', () => {
  it('says that kill and renice are refused on purpose', () => {
    const text = textOf(helpLines(buildView({ snapshot: readFor(4) })));
    expect(text).toMatch(/kill, renice +are refused on purpose/);
  });
});

describe('a table without a line', () => {
  it('says whom nothing was counted of, and that those who trace are left out', () => {
    const header = { ...HEADER, selection: { pids: [4711], comm: null, command: null } };
    expect(screen(snapshotAfter([sampleOf(0), sampleOf(1)], header))).toContain('counted yet of PID 4711');
    const alone = snapshotAfter([sampleOf(0), sampleOf(1, { 'memory.call': [[50, 9]] })], HEADER);
    expect(screen(alone)).toContain('No process but this tool and its tracer was active: o lists them.');
  });
});

describe('what the session has to say', () => {
  it('never hides the way out', () => {
    const notice = `bpftrace ended: ${'x'.repeat(200)}; starting it again in 5 s`;
    const lines = composeScreen(buildView({ snapshot: readFor(4), notice })).flatMap(({ lines: own }) => own);
    const last = textOf(lines).split('\n').at(-1) ?? '';
    expect(last).toContain('bpftrace ended');
    expect(last).toContain('q quit');
  });
});
