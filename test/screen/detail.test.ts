import { describe, expect, it } from 'vitest';
import type { Inspection } from '../../src/core/inspection.ts';
import type { MetricDescriptor } from '../../src/core/metric.ts';
import type { Finding } from '../../src/insight/findings/finding.ts';
import type { WatchedSnapshot } from '../../src/insight/recognised.ts';
import { detailLines } from '../../src/screen/pages/detail.ts';
import { buildSnapshot, INSIGHT, row } from '../helpers/snapshot.ts';
import { buildView, textOf } from '../helpers/view.ts';

const one = row(0, { ppid: 4003, cgroup: `/system.slice/docker-${'cd'.repeat(32)}.scope` });
const inspection: Inspection = {
  pid: one.pid,
  user: 'libvirt',
  state: 'D',
  waitChannel: 'folio_wait_bit_common',
  kernelStack: ['io_schedule', 'folio_wait_bit_common'],
  stackProblem: null,
  files: [
    {
      path: '/var/lib/images/very/long/way/to/db\u001b[2J-17.raw',
      sizeBytes: 57 * 2 ** 30,
      extents: 28_495,
      isLeast: false,
      fileSystem: 'xfs',
      problem: null,
    },
    {
      path: '/tmp/x',
      sizeBytes: 1,
      extents: null,
      isLeast: false,
      fileSystem: null,
      problem: 'its file system does not report them',
    },
  ],
  moreFiles: 3,
  filesProblem: null,
  threads: null,
};
const shown = (change: Parameters<typeof buildView>[0] = {}, processes = [one, row(1)]): string => {
  const snapshot = buildSnapshot({ rows: processes });
  const view = buildView({ snapshot, size: { columns: 100, rows: 60 }, ui: { page: 'detail' }, ...change });
  return textOf(detailLines(snapshot, processes[0], view));
};

describe('the page of a process', () => {
  it('draws how long the devices take that it uses, whoever asks, and no others', () => {
    const snapshot = buildSnapshot({ rows: [one] });
    const vda = 254 * 2 ** 20;
    const latency: MetricDescriptor = {
      ...{ id: 'disk.device_latency', probe: 'disk', scope: 'device', kind: 'counter', unit: 'count' },
      ...{ label: 'device latency', help: '', dims: ['log2_us'], histogramOf: 'disk.device_ns' },
    };
    const timed: WatchedSnapshot = {
      ...snapshot,
      header: {
        ...snapshot.header,
        host: { ...snapshot.header.host, devices: [{ major: 254, minor: 0, device: 'vda' }] },
      },
      metrics: [...snapshot.metrics, latency],
      devices: {
        'disk.device_latency': [
          { device: vda, histogram: [0, 0, 0, 0, 7, 2] },
          { device: 7 * 2 ** 20, histogram: [5] },
        ],
      },
      breakdown: (_, metric) =>
        metric.startsWith('disk.device_') ? [{ key: [vda], total: 3, delta: 0 }] : [],
    };
    const view = buildView({ snapshot, size: { columns: 80, rows: 60 }, ui: { page: 'detail' } });
    const lines = textOf(detailLines(timed, one, view)).split('\n');
    const at = lines.findIndex((line) => line.startsWith('LATENCY  of its devices, whoever asked'));
    expect(lines[at + 1]).toMatch(/^vda +9 timed, half of them below 16us/);
    expect(lines[at + 2]).toMatch(/8us - 16us +7 █+/);
    expect(lines.join('\n')).not.toContain('7:0');
  });

  it('draws how long its calls took, each power of two between the fastest and the slowest', () => {
    const snapshot = buildSnapshot({
      rows: [{ ...one, metrics: { 'sync.latency': { total: 23, delta: 0 } } }],
    });
    const latency: MetricDescriptor = {
      ...{ id: 'sync.latency', probe: 'sync', scope: 'pid', kind: 'counter', unit: 'count' },
      ...{ label: 'sync latency', help: '', dims: ['log2_us'], histogramOf: 'sync.ns' },
    };
    const timed: WatchedSnapshot = {
      ...snapshot,
      metrics: [...snapshot.metrics, latency],
      coverage: { ...snapshot.coverage, 'sync.latency': { coverage: 'lower-bound', reasons: [] } },
      breakdown: () => [
        { key: [26], total: 1, delta: 0 },
        { key: [11], total: 20, delta: 0 },
        { key: [13], total: 2, delta: 0 },
      ],
    };
    const view = buildView({ snapshot: timed, size: { columns: 80, rows: 60 }, ui: { page: 'detail' } });
    const lines = textOf(detailLines(timed, timed.rows[0], view)).split('\n');
    const at = lines.findIndex((line) => line.startsWith('sync latency'));
    expect(lines[at]).toContain('≥23 timed, half of them below 2.05ms');
    expect(lines[at + 1]).toMatch(/^ +1\.02ms - 2\.05ms +≥20 █{40}$/);
    expect(lines[at + 2]).toMatch(/^ +2\.05ms - 4\.1ms *$/);
    expect(lines[at + 3]).toMatch(/^ +4\.1ms - 8\.19ms +≥2 █{4}$/);
    expect(lines[at + 16]).toMatch(/^ +33\.6s - +≥1 █{2}$/);
    // It is no number of its own in the table above: its calls are counted there.
    expect(lines.slice(0, at).join('\n')).not.toContain('sync latency');
  });

  it('says who it is: user, parent, container', () => {
    const text = shown({ inspection });
    expect(text).toContain('libvirt (uid 0), parent postgres (4003)');
    expect(text).toContain('container cdcdcdcdcdcd');
    expect(shown()).toContain('uid 0, parent postgres (4003)');
  });

  it('lists its threads once they are asked for, and says by which key', () => {
    expect(shown({ inspection })).toMatch(/^threads +H lists them$/m);
    const threads = {
      threads: [
        { tid: 71, comm: 'wal\u001b[2J', state: 'D', cpuMs: 1_230, waitChannel: 'xlog_grant_head_wait' },
        { tid: 70, comm: 'main', state: 'R', cpuMs: 0, waitChannel: null },
      ],
      more: 268,
      unread: 44,
    };
    const text = shown({ inspection: { ...inspection, threads } });
    expect(text).toMatch(/^ +71 wal␛\[2J +D +1\.23s xlog_grant_head_wait$/m);
    expect(text).toMatch(/^ +70 main +R +0us *$/m);
    expect(text).toContain('and 268 more, 44 not looked at');
  });

  it('says where it sleeps in the kernel, and in how many pieces its files lie, cleaned', () => {
    const text = shown({ inspection });
    expect(text).toContain('cannot be interrupted (D), in folio_wait_bit_common');
    expect(text).toContain('io_schedule < folio_wait_bit_common');
    expect(text).toMatch(/db␛\[2J-17\.raw +57\.0GiB +28,495/);
    expect(text).toContain('its file system does not report them');
    expect(text).toContain('and 3 smaller');
    expect(text).not.toContain('\u001b');
  });

  it('reports nothing of another process, nor of one that has ended', () => {
    expect(shown({ inspection: { ...inspection, pid: 1 } })).not.toContain('cannot be interrupted');
    const ended = row(0, { endedBootUs: 7_300_000_000 });
    expect(shown({ inspection: { ...inspection, pid: ended.pid } }, [ended])).not.toContain('cannot be');
  });

  it('offers to count pieces with the key that does it', () => {
    const uncounted = {
      ...inspection,
      files: inspection.files.map((file) => ({
        ...file,
        extents: null,
        isLeast: false,
        fileSystem: null,
        problem: null,
      })),
    };
    expect(shown({ inspection: uncounted })).toContain('x counts');
  });

  it('draws how long calls took where calls and their time are counted, as means', () => {
    const text = shown();
    expect(text).toContain('mean call of each sample');
    // 352,223,280 ns in 137 calls.
    expect(text).toMatch(/seek time +\d+(\.\d+)?(us|ms) [▁-█]+ \d+(\.\d+)?ms/);
    const never = row(0, { metrics: { 'iomap.iter': { total: 5, delta: 5 } } });
    expect(shown({}, [never])).not.toContain('LATENCY');
  });
});

describe('who is accused', () => {
  const finding = {
    ...{ id: 'seek-hole-storm', title: 'SEEK_HOLE storm: each search walks all extents' },
    ...{ severity: 'high', confidence: 0.98, victims: [], missing: [], advice: [] },
    suspect: { pid: one.pid, startMs: one.startMs, comm: one.comm },
    startUs: 7_250_000_000,
    endUs: 7_399_000_000,
    evidence: [{ metric: 'iomap.iter', value: 5, unit: 'count', what: 'steps', atUs: 7_255_000_000 }],
    files: [{ path: '/images/disk.qcow2', sizeBytes: 2 ** 30, extents: 28_495 }],
  } as const satisfies Finding;
  const page = (columns: number, rows: number): string[] => {
    const snapshot = buildSnapshot({
      rows: [one, row(1)],
      change: { insight: { ...INSIGHT, findings: [finding] } },
    });
    const view = buildView({ snapshot, size: { columns, rows }, ui: { page: 'detail' } });
    return textOf(detailLines(snapshot, one, view)).split('\n');
  };

  it.each([
    [80, 24],
    [160, 45],
  ])('at %i by %i: of what, and which file, right under its name', (columns, rows) => {
    expect(page(columns, rows)[1]).toBe('finding  SEEK_HOLE storm, disk.qcow2, 28,495 extents');
  });
});
