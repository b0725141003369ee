/** OpenMetrics: of a recording, and of a moment. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { StreamRecord } from '../../src/core/record.ts';
import { asDistinct } from '../../src/core/safe-text.ts';
import { familiesOf } from '../../src/export/openmetrics/families.ts';
import { textOf } from '../../src/export/openmetrics/family.ts';
import { createGroups, MOST_GROUPS } from '../../src/export/openmetrics/groups.ts';
import { namesOf } from '../../src/export/openmetrics/names.ts';
import { loadCatalogue } from '../../src/probes/catalogue.ts';
import { foldInto, snapshotOf } from '../../src/session/session.ts';
import { PROCESS_METRICS } from '../../src/tracer/process-meter.ts';
import { itForEachRecording } from '../helpers/examples.ts';
import { exportOf, findingsOf, summaryOf } from '../helpers/exported.ts';
import { readOpenMetrics, type Sample } from '../helpers/exposition.ts';
import { HOSTILE_NAMES } from '../helpers/hostile-names.ts';
import { describeWith } from '../helpers/requires.ts';
import { headerOf, metricOf, START_US, sampleOf, sessionAfter, snapshotAfter } from '../helpers/stream.ts';

const folder = mkdtempSync(join(tmpdir(), 'openmetrics-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The last value of each series of a name. */
const lastOf = (samples: readonly Sample[], name: string): Sample[] => {
  const last = new Map<string, Sample>();
  for (const sample of samples) if (sample.name === name) last.set(JSON.stringify(sample.labels), sample);
  return [...last.values()];
};
const sum = (samples: readonly Sample[]): number => samples.reduce((all, { value }) => all + value, 0);

describe('the values of a recording', () => {
  itForEachRecording(async (path) => {
    const samples = readOpenMetrics(await exportOf(path, '--format', 'openmetrics'));
    const summary = await summaryOf(path);
    const metrics = summary.metrics as Parameters<typeof namesOf>[0];
    const names = namesOf(metrics);
    for (const metric of metrics.filter(({ kind }) => kind === 'counter')) {
      const named = names.get(metric.id);
      const name = `${named?.name}_total`;
      const total = (metric.scope === 'host' ? summary.host : summary.totals)[metric.id];
      const found = lastOf(samples, name).filter(({ labels }) =>
        Object.entries(named?.labels ?? {}).every(([label, value]) => labels[label] === value),
      );
      if (metric.scope === 'cgroup' || total === undefined) continue;
      expect([name, found.map(({ value }) => value)]).toEqual([name, [named?.scaled(total)]]);
      if (metric.scope !== 'pid') continue;
      const byCommand = sum(lastOf(samples, name.replace('stallscope_', 'stallscope_command_')));
      expect(Math.abs(byCommand - (named?.scaled(total) ?? 0))).toBeLessThanOrEqual(1e-9 * total);
    }
    const complete = lastOf(samples, 'stallscope_recording_complete').map(({ value }) => value);
    expect(complete).toEqual([summary.recording.complete ? 1 : 0]);
    const findings = samples.filter(({ name, value }) => name === 'stallscope_finding' && value === 1);
    const named = new Set(findings.map(({ labels }) => labels.stallscope_finding));
    expect(named).toEqual(new Set((await findingsOf(path)).map(({ id }) => id)));
    for (const { time } of samples) expect(time).not.toBeNull();
  });
});

describeWith(['promtool'], 'promtool makes blocks of an export', () => {
  itForEachRecording(async (path) => {
    const file = join(folder, 'x.om');
    writeFileSync(file, await exportOf(path, '--format', 'openmetrics'));
    const made = spawnSync('promtool', [
      'tsdb',
      'create-blocks-from',
      'openmetrics',
      file,
      join(folder, 'tsdb'),
    ]);
    expect(made.stderr.toString()).toBe('');
    expect(made.status).toBe(0);
    expect(made.stdout.toString()).toMatch(/NUM SAMPLES/);
  });
});

const pageOf = (records: readonly StreamRecord[], most?: number): Sample[] => {
  const session = sessionAfter([]);
  const groups = createGroups(null, most);
  for (const record of records) {
    foldInto(session, record);
    if (record.type === 'sample') groups.add(snapshotOf(session));
  }
  return readOpenMetrics(textOf(familiesOf(snapshotOf(session), groups), 'openmetrics'));
};

const processes = (names: readonly string[], seq = 1, each = 1): StreamRecord[] => [
  ...names.map(
    (comm, at): StreamRecord => ({
      type: 'process',
      bootUs: START_US,
      pid: 100 + at,
      startMs: 1000 + at,
      comm,
      ppid: 1,
      cgroup: '/a',
    }),
  ),
  sampleOf(seq, { 'iomap.iter': names.map((_, at) => [100 + at, each]) }),
];

describe('a page', () => {
  it('keeps 200 hostile names apart, and no line is made of them', () => {
    const page = pageOf(processes(HOSTILE_NAMES.slice(0, 200)));
    const commands = lastOf(page, 'stallscope_command_iomap_iter_total').map(({ labels }) => labels.command);
    expect(new Set(commands)).toEqual(new Set(HOSTILE_NAMES.slice(0, 200).map(asDistinct)));
  });

  it('of 10,000 processes has no more series than are stated, and all of the sum', () => {
    const names = Array.from({ length: 10_000 }, (_, at) => `p${at}`);
    const page = pageOf(processes(names));
    const groups = lastOf(page, 'stallscope_command_iomap_iter_total');
    expect(groups).toHaveLength(MOST_GROUPS + 1);
    expect(sum(groups)).toBe(10_000);
    expect(lastOf(page, 'stallscope_iomap_iter_total')).toMatchObject([{ value: 10_000 }]);
    expect(page.length).toBeLessThan(3 * (MOST_GROUPS + 1) + 100);
  });

  it('never takes a part out of a sum: who is other stays so, and who has ended keeps counting', () => {
    const first = processes(['a', 'b']);
    const ends = [100, 101].flatMap((pid): StreamRecord[] => [
      { type: 'exit', bootUs: START_US + 1e6, pid, startMs: 900 + pid, comm: pid === 100 ? 'a' : 'b' },
      { type: 'forget', bootUs: START_US + 1e6, pid },
    ]);
    const again: StreamRecord[] = [
      { type: 'process', bootUs: START_US + 2e6, pid: 100, startMs: 5000, comm: 'b', ppid: 1, cgroup: '/a' },
      sampleOf(2, { 'iomap.iter': [[100, 5]] }),
    ];
    const values = lastOf(pageOf([...first, ...ends, ...again], 1), 'stallscope_command_iomap_iter_total');
    expect(values.map(({ labels, value }) => [labels.command, value])).toEqual([
      ['a', 1],
      ['other', 6],
    ]);
  });

  it('says what is missing and what is not exact', () => {
    const page = pageOf([
      sampleOf(1, { 'iomap.iter': [[7, 1]] }),
      { type: 'gap', bootUs: START_US + 3e6, fromBootUs: START_US + 1e6, reason: 'x' },
      { type: 'loss', bootUs: START_US + 3e6, kind: 'lost-events', count: 4 },
      sampleOf(4, { 'iomap.iter': [[7, 1]] }, { epoch: 1 }),
    ]);
    const value = (name: string, labels: object) =>
      page.find(
        (sample) => sample.name === name && Object.entries(labels).every(([k, v]) => sample.labels[k] === v),
      )?.value;
    expect(value('stallscope_coverage', { metric: 'iomap.iter', stallscope_coverage: 'lower-bound' })).toBe(
      1,
    );
    expect(value('stallscope_losses_total', { kind: 'lost-events' })).toBe(4);
    expect(value('stallscope_gap_seconds_total', {})).toBe(2);
  });

  it('in the older format ends counters as it wants them, and knows no sets of states', () => {
    const snapshot = snapshotAfter(processes(['a']));
    const text = textOf(familiesOf(snapshot, createGroups(null)), 'plain');
    expect(text).toContain('# TYPE stallscope_iomap_iter_total counter\n');
    expect(text).not.toMatch(/stateset|# EOF|# UNIT/);
  });
});

it('two metrics never have one name and the same labels', () => {
  const metrics = ['a.b_c', 'a.b.c', 'a.b-c', 'a.b:c'].map((id) => metricOf(id));
  expect(new Set([...namesOf(metrics).values()].map(({ name }) => name)).size).toBe(4);
});

describe('what is shipped', () => {
  const ofProbes = loadCatalogue().flatMap(({ manifest: { id, metrics } }) =>
    metrics.map(({ name, kind, unit }) =>
      metricOf(`${id}.${name}`, { kind: kind === 'histogram' ? 'counter' : kind, unit }),
    ),
  );
  const ofHost = ['psi.cpu.some_us', 'psi.io.some_us', 'psi.memory.some_us', 'disk.vda.busy_ms'].map((id) =>
    metricOf(id, { scope: 'host', probe: 'host', unit: id.endsWith('_us') ? 'us' : 'ms' }),
  );
  /** All that a page of a session with every probe may hold. */
  const names = (): Set<string> => {
    const header = headerOf({ budget: 0.02, metrics: [...ofProbes, ...PROCESS_METRICS, ...ofHost] });
    const self = { ...sampleOf(0).self, probeMs: { iomap: 1 } };
    const lost: StreamRecord = { type: 'loss', bootUs: START_US, kind: 'lost-events', count: 1 };
    const page = textOf(
      familiesOf(snapshotAfter([lost, sampleOf(0, {}, { self })], header), createGroups(null)),
      'openmetrics',
    );
    const about = [...page.matchAll(/^(stallscope_\w+)/gm)].map(([name]) => name);
    const ofMetrics = header.metrics.flatMap(({ id, kind, scope }) => {
      const name = `${namesOf(header.metrics).get(id)?.name}${kind === 'counter' ? '_total' : ''}`;
      const of = (whose: string): string => name.replace('stallscope_', `stallscope_${whose}_`);
      return scope === 'pid' ? [name, of('command'), of('process')] : [name];
    });
    return new Set([...about, ...ofMetrics, 'stallscope_finding_process']);
  };

  it.each(['alerts.yml', 'grafana.json'])('%s names metrics that there are', (file) => {
    const text = readFileSync(join(import.meta.dirname, '../../examples/prometheus', file), 'utf8');
    const used = new Set([...text.matchAll(/\bstallscope_\w+/g)].map(([name]) => name));
    expect(used.size).toBeGreaterThan(4);
    const there = names();
    expect([...used].filter((name) => !there.has(name))).toEqual([]);
  });

  describeWith(['promtool'], 'promtool makes blocks of an export', () => {
    it('takes the rules', () => {
      const rules = join(import.meta.dirname, '../../examples/prometheus/alerts.yml');
      const { status, stdout, stderr } = spawnSync('promtool', ['check', 'rules', rules]);
      expect([status, stdout.toString(), stderr.toString()]).toMatchObject([
        0,
        expect.stringContaining('SUCCESS'),
        '',
      ]);
    });
  });
});
