// npm run screens: draws the main screens of every bundled recording, as they really are, into docs/screens/*.svg.
//
// The built tool's own screen runs over a recording on a terminal emulator of three sizes, keys are pressed, and the
// emulator's cells become SVG: the same every time (UTC, a fixed sample, no costs of this machine), so that a change of
// the screen is a change of these files. `--check` writes nothing and fails when one is not current; a name or part of
// one as an argument draws only those.
import { EventEmitter } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import xterm from '@xterm/headless';
import { svgOf } from './svg.mjs';

process.env.NODE_ENV = 'production';
process.env.TZ = 'UTC';
const root = new URL('../', import.meta.url);
const built = (path) => import(new URL(`dist/${path}`, root).href);
const { openRecording } = await built('sources/recording.js');
const { createCursor, sampleAt } = await built('session/replay.js');
const { createSnapshotStore } = await built('session/store.js');
const { showScreen } = await built('views/tui/show-screen.js');

const SIZES = [
  [40, 10],
  [80, 24],
  [160, 45],
];
const THEMES = ['dark', 'light'];

/** Screens of a recording: the keys that lead to each. */
const SCREENS = [
  { name: 'first', keys: [] },
  { name: 'finding', keys: ['f'] },
  { name: 'about', keys: ['f', 'F'] },
  { name: 'process', keys: ['f', '\r'] },
  { name: 'groups', keys: ['f', 'v', 'v'] },
];
/** Beside the first and the finding, the others are the same in every recording and size: once is enough. */
const WANTED = (recording, { name }, [columns], theme) =>
  name === 'first' ||
  name === 'finding' ||
  (recording.startsWith('01') && columns === 80 && theme === 'dark');

const only = process.argv.slice(2).filter((word) => !word.startsWith('-'));
const check = process.argv.includes('--check');

const settled = (terminal) => new Promise((resolve) => terminal.write('', resolve));
const frame = () => new Promise((resolve) => setTimeout(resolve, 30));

/** A replay that stands still at a sample; keys move it at once. */
const stillReplay = (recording) => {
  const times = recording.sampleTimesUs;
  const cursor = createCursor(recording);
  const store = createSnapshotStore();
  const overview = createSnapshotStore();
  overview.set(createCursor(recording).moveTo(times.length));
  const listeners = new Set();
  const show = (sample) => {
    store.set(cursor.moveTo(sample));
    for (const listener of listeners) listener();
  };
  show(1);
  const playback = {
    state: () => ({
      startUs: recording.header.clock.bootUs,
      endUs: times.at(-1),
      positionUs: times[Math.max(0, cursor.position())],
      sample: Math.max(0, cursor.position()),
      samples: times.length,
      playing: false,
      speed: 1,
    }),
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    toggle: () => {},
    step: (samples) => show(cursor.position() + samples),
    seek: (bootUs) => show(sampleAt(times, bootUs)),
    setSpeed: () => {},
  };
  return { store, overview, playback };
};

const draw = async (recording, keys, [columns, rows], theme) => {
  const terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true });
  const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode() {}, ref() {}, unref() {} });
  const stdout = Object.assign(new EventEmitter(), {
    isTTY: true,
    writable: true,
    columns,
    rows,
    write: (text) => {
      terminal.write(text);
      return true;
    },
  });
  const screen = showScreen({
    ...stillReplay(recording),
    mode: 'replay',
    stdin,
    stdout,
    theme,
    env: { LANG: 'C.UTF-8', TERM: 'xterm-256color' },
  });
  await frame();
  for (const key of keys) {
    stdin.write(key);
    await frame();
  }
  // Links are computed after a frame that could show them, and shown in the next that is due.
  await new Promise((resolve) => setTimeout(resolve, 350));
  await settled(terminal);
  const svg = svgOf(terminal, theme, `stallscope, ${columns} × ${rows}`);
  screen.close();
  await screen.done;
  return svg;
};

const folder = new URL('docs/screens/', root);
mkdirSync(folder, { recursive: true });
const examples = readdirSync(new URL('examples/', root))
  .filter((name) => /\.ndjson(\.gz)?$/.test(name))
  .sort();
let drawn = 0;
for (const example of examples) {
  const name = example.replace(/\.ndjson(\.gz)?$/, '');
  const recording = openRecording(new URL(`examples/${example}`, root).pathname);
  for (const screen of SCREENS) {
    for (const size of SIZES) {
      for (const theme of THEMES) {
        const file = `${name}-${screen.name}-${size.join('x')}-${theme}.svg`;
        if (!WANTED(name, screen, size, theme)) continue;
        if (only.length > 0 && !only.some((part) => file.includes(part))) continue;
        const svg = await draw(recording, screen.keys, size, theme);
        drawn += 1;
        const path = new URL(file, folder);
        if (!check) writeFileSync(path, svg);
        else if (readFileSync(path, 'utf8') !== svg) {
          console.error(`docs/screens/${file} is not current: npm run screens`);
          process.exitCode = 1;
        }
      }
    }
  }
  recording.close();
}
console.error(`${drawn} screens ${check ? 'compared' : 'drawn'}`);
