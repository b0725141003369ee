/** What was seen live, and nobody had asked to record: the key r saves what is held too, and the end says how. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { afterAll, afterEach, expect, it } from 'vitest';
import { compile } from '../helpers/compile.ts';
import { describeWith, TRACING } from '../helpers/requires.ts';
import { type ProgramScreen, runInTerminal } from '../helpers/screen.ts';
import { LAUNCHER, runTool, summaryOf } from '../helpers/tool.ts';

const folder = mkdtempSync(join(tmpdir(), 'saving-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const open: ProgramScreen[] = [];
afterEach(() => {
  for (const screen of open.splice(0)) screen.close();
});

const QUIET_MS = 3_000;

const live = (cwd: string): ProgramScreen => {
  const args = ['live', '--probe', 'inode', '-i', '250ms', '--budget', 'off'];
  const screen = runInTerminal(process.execPath, [LAUNCHER, ...args], { columns: 160, rows: 40, cwd });
  open.push(screen);
  return screen;
};

const recordingsIn = (cwd: string): string[] =>
  readdirSync(cwd)
    .filter((name) => name.endsWith('.ndjson.gz'))
    .map((name) => join(cwd, name));

describeWith([...TRACING, 'cc'], 'what was found live', () => {
  it('is saved from its beginning by r and h, or the end says how it could have been', async () => {
    const program = compile(folder, 'churn', readFileSync(resolve('test/fixtures/programs/churn.c'), 'utf8'));
    const place = mkdtempSync('/dev/shm/saving-');
    const [kept, unkept] = [mkdtempSync(join(folder, 'kept-')), mkdtempSync(join(folder, 'unkept-'))];
    const screens = [live(kept), live(unkept)];
    for (const screen of screens) await screen.waitFor('inode/', 60_000);
    // What is usual is learnt first.
    await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
    // For as long as it takes to be found: it is ended with its children.
    const churn = execa(program, [place, '2', '8000', '300'], { reject: false, detached: true });
    try {
      // What it is called depends on what else the machine does.
      for (const screen of screens) await screen.waitFor(/ (MEDIUM|HIGH|CRITICAL) /, 60_000);
      const [first, second] = screens as [ProgramScreen, ProgramScreen];

      first.press('r');
      await first.waitFor(/record: {2}n from now on {2}h also the \d+s held in memory {2}Esc no/);
      first.press('h');
      await first.waitFor(/with the \d+s before this moment/);
      await first.waitFor(/ REC .*\.ndjson\.gz/);
      for (const screen of screens) screen.press('q');
      expect((await first.exited).code).toBe(0);
      await second.exited;
      expect(second.state().scrollback.replaceAll('\n', '')).toMatch(
        /found: .+, by .+ \(PID \d+\).*Nothing of it was recorded; to keep it next time, press r, then h/,
      );
      expect(first.state().scrollback).not.toContain('Nothing of it was recorded');
      expect(readdirSync(unkept)).toEqual([]);
    } finally {
      if (churn.pid !== undefined) process.kill(-churn.pid, 'SIGKILL');
      await churn;
      rmSync(place, { recursive: true, force: true });
    }
    const [file = ''] = recordingsIn(kept);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const { recording, pids } = await summaryOf(file);
    expect(recording.complete).toBe(true);
    // Before the key was pressed it was found already.
    const { stdout } = await runTool(['analyze', file, '--json']);
    const { findings } = JSON.parse(stdout) as { findings: { suspect: { pid: number } | null }[] };
    expect(findings.length).toBeGreaterThan(0);
    expect(pids.map(({ pid }) => pid)).toContain(findings[0]?.suspect?.pid);
  });

  it('goes through no link, and over no file', async () => {
    const cwd = mkdtempSync(join(folder, 'link-'));
    const target = join(folder, 'target');
    // Every name that the next minute could give it.
    for (let second = -2; second < 60; second += 1) {
      const stamp = new Date(Date.now() + second * 1000).toISOString().slice(0, 19).replaceAll(':', '');
      symlinkSync(target, join(cwd, `stallscope-${stamp}.ndjson.gz`));
    }
    const screen = live(cwd);
    await screen.waitFor('inode/', 60_000);
    screen.press('r');
    await screen.waitFor('held in memory');
    screen.press('h');
    await screen.waitFor('no recording was started');
    screen.press('q');
    await screen.exited;
    expect(() => statSync(target)).toThrow('ENOENT');
  });
});
