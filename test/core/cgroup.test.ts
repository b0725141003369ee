/** Control groups in the stream: growth, resets, another life under the same path, and a checkpoint in between. */
import { describe, expect, it } from 'vitest';
import { between } from '../../src/core/between.ts';
import { isIn } from '../../src/core/cgroup.ts';
import { cgroupName } from '../../src/core/cgroup-name.ts';
import { checkpointOf } from '../../src/core/checkpoint.ts';
import { fold } from '../../src/core/fold.ts';
import type { CgroupRecord, SampleRecord, StreamRecord } from '../../src/core/record.ts';
import { restoreState } from '../../src/core/restore.ts';
import { takeSnapshot } from '../../src/core/take-snapshot.ts';
import { foldAll, headerOf, metricOf, START_US, sampleOf } from '../helpers/stream.ts';

const header = headerOf({
  metrics: [
    metricOf('cgroup.throttled_us', { probe: 'host', scope: 'cgroup', unit: 'us' }),
    metricOf('cgroup.cpu_quota', { probe: 'host', scope: 'cgroup', kind: 'gauge', unit: 'percent' }),
  ],
});
const group = (id: number, change: Partial<CgroupRecord> = {}): CgroupRecord => ({
  ...{ type: 'cgroup', bootUs: START_US, id, path: '/a', ...change },
});
const read = (
  seq: number,
  cgroups: SampleRecord['cgroups'] = {},
  change: Partial<SampleRecord> = {},
): StreamRecord => sampleOf(seq, {}, { cgroups, ...change });
const throttled = (id: number, us: number): SampleRecord['cgroups'] => ({
  'cgroup.throttled_us': [[id, us]],
});

const readings = (records: readonly StreamRecord[]) => takeSnapshot(foldAll(records, header)).cgroups;

describe('a control group', () => {
  it('grows from its first reading on; what is not mentioned did not move', () => {
    const first = [group(1), read(1, { ...throttled(1, 500), 'cgroup.cpu_quota': [[1, 50]] })];
    expect(readings(first)?.[0]?.metrics['cgroup.throttled_us']).toEqual({ total: 0, delta: 0 });
    const second = [...first, read(2, throttled(1, 700))];
    expect(readings(second)?.[0]?.metrics).toEqual({
      'cgroup.throttled_us': { total: 200, delta: 200 },
      'cgroup.cpu_quota': { total: 50, delta: 50 },
    });
    expect(readings([...second, read(3)])?.[0]?.metrics['cgroup.throttled_us']).toEqual({
      total: 200,
      delta: 0,
    });
  });

  it('counts on from a counter that went back, and what comes too soon for a rate with the next', () => {
    const records = [
      group(1),
      read(1, throttled(1, 500)),
      read(2, throttled(1, 900)),
      read(3, throttled(1, 30)),
    ];
    expect(readings(records)?.[0]?.metrics['cgroup.throttled_us']).toEqual({ total: 430, delta: 30 });
    const soon = read(4, throttled(1, 40), { bootUs: START_US + 3_100_000 });
    expect(readings([...records, soon])?.[0]?.metrics['cgroup.throttled_us']).toMatchObject({
      total: 440,
      delta: 30,
    });
    expect(readings([...records, soon, read(5, throttled(1, 45))])?.[0]?.metrics).toMatchObject({
      'cgroup.throttled_us': { total: 445, delta: 15 },
    });
  });

  it('that is removed and made again is another one', () => {
    const records = [
      ...[group(1), read(1, throttled(1, 500)), read(2, throttled(1, 900))],
      ...[group(1, { ended: true }), group(2), read(3, throttled(2, 10)), read(4, throttled(2, 20))],
    ];
    const [before, after] = readings(records) ?? [];
    expect([before?.endedBootUs, after?.endedBootUs]).toEqual([START_US, null]);
    expect(before?.metrics['cgroup.throttled_us']).toEqual({ total: 400, delta: 0 });
    expect(after?.metrics['cgroup.throttled_us']).toEqual({ total: 10, delta: 10 });
  });

  it('is the same after a checkpoint', () => {
    const uncovered = { 'cgroup.refaults': 'its memory has no limit' };
    const place = {
      type: 'process',
      bootUs: START_US,
      pid: 7,
      startMs: 10,
      comm: 'x',
      cgroup: '/a',
    } as const;
    const records: StreamRecord[] = [
      { ...place, cgroups: ['/b'] },
      ...[group(1, { uncovered, cpuLimit: '/sys/fs/cgroup/a/cpu.max' }), group(2, { ended: true })],
      ...[read(1, throttled(1, 500)), read(2, throttled(1, 700))],
      read(3, throttled(1, 705), { bootUs: START_US + 2_100_000 }),
    ];
    const whole = foldAll(records, header);
    const restored = restoreState(header, checkpointOf(whole));
    expect(restored?.cgroups).toEqual(whole.cgroups);
    expect(restored?.owners.get(7)?.cgroups).toEqual(['/b']);
    for (const state of [whole, restored]) if (state !== null) fold(state, read(4, throttled(1, 800)));
    expect(restored?.cgroups).toEqual(whole.cgroups);
  });

  it('did from one moment to another what it did in between', () => {
    const records = [group(1), read(1, throttled(1, 500)), read(2, throttled(1, 700))];
    const earlier = takeSnapshot(foldAll(records, header));
    const later = takeSnapshot(foldAll([...records, read(3, throttled(1, 1_000))], header));
    expect(between(earlier, later).cgroups?.[0]?.metrics['cgroup.throttled_us']?.total).toBe(300);
  });
});

it('has those in it that are in a group below it, in any hierarchy', () => {
  const process = { cgroup: '/pods/one', cgroups: ['/quota'] };
  expect(
    ['/', '/pods', '/pods/one', '/quota', '/pods/o', '/other'].map((path) => isIn(process, path)),
  ).toEqual([...[true, true, true, true, false, false]]);
  expect(isIn({ cgroup: null, cgroups: [] }, '/')).toBe(false);
});

it('is called by its container, its unit, or the end of its path', () => {
  const id = 'a'.repeat(64);
  expect(
    [`/docker/${id}`, '/system.slice/web.service', '/', `/x/${'n'.repeat(40)}`].map((path) =>
      cgroupName(path),
    ),
  ).toEqual(['aaaaaaaaaaaa', 'web.service', '/', `${'n'.repeat(31)}…`]);
});
