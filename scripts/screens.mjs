// npm run screens: draws the main screens of every bundled recording, as they really are, into docs/screens/*.svg.
//
// The built tool's own screen runs over a recording on a terminal emulator of three sizes, keys are pressed, and the
// emulator's cells become SVG: the same every time (UTC, a fixed sample, no costs of this machine), so that a change of
// the screen is a change of these files. `--check` writes nothing and fails when one is not current; a name or part of
// one as an argument draws only those.
import { EventEmitter } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import xterm from '@xterm/headless';
import { requireBuild } from './built.mjs';
import { svgOf } from './svg.mjs';

process.env.NODE_ENV = 'production';
process.env.TZ = 'UTC';
requireBuild();
const root = new URL('../', import.meta.url);
const built = (path) => import(new URL(`dist/${path}`, root).href);
const { openRecording } = await built('recording/read/recording.js');
const { createCursor } = await built('session/cursor.js');
const { playRecording } = await built('session/play.js');
const { createSnapshotStore } = await built('session/store.js');
const { showScreen } = await built('tui/show-screen.js');

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

// Each screen listens for signals while it is shown, and many are shown at once.
process.setMaxListeners(0);
const settled = (terminal) => new Promise((resolve) => terminal.write('', resolve));
/** What is due now is done: the key was read, React has rendered, Ink has written. */
const turn = () => new Promise((resolve) => setTimeout(() => setImmediate(resolve), 0));
const LINKS_SHOWN_MS = 350;

/** A replay that stands still at its second sample; keys move it at once. */
const stillReplay = (recording, whole) => {
  const store = createSnapshotStore();
  const overview = createSnapshotStore();
  overview.set(whole);
  const fromUs = recording.timeOf(1);
  const playback = playRecording({ recording, store, fromUs, speed: 1, playing: false });
  return { store, overview, playback };
};

const terminalOf = (columns, rows) => {
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
  return { terminal, stdin, stdout };
};

const draw = async (replay, { keys, columns, rows, theme, title }) => {
  const { terminal, stdin, stdout } = terminalOf(columns, rows);
  const screen = showScreen({
    ...replay,
    mode: 'replay',
    stdin,
    stdout,
    theme,
    env: { LANG: 'C.UTF-8', TERM: 'xterm-256color' },
  });
  await turn();
  for (const key of keys) {
    stdin.write(key);
    await turn();
  }
  // Links are computed after a frame that could show them, and shown in the next that is due.
  await new Promise((resolve) => setTimeout(resolve, LINKS_SHOWN_MS));
  await turn();
  await settled(terminal);
  const svg = svgOf(terminal, theme, title);
  screen.close();
  await screen.done;
  return svg;
};

/** What is to be drawn of a recording. */
const wanted = (name) =>
  SCREENS.flatMap((screen) =>
    SIZES.flatMap((size) =>
      THEMES.filter((theme) => WANTED(name, screen, size, theme)).map((theme) => ({
        file: `${name}-${screen.name}-${size.join('x')}-${theme}.svg`,
        title: `stallscope, ${name}: ${screen.name}`,
        keys: screen.keys,
        columns: size[0],
        rows: size[1],
        theme,
      })),
    ),
  ).filter(({ file }) => only.length === 0 || only.some((part) => file.includes(part)));

const folder = new URL('docs/screens/', root);
const put = (file, svg) => {
  const path = new URL(file, folder);
  if (!check) writeFileSync(path, svg);
  else if (!existsSync(path) || readFileSync(path, 'utf8') !== svg) {
    console.error(`docs/screens/${file} is not current: npm run screens`);
    process.exitCode = 1;
  }
};

mkdirSync(folder, { recursive: true });
const examples = readdirSync(new URL('examples/', root))
  .filter((name) => /\.ndjson(\.gz)?$/.test(name))
  .sort();
const drawn = new Set();
for (const example of examples) {
  const screens = wanted(example.replace(/\.ndjson(\.gz)?$/, ''));
  if (screens.length === 0) continue;
  const recording = openRecording(new URL(`examples/${example}`, root).pathname);
  const whole = createCursor(recording).moveTo(recording.samples());
  // Period by side: most of drawing one is waiting for it.
  await Promise.all(
    screens.map(async (screen) => {
      put(screen.file, await draw(stillReplay(recording, whole), screen));
      drawn.add(screen.file);
    }),
  );
  recording.close();
}
for (const file of only.length === 0 ? readdirSync(folder) : []) {
  if (drawn.has(file)) continue;
  console.error(`docs/screens/${file} is a screen of nothing that is bundled`);
  process.exitCode = 1;
}
console.error(`${drawn.size} screens ${check ? 'compared' : 'drawn'}`);
