/**
 * Other hosts on a real terminal: a real sshd, real ssh, real bpftrace. One host on its screen, as it is locally; several in a
 * list; and of the one that falls silent, since when.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { describeWith, TRACING } from '../helpers/requires.ts';
import { type ProgramScreen, runInTerminal } from '../helpers/screen.ts';
import { type Sshd, startSshd } from '../helpers/sshd.ts';
import { LAUNCHER, runTool, summaryOf } from '../helpers/tool.ts';

const NEEDS = [...TRACING, 'ssh', 'sshd'] as const;
const LONG_MS = 60_000;

let dir: string;
let sshd: Sshd;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'stallscope-hosts-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));
beforeEach(async () => {
  sshd = await startSshd();
});
const screens: ProgramScreen[] = [];
afterEach(() => {
  for (const screen of screens.splice(0)) screen.close();
  sshd.close();
});

const watch = (hosts: string, ...args: readonly string[]): ProgramScreen => {
  const screen = runInTerminal(
    process.execPath,
    [LAUNCHER, 'live', '--host', hosts, '--probe', 'inode', '-i', '500ms', ...args],
    { columns: 100, rows: 24, env: sshd.env, cwd: dir },
  );
  screens.push(screen);
  return screen;
};

/** The terminal is as it was. */
const expectRestored = (screen: ProgramScreen): void => {
  const { altScreen, cursorHidden, mouse } = screen.state();
  expect({ altScreen, cursorHidden, mouse }).toEqual({ altScreen: false, cursorHidden: false, mouse: false });
};

describeWith(NEEDS, 'one host in a terminal', () => {
  it('is on the same screen as this one, and says since when it is silent', async () => {
    const screen = watch('target');
    await screen.waitFor(/live \d+s[\s\S]*ssh target, clock [+-]\d+±\d+ms[\s\S]*PROCESSES/, LONG_MS);
    expect(screen.screenText()).not.toContain('all hosts');
    screen.press('U');
    await screen.waitFor('one host is watched');
    screen.press('i');
    await screen.waitFor(/SESSION[\s\S]*host +\S+, Linux/);
    screen.press('i');
    await screen.waitFor('PROCESSES');
    // The link falls silent: sshd goes on, and passes nothing on.
    const those = sshd.processes().filter((pid) => pid !== sshd.pid);
    for (const pid of those) process.kill(pid, 'SIGSTOP');
    await screen.waitFor(/NOTHING FROM target FOR \d+s/, LONG_MS);
    for (const pid of those) if (existsSync(`/proc/${pid}`)) process.kill(pid, 'SIGCONT');
    screen.press('q');
    const { code } = await screen.exited;
    expect(code).toBe(0);
    expectRestored(screen);
  });
});

describeWith(NEEDS, 'several hosts in a terminal', () => {
  it('are a list; one is entered and left; one that fails ends none of the others', async () => {
    const screen = watch('target,target-2,nobody-there');
    await screen.waitFor(
      /^>target +(?!waiting)\S+.*\n target-2 +(?!waiting)\S+.*\n nobody-there +FAILED/m,
      LONG_MS,
    );
    await screen.waitFor(/3 hosts[\s\S]*1 not watched/);
    screen.press('jj');
    await screen.waitFor(/^>nobody-there[\s\S]*Try it by itself/m);
    screen.press('k\r');
    await screen.waitFor(/ssh target-2, clock[\s\S]*PROCESSES/);
    // What is chosen there is there again.
    screen.press('c');
    await screen.waitFor(/minor faults(?!\/s)/);
    screen.press('U');
    await screen.waitFor(/^>target-2/m);
    screen.press('\r');
    await screen.waitFor(/PROCESSES[\s\S]*minor faults(?!\/s)/);
    screen.press('U');
    await screen.waitFor(/^>target-2/m);
    screen.press('q');
    const { code } = await screen.exited;
    const { scrollback } = screen.state();
    // Of the one that could not be reached.
    expect(code, scrollback).toBe(6);
    expect(scrollback).toContain('nobody-there: ssh to nobody-there failed');
    expectRestored(screen);
  });

  it('say which of them is silent, and since when, while the others go on', async () => {
    const other = await startSshd();
    try {
      const screen = runInTerminal(
        process.execPath,
        [LAUNCHER, 'live', '--host', 'target,other', '--probe', 'inode', '-i', '500ms'],
        { columns: 100, rows: 24, env: sshd.with('other', other), cwd: dir },
      );
      screens.push(screen);
      await screen.waitFor(/^>target +(?!waiting)\S+.*\n other +(?!waiting)\S+/m, LONG_MS);
      const those = other.processes().filter((pid) => pid !== other.pid);
      for (const pid of those) process.kill(pid, 'SIGSTOP');
      await screen.waitFor(/^ other +SILENT +\d\d:\d\d:\d\d nothing heard/m, LONG_MS);
      expect(screen.screenText()).toMatch(/1 silent/);
      expect(screen.screenText()).not.toMatch(/^>target +SILENT/m);
      for (const pid of those) if (existsSync(`/proc/${pid}`)) process.kill(pid, 'SIGCONT');
      screen.press('q');
      await screen.exited;
      expectRestored(screen);
    } finally {
      other.close();
    }
  });
});

describeWith(NEEDS, 'several hosts recorded', () => {
  it('are a file each, and one replay', async () => {
    const out = join(dir, 'out.ndjson');
    const args = ['--probe', 'inode', '-i', '500ms', '-d', '3s', '-o', out];
    const { code, stderr } = await runTool(['record', '--host', 'target,target-2,nobody-there', ...args], {
      env: sshd.env,
    });
    expect(code, stderr).toBe(6);
    expect(stderr).toMatch(/^stallscope: nobody-there: ssh to nobody-there failed/m);
    const files = ['target', 'target-2'].map((name) => join(dir, `out.${name}.ndjson`));
    expect(existsSync(join(dir, 'out.nobody-there.ndjson'))).toBe(false);
    for (const file of files) {
      const { recording } = await summaryOf(file);
      expect(recording.complete).toBe(true);
      expect(recording.samples).toBeGreaterThan(0);
      expect(readFileSync(file, 'utf8')).toContain('"remote":{"hostname":"target');
    }
    const played = await runTool(['replay', ...files, '--json']);
    const ends = played.stdout.split('\n').filter((line) => line.includes('"type":"end"'));
    expect(ends.map((line) => JSON.parse(line).on)).toEqual(['target', 'target-2']);
  });
});

describeWith(['linux', 'ssh', 'sshd'], 'nobody to reach', () => {
  it('is an error for each, and a status', async () => {
    const { code, stderr } = await runTool(
      ['record', '--host', 'nobody-there,nobody-there-either', '-o', join(dir, 'none.ndjson')],
      { env: sshd.env },
    );
    expect(code).toBe(6);
    expect(stderr.match(/^stallscope: nobody-there(-either)?: ssh to \S+ failed/gm)).toHaveLength(2);
  });
});
