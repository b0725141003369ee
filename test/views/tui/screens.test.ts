/** Whole screens as a reader sees them: real Ink, real painter, real terminal emulator, fixed clock and sizes. */
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Snapshot } from '../../../src/core/snapshot.ts';
import { createSnapshotStore } from '../../../src/session/store.ts';
import { type ScreenOptions, type ShownScreen, showScreen } from '../../../src/views/tui/show-screen.tsx';
import { buildSnapshot } from '../../helpers/snapshot.ts';
import { createFakeTerminal, type FakeTerminal, waitUntil } from '../../helpers/terminal.ts';
import { buildPlayback } from '../../helpers/view.ts';

beforeAll(() => {
  process.env.TZ = 'UTC';
});

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
  options: Partial<ScreenOptions> & { snapshot?: Snapshot } = {},
) => {
  const terminal = createFakeTerminal(columns, rows);
  const { snapshot = buildSnapshot({ processes: 30 }), ...rest } = options;
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
  state: () => buildPlayback(),
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
    const { coverage } = buildSnapshot();
    const snapshot = buildSnapshot({
      processes: 8,
      change: {
        coverage: {
          ...coverage,
          'iomap.iter': { coverage: 'lower-bound', reasons: ['the map was full'] },
          'kswapd.wakeups': { coverage: 'not-covered', reasons: ['kswapd is refused'] },
        },
        losses: {
          lostEvents: 0,
          mapFull: ['iomap.iter'],
          rejectedLines: 0,
          unknownMessages: 0,
          byKind: { 'map-full': 1 },
          gaps: [{ fromBootUs: 7_210_000_000, toBootUs: 7_214_000_000, reason: 'bpftrace ended' }],
        },
        probes: [
          { id: 'iomap', variant: 'tracepoint', state: 'attached' },
          {
            id: 'kswapd',
            variant: null,
            state: 'refused',
            reason: 'tracepoint vmscan:mm_vmscan_wakeup_kswapd is absent',
          },
        ],
      },
    });
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
