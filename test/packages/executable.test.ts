/** The executable, alone in a folder, where no Node can be found: what needs no root as a user, the rest as root. */
import { chmodSync, copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readDoc, root } from '../docs/sections.ts';
import { describeWith, TRACING } from '../helpers/requires.ts';
import { runInTerminal } from '../helpers/screen.ts';
import { tracersGone } from '../helpers/tool.ts';
import { until } from '../helpers/until.ts';
import { asNobody } from './nobody.ts';

let folder = '';
let program = '';
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'stallscope-executable-'));
  chmodSync(folder, 0o755);
  program = join(folder, 'stallscope');
  await execa(process.execPath, ['scripts/executable.mjs'], { cwd: root });
  copyFileSync(join(root, 'dist', `stallscope-linux-${process.arch}`), program);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** No Node on the PATH. */
const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', TERM: 'xterm-256color' };

const start = (args: readonly string[], through: readonly string[] = []) => {
  const [file = '', ...words] = [...through, program, ...args];
  return execa(file, words, { cwd: folder, extendEnv: false, env, reject: false, stdin: 'ignore' });
};

describe('the executable', () => {
  it('knows its version, carries what the one file carries, and the licence of Node', async () => {
    const { version } = JSON.parse(readDoc('package.json')) as { version: string };
    expect((await start(['--version'])).stdout).toBe(version);
    expect((await start(['about', 'man'])).stdout).toBe(readDoc('docs/stallscope.1').trimEnd());
    const licences = (await start(['about', 'licences'])).stdout;
    for (const one of ['Apache License', 'ink 6.', `Node.js ${process.versions.node}`, 'Copyright Joyent'])
      expect(licences).toContain(one);
  });

  it('replays, sums up and makes a page, as a user', async () => {
    const through = process.getuid?.() === 0 ? asNobody : [];
    const demo = await start(['demo', '--json', '--speed', 'max'], through);
    expect(demo, demo.stderr).toMatchObject({ exitCode: 0, stderr: '' });
    expect(demo.stdout.split('\n').length).toBeGreaterThan(50);
    expect((await start(['summary', 'bundled:seek-hole-storm'], through)).stdout).toContain('48,500,192');
    expect((await start(['report', 'bundled:leaks', '-o', '-'], through)).stdout).toContain('uPlot');
    expect(await start(['become-listener'], through)).toMatchObject({ exitCode: 2 });
  });

  it('shows the demo on a terminal', async () => {
    const screen = runInTerminal(program, ['demo'], { columns: 100, rows: 30, env, cwd: folder });
    try {
      await screen.waitFor(/REPLAY[\s\S]*q quit/);
      screen.press('q');
      expect(await screen.exited).toMatchObject({ code: 0 });
    } finally {
      screen.close();
    }
  });
});

describeWith(TRACING, 'the executable, tracing', () => {
  it('counts exactly what a command does, and replays it', async () => {
    const file = join(folder, 'out.ndjson');
    const command = ['sh', '-c', `cd ${folder} && : > a && : > b && : > c`];
    const end = await start(['record', '-o', file, '--probe', 'inode', '--', ...command]);
    expect(end, end.stderr).toMatchObject({ exitCode: 0 });
    const { stdout } = await start(['summary', file, '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      recording: { complete: true },
      totals: { 'inode.create': 3 },
    });
    const replayed = await start(['replay', file, '--json', '--speed', 'max']);
    expect(replayed.stdout.split('\n').length).toBeGreaterThan(1);
  });

  it('traces live and listens as a process of its own, without root there, and leaves nothing', async () => {
    const tool = start(['live', '--json', '--probe', 'kswapd', '--listen', '0', '-d', '30s']);
    let said = '';
    tool.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    await until(() => /http\S+/.test(said), 20_000);
    const page = async (): Promise<string> => (await fetch(/http\S+/.exec(said)?.[0] ?? '')).text();
    await expect.poll(page, { timeout: 20_000 }).toContain('stallscope_kswapd');
    const [listener = ''] = listeners();
    expect(readFileSync(`/proc/${listener}/status`, 'utf8')).toMatch(/^Uid:\t(?!0\t)/m);
    tool.kill('SIGINT');
    expect((await tool).exitCode).toBe(130);
    await tracersGone(tool.pid ?? -1);
    await until(() => listeners().length === 0);
  });

  const listeners = (): string[] =>
    readdirSync('/proc').filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8') === `${program}\0become-listener\0`;
      } catch {
        return false;
      }
    });
});
