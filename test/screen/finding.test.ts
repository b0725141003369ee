import { beforeAll, describe, expect, it } from 'vitest';
import type { Finding } from '../../src/insight/findings/finding.ts';
import type { IncidentMark, InsightView, SpikeMark, WatchedSnapshot } from '../../src/insight/recognised.ts';
import { composeScreen, layOut } from '../../src/screen/compose.ts';
import { accountsOf } from '../../src/screen/finding/accounts.ts';
import { reduce } from '../../src/screen/reduce.ts';
import type { View } from '../../src/screen/view.ts';
import { buildSnapshot, INSIGHT, row } from '../helpers/snapshot.ts';
import { buildPlayback, buildView, textOf } from '../helpers/view.ts';

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

const snapshotWith = (
  insight: Partial<InsightView>,
  change: Partial<WatchedSnapshot> = {},
): WatchedSnapshot => buildSnapshot({ change: { insight: { ...INSIGHT, ...insight }, ...change } });

/** Nobody waits for anything. */
const calm = (snapshot = buildSnapshot()): View =>
  buildView({
    snapshot: {
      ...snapshot,
      host: { ...snapshot.host, 'psi.io.some_us': { total: 4e7, delta: 2_000 } },
    },
  });

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
        ' HIGH  SEEK_HOLE storm  post␛[31m (4003)  2 of 3 signs  since 14:01:00  for 40s',
        'suffers  python3 (4006)',
        'what     each search walks all extents',
        'evidence 28.5k steps a search; 900ms of each second',
        'fix      xfs_fsr -v FILE (Put it together again; F has all)',
        '         risk: it is rewritten',
      ].join('\n'),
    );
  });

  it('names the file that the suspect has open, where its extents are many', () => {
    const files = [
      { path: '/vm/disk\u001b.qcow2', sizeBytes: 1, extents: 28_495 },
      { path: '/vm/b', sizeBytes: 1, extents: 2 },
    ];
    const view = (extents: number) =>
      buildView({
        snapshot: snapshotWith({
          findings: [{ ...finding, files: files.map((file) => ({ ...file, extents })) }],
        }),
        size: { columns: 140, rows: 40 },
      });
    expect(paneOf(view(28_495), 'finding')).toContain('(4003)  disk␛.qcow2, 28,495 extents  2 of 3 signs');
    expect(paneOf(view(499), 'finding')).not.toContain('disk');
  });

  it('shows every number where they take two lines, and leaves no line empty', () => {
    const snapshot = snapshotWith({ findings: [{ ...finding, victims: [] }] });
    const lines = paneOf(buildView({ snapshot, size: { columns: 44, rows: 40 } }), 'finding').split('\n');
    expect(lines.slice(2, 4).map((line) => line.trim())).toEqual([
      expect.stringMatching(/28\.5k steps a search$/),
      '900ms of each second',
    ]);
    expect(lines).not.toContain('');
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

  it('keeps a finding that is not counted any more, dated, and says so', () => {
    const stood = {
      ...finding,
      startUs: NOW_US - 900e6,
      endUs: NOW_US - 600e6,
      uncountedSinceUs: NOW_US - 598e6,
    };
    const view = buildView({
      snapshot: snapshotWith({ findings: [stood] }),
      size: { columns: 140, rows: 40 },
    });
    expect(paneOf(view, 'finding')).toMatch(
      /^ HIGH, NOT COUNTED NOW {2}SEEK_HOLE storm .*since 13:46:40 {2}not counted since 13:51:42/,
    );
  });

  it('reports several suspects of one thing as one finding', () => {
    const suspects = [1, 2, 3].map((pid) => ({ pid, startMs: 1, comm: 'churn' }));
    const snapshot = snapshotWith({ findings: [{ ...finding, suspect: suspects[0] ?? null, suspects }] });
    const text = paneOf(buildView({ snapshot, size: { columns: 120, rows: 40 } }), 'finding');
    expect(text).toContain('churn (1) and 2 more');
    const others = [...suspects, { pid: 4, startMs: 1, comm: 'unpack' }];
    const two = snapshotWith({ findings: [{ ...finding, suspect: others[0] ?? null, suspects: others }] });
    expect(paneOf(buildView({ snapshot: two, size: { columns: 120, rows: 40 } }), 'finding')).toContain(
      'who      3 churn (1, 2 and others), unpack (4)',
    );
  });

  it('says how many of one name suffer, so that others have room', () => {
    const many = (count: number) =>
      Array.from({ length: count }, (_, at) => ({ pid: 10 + at, startMs: 1, comm: 'imapd' }));
    const suffers = (victims: Finding['victims']): string =>
      paneOf(buildView({ snapshot: snapshotWith({ findings: [{ ...finding, victims }] }) }), 'finding');
    expect(suffers([...many(12), { pid: 9, startMs: 1, comm: 'ledger' }])).toContain(
      'suffers  12 imapd (10, 11 and others), ledger (9)',
    );
    // A finding keeps twenty.
    expect(suffers(many(20))).toContain('suffers  20 imapd (10, 11 and others), and more');
  });

  it('says beside what is worst what else is wrong, who and whom', () => {
    const killed: Finding = {
      ...finding,
      id: 'oom-kill',
      title: 'OOM kill: the kernel killed a process',
      severity: 'medium',
      suspect: null,
      cgroup: '/lab-oom',
      victims: [{ pid: 77, startMs: 1, comm: 'session-api' }],
    };
    const hog: Finding = {
      ...finding,
      id: 'cpu-contention',
      title: 'CPU contention: they wait',
      severity: 'medium',
      suspect: { pid: 50, startMs: 1, comm: 'encoder' },
      victims: [{ pid: 51, startMs: 1, comm: 'cc1' }],
    };
    const page = (findings: readonly Finding[]): string =>
      paneOf(buildView({ snapshot: snapshotWith({ findings }) }), 'finding');
    const text = page([finding, killed, hog]);
    expect(text).toContain('also     OOM kill  cgroup lab-oom  suffers: session-api (77)');
    expect(text).toContain('also     CPU contention  encoder (50)  suffers: cc1 (51)');
    expect(text).toContain('suffers  python3 (4006)');
    expect(text).toContain('risk: it is rewritten');
    // For a while after it is over, and no longer.
    const over = (agoUs: number): string =>
      page([finding, { ...killed, startUs: NOW_US - agoUs - 1e6, endUs: NOW_US - agoUs }]);
    expect(over(30e6)).toMatch(/also {5}OOM kill .*over 30s ago/);
    expect(over(90e6)).not.toContain('also');
    expect(page([finding])).not.toContain('also');
  });

  it('keeps the suspect where the name of a control group is long', () => {
    const cgroup = `/kubepods.slice/${'pod0123456789'.repeat(8)}.scope`;
    const text = paneOf(
      buildView({ snapshot: snapshotWith({ findings: [{ ...finding, cgroup }] }) }),
      'finding',
    );
    expect(text.split('\n')[0]).toContain('most by post');
  });

  it('shows what an advice risks at every height that shows the advice', () => {
    const snapshot = snapshotWith({ findings: [finding] });
    for (let rows = 16; rows <= 50; rows += 1) {
      const text = paneOf(buildView({ snapshot, size: { columns: 100, rows } }), 'finding');
      expect(text.includes('risk: it is rewritten'), `${rows} rows`).toBe(text.includes('xfs_fsr'));
    }
  });

  it('says nothing of failures before anything is traced', () => {
    const view = calm();
    if (view.snapshot === null) throw new Error('no snapshot');
    const header = { ...view.snapshot.header, probes: [] };
    const text = paneOf({ ...view, snapshot: { ...view.snapshot, header } }, 'finding');
    expect(text).toMatch(/^Not traced yet {2}failures are looked for once the probes count/);
  });

  it('says that nothing stands out, and what that is worth', () => {
    expect(paneOf(calm(), 'finding')).toMatch(/^Nothing stands out {2}watching for known failures/);
    expect(paneOf(buildView(), 'finding')).toMatch(
      /^Waiting for I\/O: 61\.2% of the time {2}no known failure/,
    );
    const frozen = calm(snapshotWith({ frozenUs: buildSnapshot().header.clock.bootUs + 60e6 }));
    expect(paneOf(frozen, 'finding')).toContain('baseline frozen since 14:01:00');
    const learning = snapshotWith({ learning: true });
    expect(paneOf(buildView({ snapshot: learning }), 'finding')).toContain(
      'still learning the baseline, 20s more',
    );
  });

  it('says who waits for what and who takes it, though no failure is known', () => {
    const hog = row(0, { comm: 'hog', metrics: { 'proc.cpu_ms': { total: 9_000, delta: 1_700 } } });
    const late = row(1, { comm: 'late', metrics: { 'proc.cpu_wait_ns': { total: 9e9, delta: 2.4e9 } } });
    const worker = row(2, {
      comm: 'kworker/0:1',
      ppid: 2,
      metrics: { 'blocked.ns': { total: 1e9, delta: 1e9 } },
    });
    const ours = row(3, { own: true, metrics: { 'proc.cpu_ms': { total: 9_000, delta: 900 } } });
    const over = row(4, { endedBootUs: 1, metrics: { 'proc.cpu_ms': { total: 9_000, delta: 900 } } });
    const snapshot = buildSnapshot({ rows: [hog, late, worker, ours, over] });
    const lines = paneOf(calm(snapshot), 'finding').split('\n');
    expect(lines.slice(1)).toEqual([
      `suffers  late (${late.pid}) CPU wait 2.4 threads`,
      `takes    hog (${hog.pid}) CPU 170%`,
    ]);
  });

  it('says where in the kernel many threads wait, and whose they are', () => {
    const writer = row(0, { comm: 'mysqld', metrics: { 'blocked.ns': { total: 9e9, delta: 9e9 } } });
    const other = row(1, { comm: 'backup' });
    const channels = [
      { name: 'xlog_grant_head_wait', threads: 12, pids: [writer.pid, other.pid] },
      { name: 'folio_wait_bit_common', threads: 2, pids: [other.pid] },
    ];
    const snapshot = { ...buildSnapshot({ rows: [writer, other] }), waits: { threads: 15, channels } };
    const view = { size: { columns: 140, rows: 40 } };
    const lines = paneOf(buildView({ snapshot, ...view }), 'finding').split('\n');
    expect(lines[2]).toBe(
      `where    12 of 15 in xlog_grant_head_wait: mysqld (${writer.pid}) and others  2 of 15 in folio_wait_bit_common: backup (${other.pid})`,
    );
    const one = { threads: 1, channels: [{ name: 'folio_wait_bit_common', threads: 1, pids: [other.pid] }] };
    const quiet = buildView({ snapshot: { ...snapshot, waits: one }, ...view });
    expect(paneOf(quiet, 'finding')).not.toContain('where');
  });

  it('reports what is over in one line once it is long over', () => {
    const ended = { ...finding, startUs: NOW_US - 2000e6, endUs: NOW_US - 1800e6 };
    expect(paneOf(calm(snapshotWith({ findings: [ended] })), 'finding')).toMatch(
      /^Nothing stands out now {2}SEEK_HOLE storm ended 30m00s ago \(f\)/,
    );
    const recent = { ...finding, endUs: NOW_US - 30e6 };
    expect(paneOf(buildView({ snapshot: snapshotWith({ findings: [recent] }) }), 'finding')).toContain(
      'HIGH, OVER',
    );
  });

  it('describes what has no name: how many signals, the loudest numbers, who did most of it or why nobody', () => {
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
    expect(text).toContain('3 signals rose together  no suspect');
    expect(text).toContain('who      no counted process did most of it');
    const blamed = { ...incident, suspect: { metric: 'iomap.iter', pid: 4006, comm: 'db', share: 0.925 } };
    const accused = snapshotWith({ spikes, incidents: () => [blamed] });
    expect(paneOf(buildView({ snapshot: accused, size: { columns: 120, rows: 30 } }), 'finding')).toContain(
      'db (4006)  did 92.0% of iomap_iter',
    );
    expect(text).toContain('evidence 90/s kswapd wakes of db; 1.00M/s iomap_iter of db; 40.0% io waits');
    // What belongs to a finding is not reported twice.
    const named = snapshotWith({ spikes, incidents: () => [incident], findings: [finding] });
    expect(accountsOf(named, buildView())).toHaveLength(1);
  });

  it('reports in the past of a session what is still ahead, from what is known by now', () => {
    const later = snapshotWith({ findings: [{ ...finding, startUs: NOW_US + 12e6, endUs: NOW_US + 30e6 }] });
    const overview = { ...later, bootUs: NOW_US + 60e6 };
    const view = buildView({ snapshot: snapshotWith({}), overview, size: { columns: 120, rows: 24 } });
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

  it('has a page that says all of it', () => {
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
      'victims  python3 (4006)',
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
