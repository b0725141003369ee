import { beforeAll, describe, expect, it } from 'vitest';
import type { Finding } from '../../../../src/core/insight/findings/finding.ts';
import type { IncidentMark, InsightView, Snapshot, SpikeMark } from '../../../../src/core/snapshot.ts';
import { accountsOf } from '../../../../src/views/tui/model/accounts.ts';
import { composeScreen, layOut } from '../../../../src/views/tui/model/compose.ts';
import { reduce } from '../../../../src/views/tui/model/reduce.ts';
import type { View } from '../../../../src/views/tui/model/view.ts';
import { buildSnapshot, INSIGHT } from '../../../helpers/snapshot.ts';
import { buildPlayback, buildView, textOf } from '../../../helpers/view.ts';

beforeAll(() => {
  process.env.TZ = 'UTC';
});

const NOW_US = buildSnapshot().bootUs;

const finding: Finding = {
  id: 'seek-hole-storm',
  title: 'SEEK_HOLE storm: each search walks all extents',
  severity: 'high',
  confidence: 0.98,
  suspect: { pid: 4003, startMs: 7_000_010, comm: 'post\u001b[31m' },
  victims: [{ pid: 4006, startMs: 1, comm: 'python3' }],
  startUs: NOW_US - 40e6,
  endUs: NOW_US,
  evidence: [
    { metric: 'iomap.iter', value: 28_496, unit: 'count', what: 'steps a search', atUs: NOW_US - 20e6 },
    { metric: 'vm.pg*', value: 0.9e9, unit: 'ns', what: 'of each second', atUs: NOW_US },
  ],
  missing: ['xfs.extents'],
  advice: [{ text: 'Put it together again', command: 'xfs_fsr -v FILE', risk: 'it is rewritten' }],
};

const spikeAt = (metric: string, pid: number | null, startUs: number, score: number) => ({
  metric,
  pid,
  comm: pid === null ? null : 'db',
  startUs,
  endUs: startUs,
  score,
});

const snapshotWith = (insight: Partial<InsightView>, change: Partial<Snapshot> = {}): Snapshot =>
  buildSnapshot({ change: { insight: { ...INSIGHT, ...insight }, ...change } });

const paneOf = (view: View, id: string): string =>
  textOf(composeScreen(view).find((pane) => pane.id === id)?.lines ?? []);

const press = (view: View): View => {
  const { ui, effect } = reduce(view, { type: 'show-finding' });
  expect(effect?.type === 'seek' || view.playback === null).toBe(true);
  return { ...view, ui };
};

describe('the top of the screen', () => {
  it('says what, who, how surely, since when, by which numbers, and what to do, cleaned', () => {
    const view = buildView({
      snapshot: snapshotWith({ findings: [finding] }),
      size: { columns: 100, rows: 40 },
    });
    expect(paneOf(view, 'finding')).toBe(
      [
        ' HIGH  SEEK_HOLE storm  post␛[31m (4003)  98% sure  since 14:01:00  for 40s',
        'what   each search walks all extents',
        'hurts  python3 (4006)',
        'proof  28.5k steps a search; 900ms of each second',
        'do     xfs_fsr -v FILE (Put it together again; F has all)',
      ].join('\n'),
    );
  });

  it('keeps the name, who and since when where there is little room, and adds up at every size', () => {
    const snapshot = snapshotWith({ findings: [finding, { ...finding, id: 'other', severity: 'medium' }] });
    for (const columns of [20, 40, 80, 250]) {
      for (let rows = 5; rows <= 70; rows += 1) {
        for (const playback of [null, buildPlayback(), buildPlayback({ following: false })]) {
          const view = buildView({ snapshot, playback, size: { columns, rows } });
          const { header, finding: top, pressure, lanes, main, status } = layOut(view);
          expect(header + top + pressure + lanes + main + status).toBe(rows);
          expect(Math.min(top, lanes, status, header)).toBeGreaterThanOrEqual(0);
          expect(main).toBeGreaterThan(0);
          expect(composeScreen(view).flatMap(({ lines }) => lines)).toHaveLength(rows);
        }
      }
    }
    const small = paneOf(buildView({ snapshot, size: { columns: 40, rows: 10 } }), 'finding');
    expect(small).toMatch(/^ HIGH {2}SEEK_HOLE storm.*\npost.*\(4003\) {2}since 14:01:00/);
  });

  it('says that nothing stands out, and what that is worth', () => {
    expect(paneOf(buildView(), 'finding')).toMatch(/^Nothing stands out {2}known failures/);
    const learning = snapshotWith({ learning: true });
    expect(paneOf(buildView({ snapshot: learning }), 'finding')).toContain(
      'still learning what is usual, 20s more',
    );
  });

  it('tells what is over in one line once it is long over', () => {
    const ended = { ...finding, startUs: NOW_US - 2000e6, endUs: NOW_US - 1800e6 };
    expect(paneOf(buildView({ snapshot: snapshotWith({ findings: [ended] }) }), 'finding')).toMatch(
      /^Nothing stands out now {2}SEEK_HOLE storm ended 30m00s ago \(f\)/,
    );
    const recent = { ...finding, endUs: NOW_US - 30e6 };
    expect(paneOf(buildView({ snapshot: snapshotWith({ findings: [recent] }) }), 'finding')).toContain(
      'HIGH, OVER',
    );
  });

  it('describes what has no name: how many signals, who rose first, the loudest numbers', () => {
    const began = NOW_US - 15e6;
    const incident: IncidentMark = {
      startUs: began,
      endUs: NOW_US - 5e6,
      weight: 9,
      spikes: [
        { ...spikeAt('psi.io.some_us', null, began, 7), peak: 400_000 },
        { ...spikeAt('iomap.iter', 4006, began + 1e6, 8), peak: 1e6 },
        { ...spikeAt('kswapd.wakeups', 4000, began + 2e6, 12), peak: 90 },
      ],
    };
    const spikes: SpikeMark[] = [spikeAt('psi.io.some_us', null, began, 7)];
    const snapshot = snapshotWith({ spikes, incidents: () => [incident] });
    const text = paneOf(buildView({ snapshot, size: { columns: 120, rows: 30 } }), 'finding');
    expect(text).toContain(' UNUSUAL  3 signals rose together');
    expect(text).toContain('db (4006)  rose first');
    expect(text).toContain('proof  90/s kswapd wakes of db; 1.00M/s iomap_iter of db; 40.0% io waits');
    // What belongs to a finding is not told twice.
    const named = snapshotWith({ spikes, incidents: () => [incident], findings: [finding] });
    expect(accountsOf(named, buildView())).toHaveLength(1);
  });

  it('tells in the past of a session what is still ahead, from what is known by now', () => {
    const later = snapshotWith({ findings: [{ ...finding, startUs: NOW_US + 12e6, endUs: NOW_US + 30e6 }] });
    const overview = { ...later, bootUs: NOW_US + 60e6 };
    const view = buildView({ snapshot: snapshotWith({}), overview });
    expect(paneOf(view, 'finding')).toMatch(/^ HIGH, AHEAD {2}SEEK_HOLE storm .*from 14:01:52 {2}in 12s/);
  });
});

describe('the key of a finding', () => {
  const second = { ...finding, id: 'other', severity: 'medium', suspect: null } as const;
  const view = buildView({
    snapshot: snapshotWith({ findings: [finding, second] }),
    playback: buildPlayback(),
    ui: { filter: 'node', arrange: 'command', hidden: ['iomap'], reversed: true },
  });

  it('goes to the moment its first number was largest, the process and the order that show it', () => {
    const { ui, effect } = reduce(view, { type: 'show-finding' });
    expect(effect).toEqual({ type: 'seek', bootUs: NOW_US - 20e6 });
    expect(ui).toMatchObject({
      selectedId: '4003@7000010',
      sort: 'iomap.iter',
      filter: '',
      arrange: 'flat',
      hidden: [],
      reversed: false,
      page: 'table',
    });
    expect(paneOf({ ...view, ui }, 'lanes')).toMatch(/^SIGNALS.*\n(?:\s+[^\n]*\n)?iomap_iter/);
  });

  it('goes on to the next one, and round', () => {
    const titles = [view, press(view), press(press(view)), press(press(press(view)))].map((at) =>
      paneOf(at, 'finding').includes('MEDIUM'),
    );
    expect(titles).toEqual([false, false, true, false]);
  });

  it('has a page that tells all of it', () => {
    const links = [
      {
        leader: { metric: 'iomap.iter', pid: 4003, comm: 'post' },
        follower: { metric: 'psi.io.some_us', pid: null, comm: null },
        ordered: true,
        lagMs: 2000,
        confidence: 0.93,
        seen: 4,
      },
    ];
    const page = buildView({
      snapshot: snapshotWith({ findings: [finding] }),
      links,
      size: { columns: 100, rows: 40 },
      ui: { page: 'finding' },
    });
    const text = paneOf(page, 'main');
    for (const said of [
      'risk: it is rewritten',
      'not measured here: xfs.extents',
      'hurts    python3 (4006)',
      'iomap_iter of post (4003), 2s later io waits: 4 times, 93.0% sure',
    ])
      expect(text).toContain(said);
    const [wide] = composeScreen({
      ...page,
      size: { columns: 160, rows: 40 },
      ui: { ...page.ui, page: 'table' },
    })
      .filter(({ id }) => id === 'lanes')
      .map(({ lines }) => textOf(lines));
    expect(wide).toMatch(/iomap_iter.*► 2s io waits/);
  });
});
