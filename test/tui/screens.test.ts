/** Whole screens of a recording as a reader sees them: real Ink, real painter, real terminal emulator, fixed clock and sizes. */
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ProbeInUse } from '../../src/core/record.ts';
import type { WatchedSnapshot } from '../../src/insight/recognised.ts';
import { createSnapshotStore } from '../../src/session/store.ts';
import { type ScreenOptions, type ShownScreen, showScreen } from '../../src/tui/show-screen.ts';
import { momentOf } from '../helpers/moment.ts';
import { headerOf, metricOf, START_US, sampleOf, snapshotAfter } from '../helpers/stream.ts';
import { createFakeTerminal, type FakeTerminal, waitUntil } from '../helpers/terminal.ts';
import { buildPlayback } from '../helpers/view.ts';

beforeAll(() => {
  process.env.TZ = 'UTC';
});

/** In the middle of a real storm of seeks. */
const STORM = momentOf('01-seek-hole-storm', 40);

const open: ShownScreen[] = [];
afterEach(async () => {
  for (const screen of open.splice(0)) {
    screen.close();
    await screen.done;
  }
});

const show = (
  columns: number,
  rows: number,
  options: Partial<ScreenOptions> & { snapshot?: WatchedSnapshot } = {},
) => {
  const terminal = createFakeTerminal(columns, rows);
  const { snapshot = STORM, ...rest } = options;
  const store = createSnapshotStore();
  store.set(snapshot);
  open.push(
    showScreen({
      store,
      mode: 'live',
      stdin: terminal.stdin,
      stdout: terminal.stdout,
      env: { LANG: 'C.UTF-8' },
      ...rest,
    }),
  );
  return { terminal, store };
};

const shows = (terminal: FakeTerminal, what: string | RegExp): Promise<void> =>
  waitUntil(
    async () => {
      const text = await terminal.text();
      return typeof what === 'string' ? text.includes(what) : what.test(text);
    },
    () => terminal.text(),
  );

const still = {
  state: () =>
    buildPlayback({
      startUs: STORM.header.clock.bootUs,
      endUs: STORM.bootUs + 19e6,
      positionUs: STORM.bootUs,
    }),
  subscribe: () => () => {},
  toggle: () => {},
  step: () => {},
  seek: () => {},
  setSpeed: () => {},
};

const golden = async (terminal: FakeTerminal, name: string): Promise<void> =>
  expect(`${await terminal.text()}\n`).toMatchFileSnapshot(`__screens__/${name}.txt`);

describe('screens', () => {
  for (const [columns, rows] of [
    [40, 10],
    [80, 24],
    [200, 60],
  ] as const) {
    it(`live, ${columns}x${rows}`, async () => {
      const { terminal } = show(columns, rows);
      await shows(terminal, 'q quit');
      await golden(terminal, `live-${columns}x${rows}`);
    });

    it(`replay, ${columns}x${rows}`, async () => {
      const { terminal } = show(columns, rows, { mode: 'replay', playback: still, title: 'storm.ndjson' });
      await shows(terminal, '100/200');
      await golden(terminal, `replay-${columns}x${rows}`);
    });

    it(`detail, ${columns}x${rows}`, async () => {
      const { terminal } = show(columns, rows);
      await shows(terminal, 'q quit');
      terminal.press('\r');
      await shows(terminal, 'running');
      await golden(terminal, `detail-${columns}x${rows}`);
    });
  }

  it('help, 80x24', async () => {
    const { terminal } = show(80, 24);
    await shows(terminal, 'q quit');
    terminal.press('?');
    await shows(terminal, 'this help');
    await golden(terminal, 'help-80x24');
  });

  it('trouble, 80x24: losses, gaps, a refused probe, numbers that are not exact', async () => {
    const bootUs = START_US + 3_500_000;
    const kswapd: ProbeInUse = {
      ...{ id: 'kswapd', variant: null, state: 'refused' },
      reason: 'tracepoint vmscan:mm_vmscan_wakeup_kswapd is absent',
    };
    const header = headerOf();
    const iter = (count: number) => ({ 'iomap.iter': [[4711, count]] });
    const snapshot = snapshotAfter(
      [
        { type: 'process', bootUs: START_US, pid: 4711, startMs: 500, comm: 'qemu-mirror' },
        sampleOf(0, iter(0), { full: true }),
        sampleOf(1, iter(28_496)),
        { type: 'loss', bootUs, kind: 'map-full', count: 1, metric: 'iomap.iter', detail: '64 of 64 keys' },
        {
          type: 'gap',
          bootUs,
          fromBootUs: START_US + 2_500_000,
          reason: 'bpftrace ended: killed by SIGSEGV',
        },
        sampleOf(4, iter(56_992), { epoch: 1 }),
      ],
      {
        ...header,
        probes: [...header.probes, kswapd],
        metrics: [...header.metrics, metricOf('kswapd.wakeups', { lane: true })],
      },
    );
    const { terminal } = show(80, 24, { snapshot });
    await shows(terminal, 'map full');
    await golden(terminal, 'trouble-80x24');
  });

  it('without UTF-8 is drawn in ASCII only', async () => {
    const { terminal } = show(80, 24, { env: { LANG: 'C' } });
    await shows(terminal, 'q quit');
    expect(await terminal.text()).toMatch(/^[\x20-\x7e\n]*$/);
    await golden(terminal, 'ascii-80x24');
  });

  it('with NO_COLOR uses weight and reversal only', async () => {
    const { terminal } = show(80, 24, { env: { LANG: 'C.UTF-8', NO_COLOR: '1' } });
    await shows(terminal, 'q quit');
    const styles = [...terminal.writes.join('').matchAll(/\x1b\[([\d;]*)m/g)].flatMap(([, codes]) =>
      (codes ?? '').split(';'),
    );
    const allowed = new Set(['', '0', '1', '7', '22', '27']);
    expect(styles.filter((code) => !allowed.has(code))).toEqual([]);
  });
});
