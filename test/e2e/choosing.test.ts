/** What is chosen on the screen, in a real terminal on the built tool: columns, findings, and what the mouse points at. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { examples } from '../helpers/examples.ts';
import { type ProgramScreen, runInTerminal } from '../helpers/screen.ts';
import { LAUNCHER } from '../helpers/tool.ts';
import { until } from '../helpers/until.ts';

let state = '';
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'choosing-'));
});
const screens: ProgramScreen[] = [];
afterEach(() => {
  for (const screen of screens.splice(0)) screen.close();
  rmSync(state, { recursive: true, force: true });
});

const SIZES = [
  [80, 24],
  [160, 45],
] as const;

const UP = '\x1b[A';

/** A recording that stands still, with its finding ahead. */
const replay = async (
  [columns, rows]: readonly [number, number],
  env: Readonly<Record<string, string>> = {},
): Promise<ProgramScreen> => {
  const screen = runInTerminal(process.execPath, [LAUNCHER, 'replay', examples[0] ?? '', '--from', '+20s'], {
    columns,
    rows,
    env: { XDG_STATE_HOME: state, ...env },
  });
  screens.push(screen);
  await screen.waitFor('PROCESSES');
  screen.press(' ');
  await screen.waitFor('‖');
  return screen;
};

describe('columns', () => {
  it.each(SIZES)('at %i by %i: to sort by, to show always, and remembered', async (...size) => {
    const screen = await replay(size);
    screen.press('s');
    await screen.waitFor(/COLUMNS ─[\s\S]*>[^\n]*order by itself/);
    screen.press('\x1b[F');
    await screen.waitFor(/>[^\n]* automatic /);
    const [, id] = />.* automatic +(\S.{5,16}?)(\/s| {2})/.exec(screen.screenText()) ?? [];
    screen.press(' ');
    await screen.waitFor(/>[^\n]* always /);
    screen.press('\x1b');
    await screen.waitFor(new RegExp(`PID [^\\n]*${id}`));
    screen.press('s');
    screen.press('\x1b[H');
    screen.press('\x1b[B');
    await screen.waitFor(/>[^\n]* PID/);
    screen.press('\r');
    await screen.waitFor(/▲PID/);
    screen.press('q');
    expect((await screen.exited).code).toBe(0);

    const file = join(state, 'stallscope', 'columns.json');
    await until(() => existsSync(file) && readFileSync(file, 'utf8').includes('always'));
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const again = await replay(size);
    expect(again.screenText()).toMatch(new RegExp(`PID [^\\n]*${id}`));
    expect(again.screenText()).not.toContain('▲PID');
    again.press(`s${UP}`);
    await again.waitFor('COLUMNS ─');
  });

  it('say that they are not remembered where they cannot be', async () => {
    const screen = await replay([80, 24], { XDG_STATE_HOME: '/dev/null/none' });
    screen.press('s\x1b[F');
    await screen.waitFor(/>[^\n]* automatic /);
    screen.press(' ');
    await screen.waitFor('the columns are not remembered: /dev/null/none');
  });
});

describe('findings', () => {
  it.each(SIZES)('at %i by %i: listed with when and who, gone to, and copied', async (...size) => {
    const screen = await replay(size);
    screen.press('a');
    await screen.waitFor(
      /FINDINGS ─[\s\S]*> now +HIGH +15:56:50 +\d+s {2}SEEK_HOLE storm +qemu-mirror \(7012\)/,
    );
    screen.press('Y');
    await screen.waitFor('command copied, if the terminal takes it (OSC 52)');
    screen.press('y');
    await screen.waitFor('finding copied, if the terminal takes it (OSC 52)');
    screen.press('\r');
    await screen.waitFor(/> {1,2}7012 +qemu-mirror/);
    screen.press('q');
    expect((await screen.exited).code).toBe(0);
    const { scrollback } = screen.state();
    expect(scrollback).toContain('find -L /proc/7012/fd -maxdepth 1');
    expect(scrollback).toContain('HIGH  SEEK_HOLE storm');
    expect(scrollback).toContain('stallscope explain seek-hole-storm');
    const copied = screen.copied();
    expect(copied).toHaveLength(2);
    expect(copied[0]).toMatch(/^find -L \/proc\/7012\/fd[^\n]*$/);
    expect(copied[1]).toMatch(/Linux \d[\s\S]*who {6}qemu-mirror \(7012\)[\s\S]*risk: /);
  });

  it('are none before there is one, and there is nothing to copy', async () => {
    const screen = runInTerminal(process.execPath, [LAUNCHER, 'replay', examples[3] ?? '', '--from', '+2s'], {
      env: { XDG_STATE_HOME: state },
    });
    screens.push(screen);
    await screen.waitFor('PROCESSES');
    screen.press(' ');
    screen.press('a');
    await screen.waitFor('FINDINGS ─');
  });
});

const at = (screen: ProgramScreen, text: string): { x: number; y: number } => {
  const lines = screen.screenText().split('\n');
  const y = lines.findIndex((line) => line.includes(text));
  return { x: (lines[y]?.indexOf(text) ?? 0) + 1, y: y + 1 };
};
const click = (screen: ProgramScreen, text: string): void => {
  const { x, y } = at(screen, text);
  screen.press(`\x1b[<0;${x};${y}M\x1b[<0;${x};${y}m`);
};

describe('function keys and the mouse', () => {
  it.each(SIZES)('at %i by %i', async (...size) => {
    const screen = await replay(size);
    screen.press('\x1bOP');
    await screen.waitFor('HELP ─');
    screen.press('\x1b[<65;5;12M');
    await screen.waitFor(/HELP ─[^\n]*\n(?!Everywhere)/);
    screen.press('\x1b');
    await screen.waitFor('PROCESSES');
    click(screen, '7015  session-store');
    await screen.waitFor(/>\s+7015 {2}session-store/);
    click(screen, '7015  session-store');
    await screen.waitFor('PROCESS ─');
    screen.press('\x1b');
    await screen.waitFor('PROCESSES');
    click(screen, 'COMMAND');
    await screen.waitFor('▲COMMAND');
    click(screen, '▲COMMAND');
    await screen.waitFor('▼COMMAND');
    screen.press('\x1b[17~');
    await screen.waitFor('COLUMNS ─');
    click(screen, 'order by itself');
    click(screen, 'order by itself');
    await screen.waitFor(/PROCESSES[\s\S]*▼seek time/);
    screen.press('M');
    await screen.waitFor('the mouse selects text');
    expect(screen.state().mouse).toBe(false);
    screen.press('M');
    await screen.waitFor('the mouse points at');
    expect(screen.state().mouse).toBe(true);
    screen.press('\x1b[21~');
    expect((await screen.exited).code).toBe(0);
    expect(screen.state()).toMatchObject({ mouse: false, altScreen: false });
  });

  it('is left alone where the settings say so', async () => {
    const folder = join(state, 'stallscope');
    mkdirSync(folder);
    writeFileSync(join(folder, 'config.json'), '{"mouse":false}');
    const screen = await replay([80, 24], { XDG_CONFIG_HOME: state });
    expect(screen.state().mouse).toBe(false);
  });
});
