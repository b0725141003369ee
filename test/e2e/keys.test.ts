/** Every key of the table, pressed in a real terminal on the built tool: none ends it, none draws nonsense, each is known. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KEYS } from '../../src/screen/keys/keys.ts';
import { examples } from '../helpers/examples.ts';
import { type ProgramScreen, runInTerminal } from '../helpers/screen.ts';
import { LAUNCHER } from '../helpers/tool.ts';
import { until } from '../helpers/until.ts';

const BYTES: Readonly<Record<string, string>> = {
  up: '\x1b[A',
  down: '\x1b[B',
  right: '\x1b[C',
  left: '\x1b[D',
  'shift-left': '\x1b[1;2D',
  'shift-right': '\x1b[1;2C',
  pageup: '\x1b[5~',
  pagedown: '\x1b[6~',
  home: '\x1b[H',
  end: '\x1b[F',
  enter: '\r',
  esc: '\x1b',
  backspace: '\x7f',
  space: ' ',
  tab: '\t',
  'ctrl-c': '\x03',
  'ctrl-l': '\x0c',
  'ctrl-u': '\x15',
  'ctrl-z': '\x1a',
  f1: '\x1bOP',
  f4: '\x1bOS',
  f6: '\x1b[17~',
  f10: '\x1b[21~',
};
const bytesOf = (key: string): string => BYTES[key] ?? key;
/** These hand the terminal back, and have tests of their own. */
const LEAVING = new Set(['quit', 'interrupt', 'input-interrupt', 'suspend']);

let folder = '';
let screen: ProgramScreen;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'keys-'));
  screen = runInTerminal(process.execPath, [LAUNCHER, 'replay', examples[0] ?? '', '--speed', '0.1'], {
    columns: 120,
    rows: 40,
    cwd: folder,
  });
  await screen.waitFor('AHEAD');
});
afterAll(() => {
  screen.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Where a context is, from the table. */
const WAY: Readonly<Record<string, readonly [readonly string[], string]>> = {
  anywhere: [[], 'PROCESSES'],
  table: [[], 'PROCESSES'],
  replay: [[], 'PROCESSES'],
  signals: [['tab'], '>SIGNALS'],
  page: [['?'], 'HELP'],
  list: [['s'], 'COLUMNS ─'],
  columns: [['s'], 'COLUMNS ─'],
  findings: [['a'], 'FINDINGS ─'],
  input: [['/'], 'filter: '],
};

const ARRANGEMENT = /PROCESSES|PROCESS TREE|COMMANDS|CGROUPS|CONTAINERS|PARENTS/;
const arrangement = (): string | undefined => ARRANGEMENT.exec(screen.screenText())?.[0];

describe('every key, in a terminal', () => {
  const pressed = KEYS.filter(({ id, where }) => !LEAVING.has(id) && where !== 'live');
  it.each(pressed.map((binding) => [`${binding.where}: ${binding.id}`, binding] as const))(
    '%s',
    async (_, binding) => {
      const [way, place] = WAY[binding.where] ?? [[], ''];
      for (const key of binding.keys) {
        for (const step of way) screen.press(bytesOf(step));
        await screen.waitFor(place);
        screen.press(bytesOf(key));
        // Out of whatever it opened; Esc alone is reported from the beginning of an arrow by a pause.
        for (const away of ['\x1b', '\x1b']) {
          await new Promise((resolve) => setTimeout(resolve, 60));
          screen.press(away);
        }
        await new Promise((resolve) => setTimeout(resolve, 60));
        if (screen.screenText().includes('>SIGNALS')) screen.press('\t');
        await screen.waitFor(ARRANGEMENT);
        expect(screen.screenText()).not.toContain('is not a key here');
        expect(screen.state().altScreen).toBe(true);
      }
      // What changed the arrangement is changed back, so that the next key finds processes.
      for (let turn = 0; turn < 6 && arrangement() !== 'PROCESSES'; turn += 1) {
        const before = arrangement();
        screen.press('v');
        await until(() => ![before, undefined].includes(arrangement()));
      }
      await screen.waitFor('PROCESSES');
    },
  );

  it.each([
    ['t', '.txt'],
    ['s', '.svg'],
    ['h', '.html'],
  ])('and e, then %s, writes the view as %s', async (key, ending) => {
    screen.press('e');
    await screen.waitFor('write this view as');
    screen.press(key);
    await screen.waitFor(`${ending}, and this`);
    const [name = ''] = readdirSync(folder).filter((one) => one.endsWith(ending));
    expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
    const text = readFileSync(join(folder, name), 'utf8');
    expect(text).toContain('REPLAY');
    expect(text).not.toContain('write this view as');
  });

  it('and q ends it', async () => {
    screen.press('q');
    expect((await screen.exited).code).toBe(0);
  });
});
