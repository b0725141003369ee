/** What is chosen on the screen, in a real terminal on the built tool: columns, findings, and what the mouse points at. */
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
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
  await screen.waitFor('PROCESSES', 40_000);
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
    await until(() => existsSync(file) && readFileSync(file, 'utf8').includes('always'), 5_000);
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
    await screen.waitFor('PROCESSES', 40_000);
    screen.press(' ');
    screen.press('a');
    await screen.waitFor('FINDINGS ─');
  });
});
