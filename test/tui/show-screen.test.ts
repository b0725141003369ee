/** The screen's life in one process: keys to frames, data to frames, resize, and every way out. */
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createTextStore } from '../../src/screen/text-store.ts';
import type { Playback } from '../../src/session/playback.ts';
import { createSnapshotStore } from '../../src/session/store.ts';
import { type ScreenOptions, type ShownScreen, showScreen } from '../../src/tui/show-screen.ts';
import { beginLive } from '../helpers/live.ts';
import { momentOf } from '../helpers/moment.ts';
import { buildSnapshot, HEADER, row } from '../helpers/snapshot.ts';
import { createFakeTerminal, type FakeTerminal, waitUntil } from '../helpers/terminal.ts';
import { buildPlayback } from '../helpers/view.ts';

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

const start = (options: Partial<ScreenOptions> = {}, columns = 80, rows = 24) => {
  const terminal = createFakeTerminal(columns, rows);
  const store = createSnapshotStore();
  const screen = showScreen({
    store,
    mode: 'live',
    stdin: terminal.stdin,
    stdout: terminal.stdout,
    env: { LANG: 'C.UTF-8' },
    ...options,
  });
  open.push(screen);
  return { terminal, store, screen };
};

const shows = (terminal: FakeTerminal, what: string | RegExp, timeoutMs?: number): Promise<void> =>
  waitUntil(
    async () => {
      const text = await terminal.text();
      return typeof what === 'string' ? text.includes(what) : what.test(text);
    },
    () => terminal.text(),
    timeoutMs,
  );

/** What is due now has been read, rendered and written. */
const rendered = async (): Promise<void> => {
  for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

const restored = (terminal: FakeTerminal): void => {
  expect(terminal.alternate()).toBe(false);
  expect(terminal.rawMode()).toBe(false);
  expect(terminal.writes.at(-1)).toContain('\x1b[?25h\x1b[?1049l');
};

describe('the way in', () => {
  it('says what it waits for, then shows the first snapshot', async () => {
    const status = createTextStore('attaching 5 probes');
    const { terminal, store } = start({ status });
    await shows(terminal, 'attaching 5 probes');
    status.set('attached 3 of 5');
    await shows(terminal, 'attached 3 of 5');
    store.set(buildSnapshot());
    await shows(terminal, 'qemu-img');
  });

  it('keeps what was on the terminal before', async () => {
    const terminal = createFakeTerminal(80, 24);
    terminal.stdout.write('$ uname -r\r\n6.12.48\r\n$ stallscope\r\n');
    const store = createSnapshotStore();
    store.set(buildSnapshot({ processes: 200 }));
    const screen = showScreen({
      store,
      mode: 'live',
      stdin: terminal.stdin,
      stdout: terminal.stdout,
      env: { LANG: 'C.UTF-8' },
    });
    await shows(terminal, 'q quit');
    for (let frame = 0; frame < 20; frame += 1) terminal.resize(60 + frame, 10 + frame);
    terminal.press('q');
    expect(await screen.done).toBe('quit');
    await waitUntil(
      () => !terminal.alternate(),
      () => terminal.text(),
    );
    expect(await terminal.scrollback()).toBe('$ uname -r\n6.12.48\n$ stallscope');
  });
});

describe('every way out restores the terminal', () => {
  it.each([
    ['q', 'quit'],
    ['\x03', 'interrupted'],
  ] as const)('key %j', async (key, how) => {
    const { terminal, store, screen } = start();
    store.set(buildSnapshot());
    await shows(terminal, 'q quit');
    expect(terminal.alternate()).toBe(true);
    expect(terminal.rawMode()).toBe(true);
    terminal.press(key);
    expect(await screen.done).toBe(how);
    await terminal.text();
    restored(terminal);
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s', async (signal) => {
    const { terminal, screen } = start();
    process.emit(signal);
    expect(await screen.done).toBe('interrupted');
    await terminal.text();
    restored(terminal);
    expect(process.listeners(signal).length).toBe(0);
  });

  it('a terminal that goes away', async () => {
    const { terminal, screen } = start();
    terminal.stdout.emit('error', Object.assign(new Error('write EIO'), { code: 'EIO' }));
    expect(await screen.done).toBe('output-closed');
    terminal.stdout.emit('error', new Error('write EIO'));
    await terminal.text();
    restored(terminal);
  });

  it('a bug while drawing, which is then the caller’s to report', async () => {
    const { terminal, store, screen } = start();
    open.pop();
    const caught = screen.done.catch((error: unknown) => error);
    const fails = (): never => {
      throw new Error('history is broken');
    };
    const spans = { countedUs: fails, procReadUs: fails, hostUs: fails };
    const history = { host: fails, all: fails, row: fails, times: fails, ...spans };
    store.set(buildSnapshot({ change: { history } }));
    expect(await caught).toMatchObject({ message: 'history is broken' });
    await terminal.text();
    restored(terminal);
  });

  it('close(), any number of times, also before the first frame', async () => {
    const { terminal, store, screen } = start();
    screen.close();
    screen.close();
    expect(await screen.done).toBe('quit');
    await terminal.text();
    restored(terminal);
    const written = terminal.writes.length;
    store.set(buildSnapshot());
    terminal.press('?');
    await rendered();
    expect(terminal.writes.length).toBe(written);
  });
});

describe('frames', () => {
  it('follow the terminal through a storm of sizes', async () => {
    const { terminal, store } = start();
    store.set(buildSnapshot({ processes: 100 }));
    await shows(terminal, 'q quit');
    for (let step = 0; step < 60; step += 1)
      terminal.resize(20 + ((step * 37) % 180), 5 + ((step * 13) % 55));
    terminal.resize(100, 30);
    await shows(terminal, /qemu-img[^\n]*\n[\s\S]*q quit/);
    const lines = (await terminal.text()).split('\n');
    expect(lines).toHaveLength(30);
    expect(lines[0]).toContain('stallscope  live');
    expect(lines[29]).toContain('q quit');
  });

  it('resume with the latest when a clogged terminal drains', async () => {
    const { terminal, store } = start();
    store.set(buildSnapshot());
    await shows(terminal, 'q quit');
    terminal.clog();
    terminal.press('?');
    await shows(terminal, 'HELP');
    const written = terminal.writes.length;
    terminal.press('i');
    await rendered();
    expect(terminal.writes.length).toBe(written);
    terminal.drain();
    await shows(terminal, 'SESSION');
  });

  it('are painted anew by Ctrl-L', async () => {
    const { terminal, store } = start();
    store.set(buildSnapshot());
    await shows(terminal, 'q quit');
    terminal.stdout.write('\x1b[1;1Hsomebody else wrote here');
    await shows(terminal, 'somebody else');
    terminal.press('\x0c');
    await shows(terminal, /^stallscope {2}live/);
  });
});

describe('what the user does', () => {
  it.each([
    [80, 24],
    [160, 45],
  ])('at %i by %i shows numbers of two samples when told to, and of one again', async (columns, rows) => {
    const moment = (sample: number) => momentOf('01-seek-hole-storm', sample);
    const { terminal, store } = start({}, columns, rows);
    store.set(moment(40));
    await shows(terminal, 'qemu-mirror');
    terminal.press('-');
    await shows(terminal, 'start with -i for less');
    terminal.press('+');
    await shows(terminal, 'numbers of 2s');
    const before = await terminal.text();
    store.set(moment(41));
    await rendered();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect((await terminal.text()).split('\n')[0]).toBe(before.split('\n')[0]);
    store.set(moment(42));
    await shows(terminal, /live 41s {2}numbers of 2s/);
    terminal.press('-');
    await shows(terminal, 'numbers of each sample');
    store.set(moment(43));
    await shows(terminal, /^stallscope {2}live 42s {2}\d\d:/);
  });

  it('filters, holds the view while collecting goes on, and lets go', async () => {
    const { terminal, store } = start();
    store.set(buildSnapshot({ processes: 12 }));
    await shows(terminal, 'PROCESSES 12');
    terminal.press('/');
    terminal.press('postgres');
    await shows(terminal, 'filter: postgres');
    terminal.press('\r');
    await shows(terminal, 'PROCESSES 2 of 12');
    terminal.press('\x1b');
    await shows(terminal, 'PROCESSES 12');
  });

  it('holds live tracing still and steps back in it while collecting goes on, and follows again', async () => {
    const { live, shown, playback, take: handOn } = beginLive(HEADER);
    const take = (seq: number): Promise<void> => {
      const bootUs = HEADER.clock.bootUs + seq * 1_000_000;
      const cost = { cpuMs: 0, rssBytes: 1e6, tracerCpuMs: 0, tracerRssBytes: 0, mapBytes: 0 };
      const counters = { 'iomap.iter': Array.from({ length: seq }, (_, pid) => [100 + pid, seq]) };
      const sample = { seq, bootUs, epoch: 0, counted: true, full: false, counters, host: {}, self: cost };
      return handOn({ type: 'sample', ...sample });
    };
    for (let seq = 0; seq < 12; seq += 1) await take(seq);
    const { terminal } = start({ store: shown, overview: live, playback });
    await shows(terminal, 'PROCESSES 11');
    terminal.press(' ');
    await shows(terminal, 'HELD');
    await take(12);
    await shows(terminal, 'PAST');
    expect(await terminal.text()).toContain('PROCESSES 11');
    terminal.press('h');
    await shows(terminal, 'PROCESSES 10');
    terminal.press('T[');
    await shows(terminal, /PROCESSES 0 /);
    await take(13);
    terminal.press('L');
    await shows(terminal, 'PROCESSES 13');
    await shows(terminal, /^stallscope {2}live/);
  });

  it('marks, records and writes the view through what it is given, and says what came of it', async () => {
    const calls: string[] = [];
    const file = createTextStore();
    const { terminal, store } = start({
      mark: (text) => {
        calls.push(`mark ${text}`);
        return null;
      },
      record: {
        file,
        toggle: (from) => {
          calls.push(`record from ${from}`);
          file.set(file.get() === '' ? '/tmp/x.ndjson' : '');
          return 'recording to /tmp/x.ndjson';
        },
      },
      exportView: ({ as, text }, { samples }) => {
        calls.push(`export ${as}, ${text.split('\n').length} lines of sample ${samples}`);
        expect(text).not.toContain('write this view as');
        return 'wrote view.txt';
      },
    });
    store.set(buildSnapshot());
    await shows(terminal, 'q quit');
    terminal.press('m');
    terminal.press('restarted\r');
    await shows(terminal, 'marked: restarted');
    terminal.press('r');
    await shows(terminal, /recording to .* REC \/tmp\/x\.ndjson/);
    terminal.press('r');
    await shows(terminal, /recording to [^R]*$/m);
    for (const key of ['\r', 't', 's', 'h']) {
      terminal.press('e');
      await shows(terminal, /write this view as: {2}t text {2}s SVG {2}h HTML/);
      terminal.press(key);
      await shows(terminal, 'wrote view.txt');
    }
    terminal.press('e');
    await shows(terminal, 'write this view as');
    terminal.press('\x1b');
    await shows(terminal, 'q quit');
    expect(calls.slice(0, 5)).toEqual([
      'mark restarted',
      'record from now',
      'record from now',
      'export text, 25 lines of sample 100',
      'export text, 25 lines of sample 100',
    ]);
    expect(calls.slice(5).map((call) => call.split(',')[0])).toEqual(['export svg', 'export html']);
  });

  it('says of what it was not given that it cannot be done', async () => {
    const { terminal, store } = start();
    store.set(buildSnapshot());
    await shows(terminal, 'q quit');
    terminal.press('r');
    await shows(terminal, 'start the session with -o FILE');
    terminal.press('m');
    terminal.press('x\r');
    await shows(terminal, 'marks cannot be kept here');
    terminal.press(' ');
    await shows(terminal, 'there is no history to show');
  });

  it('asks about the process whose page is open, and counts pieces of files only when asked to', async () => {
    const asked: string[] = [];
    const { terminal, store } = start(
      {
        inspect: async (pid, _startMs, { extents: wantExtents }) => {
          asked.push(`${pid} ${wantExtents}`);
          const extents = wantExtents ? 28_495 : null;
          return {
            pid,
            user: 'libvirt',
            state: 'S',
            waitChannel: null,
            kernelStack: [],
            stackProblem: null,
            threads: null,
            files: [
              {
                path: '/images/db17.raw',
                sizeBytes: 2 ** 30,
                extents,
                isLeast: false,
                fileSystem: 'xfs',
                problem: null,
              },
            ],
            moreFiles: 0,
            filesProblem: null,
          };
        },
      },
      100,
      60,
    );
    store.set(buildSnapshot());
    await shows(terminal, 'q quit');
    expect(asked).toEqual([]);
    terminal.press('\r');
    await shows(terminal, /db17\.raw +1\.00GiB\s*$/m);
    terminal.press('x');
    await shows(terminal, /db17\.raw +1\.00GiB +28,495/);
    expect(asked).toEqual(['4000 false', '4000 true']);
  });

  it('stays on the selected process as values change', async () => {
    const { terminal, store } = start();
    const rows = Array.from({ length: 8 }, (_, rank) => row(rank));
    store.set(buildSnapshot({ rows }));
    await shows(terminal, 'q quit');
    terminal.press('\x1b[B\x1b[B');
    await shows(terminal, />\s+4006/);
    const swapped = rows.map((one, rank) =>
      rank === 2 ? row(0, { id: one.id, pid: one.pid, comm: one.comm }) : one,
    );
    store.set(
      buildSnapshot({
        rows: swapped.map((one, rank) => (rank === 0 ? row(5, { id: one.id, pid: one.pid }) : one)),
      }),
    );
    await shows(terminal, />\s+4006 [^\n]*137/);
  });

  it('drives a replay', async () => {
    const calls: string[] = [];
    const listeners = new Set<() => void>();
    let state = buildPlayback();
    const playback: Playback = {
      state: () => state,
      subscribe: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      toggle: () => {
        state = { ...state, playing: !state.playing };
        for (const listener of listeners) listener();
      },
      step: (samples) => calls.push(`step ${samples}`),
      seek: (bootUs) => calls.push(`seek ${bootUs}`),
      setSpeed: (speed) => calls.push(`speed ${speed}`),
    };
    const { terminal, store } = start({ mode: 'replay', playback, title: 'storm.ndjson' });
    store.set(buildSnapshot());
    await shows(terminal, '‖ ×1 14:01:40');
    terminal.press(' ');
    await shows(terminal, '▶ ×1');
    terminal.press('\x1b[D');
    terminal.press('\x1b[1;2C');
    terminal.press('+');
    terminal.press(':');
    terminal.press('14:02:00');
    await shows(terminal, 'jump to: 14:02:00');
    terminal.press('\r');
    await vi.waitFor(() => expect(calls).toEqual(['step -1', 'step 10', 'speed 2', 'seek 7320000000']));
  });
});
