/** The one file, alone in a folder, as somebody carries it to a host: nothing of the repository is beside it. */
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requireBuild } from '../../scripts/built.mjs';
import { readDoc } from '../docs/sections.ts';
import { describeWith, TRACING } from '../helpers/requires.ts';
import { tracersGone } from '../helpers/tool.ts';
import { until } from '../helpers/until.ts';

requireBuild();

let folder = '';
let file = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'stallscope-bundle-'));
  file = join(folder, 'stallscope.mjs');
  copyFileSync(resolve('dist/stallscope.mjs'), file);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Without the environment of the tests, which says how React is to be run. */
const start = (args: readonly string[], before: readonly string[] = []) =>
  execa(process.execPath, [...before, file, ...args], {
    cwd: folder,
    extendEnv: false,
    env: { PATH: process.env.PATH ?? '', DEV: 'true' },
    reject: false,
    stdin: 'ignore',
    stripFinalNewline: false,
  });

describe('the one file', () => {
  it('knows its version and holds no tools of React’s, and no place of a checkout', async () => {
    const { version } = JSON.parse(readDoc('package.json')) as { version: string };
    expect((await start(['--version'])).stdout).toBe(`${version}\n`);
    const text = readFileSync(file, 'utf8');
    expect(text).not.toMatch(/connectToDevTools|WebSocketServer|node_modules\/ws\b/);
    expect(text).not.toContain(resolve('.'));
  });

  it('carries recordings, runbooks, probes, the manual page, licences and what a report is made of', async () => {
    expect((await start(['summary', 'bundled:seek-hole-storm'])).stdout).toContain('48,500,192');
    const demo = await start(['demo', '--json', '--speed', 'max', 'leaks']);
    expect(demo).toMatchObject({ exitCode: 0, stderr: '' });
    expect(demo.stdout.split('\n').length).toBeGreaterThan(50);
    expect((await start(['explain', 'swap-storm'])).stdout).toBe(readDoc('docs/runbooks/swap-storm.md'));
    expect((await start(['about', 'man'])).stdout).toBe(readDoc('docs/stallscope.1'));
    const licences = (await start(['about', 'licences'])).stdout;
    for (const one of ['Apache License', 'ink 6.', 'zod 4.', 'uplot 1.', 'react 19.'])
      expect(licences).toContain(one);
    const shown = await start(['probes', 'show', 'kswapd', '--json']);
    const { scripts } = JSON.parse(shown.stdout) as { scripts: { variant: string; script: string }[] };
    const script = scripts.find(({ variant }) => variant === 'tracepoint')?.script;
    expect(script).toBe(readDoc('probes/kswapd/tracepoint.bt'));
    const page = await start(['report', 'bundled:01-seek-hole-storm', '-o', '-']);
    expect(page.stdout).toContain(readDoc('assets/report/page.css').trim());
    expect(page.stdout).toContain('uPlot');
  });

  it('writes nothing beside itself', () => {
    expect(readdirSync(folder)).toEqual(['stallscope.mjs']);
  });

  it('says that a Node is too old, and nothing else', async () => {
    const old = `data:text/javascript,Object.defineProperty(process.versions, 'node', { value: '18.20.8' })`;
    expect(await start(['--version'], ['--import', old])).toMatchObject({
      exitCode: 3,
      stdout: '',
      stderr:
        'stallscope: Node 18.20.8 is too old; 20.15 is the oldest that works.\n  Install a newer one: https://nodejs.org/en/download\n',
    });
  });

  it('takes the word of the process that listens from nobody but its parent', async () => {
    const { exitCode, stderr } = await start(['become-listener']);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('There is no command "become-listener".');
  });
});

describeWith(TRACING, 'the one file, tracing', () => {
  it('listens as a process of its own that is the same file, and leaves neither it nor a tracer', async () => {
    const tool = start(['live', '--json', '--probe', 'kswapd', '--listen', '0']);
    let said = '';
    tool.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    await until(() => /http\S+/.test(said), 60_000);
    const url = /http\S+/.exec(said)?.[0] ?? '';
    const children = readdirSync('/proc').filter((pid) => isListener(pid));
    expect(children).toHaveLength(1);
    const page = async (): Promise<string> => (await fetch(url)).text();
    await expect.poll(page, { timeout: 60_000 }).toContain('stallscope_kswapd');
    tool.kill('SIGINT');
    expect((await tool).exitCode).toBe(130);
    await tracersGone(tool.pid ?? -1);
    await until(() => readdirSync('/proc').filter((pid) => isListener(pid)).length === 0);
  });

  const isListener = (pid: string): boolean => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`${file}\0become-listener\0`);
    } catch {
      return false;
    }
  };
});
