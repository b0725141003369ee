/** The built tool in a real terminal: what is shown, and that the terminal is handed back on every way out. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { describeWith, TRACING } from '../helpers/requires.ts';
import { type ProgramScreen, runInTerminal } from '../helpers/screen.ts';
import { LAUNCHER } from '../helpers/tool.ts';
import { until } from '../helpers/until.ts';

const EXAMPLES = resolve('examples');
const example = (): string =>
  join(
    EXAMPLES,
    readdirSync(EXAMPLES)
      .filter((name) => /\.ndjson(\.gz)?$/.test(name))
      .sort()[0] ?? 'none',
  );

const BACK = 'the shell is back';
const screens: ProgramScreen[] = [];

/** Through a shell, as users start it: its last words prove that the terminal works as before. */
const run = (
  args: readonly string[],
  size: { columns?: number; rows?: number } = {},
  env: Record<string, string> = {},
) => {
  const words = [process.execPath, LAUNCHER, ...args].map((word) => `'${word}'`).join(' ');
  const screen = runInTerminal(
    '/bin/sh',
    // Before the screen takes over the keyboard Ctrl-C is a signal, to this shell too, which has to outlive it.
    ['-c', `trap : INT; echo before; ${words}; echo "exit $?"; stty -a; echo ${BACK}; sleep 30`],
    {
      ...size,
      env,
    },
  );
  screens.push(screen);
  return screen;
};

const expectRestored = async (screen: ProgramScreen, status: number): Promise<void> => {
  await screen.waitFor(BACK, 60_000);
  const { altScreen, cursorHidden, mouse, scrollback } = screen.state();
  expect({ altScreen, cursorHidden, mouse }).toEqual({ altScreen: false, cursorHidden: false, mouse: false });
  expect(scrollback).toContain('before');
  expect(scrollback).toContain(`exit ${status}`);
  // Cooked input again: lines are edited, typed characters shown, Ctrl-C a signal.
  expect(scrollback).toMatch(/(^|\s)icanon\b/m);
  expect(scrollback).toMatch(/(^|\s)echo\b/m);
  expect(scrollback).toMatch(/(^|\s)isig\b/m);
};

afterEach(() => {
  for (const screen of screens.splice(0)) screen.close();
});

describe('replay in a terminal', () => {
  it('shows a recording at any size, and leaves the terminal as it was', async () => {
    const screen = run(['replay', example()], { columns: 40, rows: 10 });
    await screen.waitFor('REPLAY');
    expect(screen.state()).toMatchObject({ altScreen: true, cursorHidden: true, mouse: true });
    for (const [columns, rows] of [
      [100, 30],
      [21, 6],
      [200, 60],
      [80, 24],
    ] as const)
      screen.resize(columns, rows);
    await screen.waitFor(/REPLAY[\s\S]*q quit/);
    expect(screen.screenText().split('\n')).toHaveLength(24);
    screen.press('q');
    await expectRestored(screen, 0);
    expect(screen.state().scrollback).not.toContain('PROCESSES');
  });

  it('plays, pauses, steps, jumps, opens a process and comes back', async () => {
    const screen = run(['replay', example()], { columns: 100, rows: 30 });
    await screen.waitFor('PROCESSES');
    screen.press(' ');
    await screen.waitFor('‖');
    screen.press(':');
    screen.press('+10s\r');
    await screen.waitFor(/\+(9|10)s/);
    screen.press('\x1b[C');
    await screen.waitFor(/\+(10|11)s/);
    screen.press('\x1b[D');
    await screen.waitFor(/\+(9|10)s/);
    screen.press('\r');
    await screen.waitFor(/pid \d+/);
    screen.press('\x1b');
    await screen.waitFor('PROCESSES');
    screen.press('?');
    await screen.waitFor('Everywhere');
    screen.press('q');
    await expectRestored(screen, 0);
  });

  it.each([
    ['Ctrl-C', (screen: ProgramScreen) => screen.press('\x03'), 130],
    ['SIGINT', (screen: ProgramScreen) => signalTool(screen, 'SIGINT'), 130],
    ['SIGTERM', (screen: ProgramScreen) => signalTool(screen, 'SIGTERM'), 143],
    ['SIGHUP', (screen: ProgramScreen) => signalTool(screen, 'SIGHUP'), 129],
    ['SIGQUIT', (screen: ProgramScreen) => signalTool(screen, 'SIGQUIT'), 131],
  ] as const)('hands the terminal back on %s', async (_name, end, status) => {
    const screen = run(['replay', example()]);
    await screen.waitFor('REPLAY');
    end(screen);
    await expectRestored(screen, status);
  });

  it.each([
    ['throws', 70, /a crash made on purpose[\s\S]*This is a bug/],
    ['rejects', 70, /a rejection made on purpose[\s\S]*This is a bug/],
    ['exits', 7, /exit 7/],
  ])('hands the terminal back when something %s, and then says what happened', async (how, status, said) => {
    const preload = resolve('test/fixtures/programs/crash-on-signal.cjs');
    const screen = run(
      ['replay', example()],
      { rows: 60 },
      { NODE_OPTIONS: `--require ${preload}`, STALLSCOPE_CRASH: how },
    );
    await screen.waitFor('REPLAY');
    signalTool(screen, 'SIGUSR2');
    await expectRestored(screen, status);
    expect(screen.state().scrollback).toMatch(said);
  });

  it('ends with the terminal it was shown on', async () => {
    const screen = run(['replay', example()]);
    await screen.waitFor('REPLAY');
    const pid = childOf(screen.pid);
    expect(pid).not.toBeNull();
    screen.close();
    await until(() => !existsSync(`/proc/${pid}`));
  });

  it.each([
    ['on the screen', ['replay', example()], 'REPLAY'],
    ['as lines', ['replay', example(), '--json', '--speed', '0.01'], '"type":"session"'],
  ])('ends with status 129 when its terminal vanishes, %s', async (_name, args, shown) => {
    const folder = mkdtempSync(join(tmpdir(), 'vanished-'));
    const status = join(folder, 'status');
    const words = [process.execPath, LAUNCHER, ...args].map((word) => `'${word}'`).join(' ');
    // The shell that is killed leads the session: its terminal goes with it. The other one outlives the hang-up.
    const script = `(trap : HUP; ${words}; echo $? >'${status}.new'; mv '${status}.new' '${status}'); sleep 30`;
    const screen = runInTerminal('/bin/sh', ['-c', script], { columns: 400, rows: 50 });
    screens.push(screen);
    await screen.waitFor(shown);
    screen.close();
    await until(() => existsSync(status));
    expect(readFileSync(status, 'utf8')).toBe('129\n');
    rmSync(folder, { recursive: true });
  });

  it('lends the terminal to the shell on Ctrl-Z and takes it again on fg', async () => {
    const words = [process.execPath, LAUNCHER, 'replay', example()].map((word) => `'${word}'`).join(' ');
    const screen = runInTerminal('bash', ['--norc', '--noprofile', '-i'], { env: { PS1: 'prompt> ' } });
    screens.push(screen);
    await screen.waitFor('prompt>');
    screen.press(`${words}; echo "exit $?"\r`);
    await screen.waitFor('q quit');
    screen.press('\x1a');
    await screen.waitFor('Stopped');
    expect(screen.state()).toMatchObject({ altScreen: false, cursorHidden: false });
    screen.press('fg\r');
    await screen.waitFor(/REPLAY[\s\S]*q quit/);
    expect(screen.state()).toMatchObject({ altScreen: true, cursorHidden: true, mouse: true });
    screen.press('?');
    await screen.waitFor('this help');
    screen.press('q');
    await screen.waitFor(/fg\s[\s\S]*prompt>/);
    expect(screen.state()).toMatchObject({ altScreen: false, cursorHidden: false });
    // What the shell had on it is all that is on it: no frame was painted while the terminal was the shell's.
    expect(screen.screenText()).not.toContain('q quit');
  });

  it('shows no screen and no colour where the output is no terminal', async () => {
    const screen = runInTerminal('/bin/sh', [
      '-c',
      `'${process.execPath}' '${LAUNCHER}' replay '${example()}' | cut -c1-70 | head -3; echo ${BACK}`,
    ]);
    screens.push(screen);
    await screen.waitFor(BACK);
    expect(screen.state()).toMatchObject({ altScreen: false, cursorHidden: false });
    expect(screen.screenText()).toContain('"type":"session"');
  });
});

describeWith(TRACING, 'live in a terminal', () => {
  it('traces this machine, shows what is attached, and detaches on q', async () => {
    const screen = run(['live', '--probe', 'iomap', '-i', '500ms'], { columns: 120, rows: 40 });
    await screen.waitFor(/live[\s\S]*iomap\//, 60_000);
    screen.press('q');
    await expectRestored(screen, 0);
  });

  it('shows who lives while the probes are being attached, and then counts', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'attaching-'));
    // However late this process is, none is attached while the gate is there.
    const gate = join(folder, 'gate');
    const gated = join(folder, 'bpftrace');
    writeFileSync(gate, '');
    const script = `[ "$1" = --version ] || while [ -e ${gate} ]; do sleep 0.1; done; exec bpftrace "$@"`;
    writeFileSync(gated, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    const env = { STALLSCOPE_BPFTRACE: gated };
    const screen = run(['live', '--probe', 'iomap'], { columns: 120, rows: 40 }, env);
    await screen.waitFor(/ATTACHING[\s\S]*PROCESSES [1-9]/, 60_000);
    expect(screen.screenText()).toContain('no probe counts yet');
    // Nothing is kept of it: there is nothing to hold, and nowhere to go back to.
    screen.press(' ');
    screen.press('\x1b[D');
    rmSync(gate);
    await screen.waitFor(/stallscope {2,}live[\s\S]*iomap\//, 60_000);
    expect(screen.screenText()).not.toContain('ATTACHING');
    screen.press('q');
    await expectRestored(screen, 0);
    rmSync(folder, { recursive: true });
  });

  it('hands the terminal back on Ctrl-C while it attaches', async () => {
    const screen = run(['live']);
    await screen.waitFor('attaching', 60_000);
    screen.press('\x03');
    await expectRestored(screen, 130);
  });

  it('shows what a command printed after the screen is gone, and passes its status on', async () => {
    const screen = run(
      ['live', '--probe', 'iomap', '--', '/bin/sh', '-c', 'echo said by the command; sleep 1; exit 7'],
      {
        columns: 100,
        rows: 30,
      },
    );
    await expectRestored(screen, 7);
    expect(screen.state().scrollback).toContain('said by the command');
  });
});

/** The tool is the shell's only child. */
const signalTool = (screen: ProgramScreen, signal: NodeJS.Signals): void => {
  const child = childOf(screen.pid);
  if (child === null) throw new Error('the tool does not run');
  process.kill(child, signal);
};

const childOf = (pid: number): number | null => {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readChildren(`/proc/${pid}/task/${task}/children`),
  );
  return children[0] ?? null;
};

const readChildren = (file: string): number[] =>
  readFileSync(file, 'utf8').split(' ').filter(Boolean).map(Number);
