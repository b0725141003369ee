/** The screen in a real pseudo-terminal: whatever ends the program, the user gets the terminal back. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ProgramScreen, runInTerminal } from '../../helpers/screen.ts';
import { transpile } from '../../helpers/transpile.ts';

let demo = '';
let folder = '';
let program: ProgramScreen | null = null;

beforeAll(() => {
  const built = transpile('screen', [
    'src/core',
    'src/session/store.ts',
    'src/terminal',
    'src/views',
    'src/errors.ts',
    'test/helpers/snapshot.ts',
    'test/fixtures/screen-demo.ts',
  ]);
  demo = join(built, 'test/fixtures/screen-demo.js');
  folder = mkdtempSync(join(tmpdir(), 'screen-'));
});
afterEach(() => {
  program?.close();
  program = null;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const pidFile = (): string => join(folder, 'pid');
const demoPid = (): number => Number(readFileSync(pidFile(), 'utf8'));

/** Runs the demo between two lines of a shell, which tells how the terminal was left. */
const start = (how = 'by-user', size: { columns?: number; rows?: number } = {}): ProgramScreen => {
  rmSync(pidFile(), { force: true });
  program = runInTerminal(
    'sh',
    ['-c', `echo BEFORE; "$NODE" "$DEMO" ${how}; echo "status $?"; stty -a; echo BACK`],
    {
      ...size,
      env: { NODE: process.execPath, DEMO: demo, PID_FILE: pidFile(), NODE_ENV: 'production', TZ: 'UTC' },
    },
  );
  return program;
};

const expectRestored = async (screen: ProgramScreen): Promise<string> => {
  await screen.waitFor('BACK');
  const { altScreen, cursorHidden, scrollback } = screen.state();
  expect(altScreen).toBe(false);
  expect(cursorHidden).toBe(false);
  expect(scrollback).toMatch(/^BEFORE\n/);
  expect(scrollback).not.toContain('PROCESSES');
  // stty prints a leading minus for what is off.
  expect(scrollback).toMatch(/[\s;]icanon/);
  expect(scrollback).toMatch(/[\s;]isig/);
  expect(scrollback).toMatch(/\secho\s/);
  return scrollback;
};

describe('a real terminal', () => {
  it('is filled, follows keys and sizes, and is given back by q', async () => {
    const screen = start();
    await screen.waitFor('q quit');
    expect(screen.state()).toMatchObject({ altScreen: true, cursorHidden: true });
    screen.press('?');
    await screen.waitFor('this help');
    screen.press('\x1b');
    await screen.waitFor('PROCESSES 40');
    for (const [columns, rows] of [
      [40, 10],
      [200, 60],
      [21, 6],
      [100, 30],
    ] as const)
      screen.resize(columns, rows);
    await screen.waitFor(/stallscope {2}live[\s\S]*q quit/);
    expect(screen.screenText().split('\n')).toHaveLength(30);
    screen.press('q');
    expect(await expectRestored(screen)).toContain('ended: quit\nstatus 0');
  });

  it('is given back by Ctrl-C', async () => {
    const screen = start();
    await screen.waitFor('q quit');
    screen.press('\x03');
    expect(await expectRestored(screen)).toContain('ended: interrupted\nstatus 0');
  });

  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('is given back after %s', async (signal) => {
    const screen = start();
    await screen.waitFor('q quit');
    process.kill(demoPid(), signal);
    expect(await expectRestored(screen)).toContain('ended: interrupted');
  });

  it.each([
    ['throws', 'thrown on purpose'],
    ['rejects', 'rejected on purpose'],
    ['exits', 'status 7'],
  ])('is given back when the program %s, and what it said can be read', async (how, said) => {
    const screen = start(how, { rows: 60 });
    expect(await expectRestored(screen)).toContain(said);
  });

  it('ends with the terminal it was shown on', async () => {
    const screen = start();
    await screen.waitFor('q quit');
    const pid = demoPid();
    screen.close();
    const deadline = performance.now() + 3000;
    while (existsSync(`/proc/${pid}`)) {
      if (performance.now() > deadline) throw new Error(`process ${pid} outlived its terminal`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  });

  it('is lent to the shell by Ctrl-Z and taken again by fg', async () => {
    rmSync(pidFile(), { force: true });
    program = runInTerminal('bash', ['--norc', '--noprofile', '-i'], {
      env: {
        NODE: process.execPath,
        DEMO: demo,
        PID_FILE: pidFile(),
        NODE_ENV: 'production',
        PS1: 'prompt> ',
      },
    });
    const screen = program;
    await screen.waitFor('prompt>');
    screen.press('"$NODE" "$DEMO"\r');
    await screen.waitFor('q quit');
    screen.press('\x1a');
    await screen.waitFor('Stopped');
    expect(screen.state()).toMatchObject({ altScreen: false, cursorHidden: false });
    screen.press('fg\r');
    await screen.waitFor(/stallscope {2}live[\s\S]*q quit/);
    expect(screen.state()).toMatchObject({ altScreen: true, cursorHidden: true });
    screen.press('?');
    await screen.waitFor('this help');
    screen.press('q');
    await screen.waitFor('ended: quit');
    expect(screen.state()).toMatchObject({ altScreen: false, cursorHidden: false });
    // What the shell had on it is all that is on it: no frame was painted while the terminal was the shell's.
    expect(screen.screenText()).not.toContain('q quit');
  });
});
