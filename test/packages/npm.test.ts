/** The npm package, as somebody installs it who has npm and no network: in an empty prefix, as root and for a user. */
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readDoc, root } from '../docs/sections.ts';
import { describeWith, TRACING } from '../helpers/requires.ts';
import { asNobody } from './nobody.ts';

const { version } = JSON.parse(readDoc('package.json')) as { version: string };

let folder = '';
let prefix = '';
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'stallscope-npm-'));
  chmodSync(folder, 0o755);
  prefix = join(folder, 'prefix');
  mkdirSync(join(folder, 'away'));
  await execa('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: root });
  await install(prefix);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Whatever is not in the package would have to come from a registry, which is not there. */
const install = (to: string, through: readonly string[] = [], home = folder) =>
  execa(
    through[0] ?? 'npm',
    [
      ...through.slice(1),
      ...(through.length > 0 ? ['npm'] : []),
      ...['install', '--global', '--offline', '--no-audit', '--no-fund', '--registry', 'http://127.0.0.1:9'],
      ...['--prefix', to, '--cache', join(home, 'npm-cache'), join(folder, `stallscope-${version}.tgz`)],
    ],
    { cwd: join(folder, 'away'), env: { HOME: home } },
  );

const run = (args: readonly string[], through: readonly string[] = []) => {
  const [file = '', ...words] = [...through, join(prefix, 'bin/stallscope'), ...args];
  return execa(file, words, { cwd: join(folder, 'away'), reject: false, stdin: 'ignore' });
};

describe('the npm package', () => {
  it('holds what runs, the manual page and the licences, and depends on nothing', () => {
    const at = join(prefix, 'lib/node_modules/stallscope');
    expect(readdirSync(join(prefix, 'lib/node_modules'))).toEqual(['stallscope']);
    expect(existsSync(join(at, 'node_modules'))).toBe(false);
    const manifest = JSON.parse(readFileSync(join(at, 'package.json'), 'utf8')) as Record<string, unknown>;
    expect(manifest).not.toHaveProperty('dependencies');
    expect(readdirSync(at).sort()).toEqual(
      ['CHANGELOG.md', 'LICENSE', 'README.md', 'bin', 'dist', 'docs', 'examples', 'package.json'].sort(),
    );
    expect(readdirSync(join(at, 'dist')).sort()).toEqual(['THIRD-PARTY-LICENSES', 'stallscope.mjs']);
    expect(lstatSync(join(prefix, 'share/man/man1/stallscope.1')).isSymbolicLink()).toBe(true);
    expect(readFileSync(join(prefix, 'share/man/man1/stallscope.1'), 'utf8')).toContain('.TH STALLSCOPE 1');
  });

  it('names the licence of every package whose code is in it', () => {
    const dist = join(prefix, 'lib/node_modules/stallscope/dist');
    const licences = readFileSync(join(dist, 'THIRD-PARTY-LICENSES'), 'utf8');
    // Its modules are named in it, by strings that may go on in the next line.
    const bundled = readFileSync(join(dist, 'stallscope.mjs'), 'utf8').replaceAll('\\\n', '');
    const packages = [...bundled.matchAll(/"?node_modules\/((?:@[^/"]+\/)?[^/"]+)\//g)].map(
      ([, name]) => name,
    );
    expect(new Set(packages).size).toBeGreaterThan(50);
    expect(packages.filter((name) => !licences.includes(`\n${name} `))).toEqual([]);
  });

  it('runs, as root and as a user, without writing where it lies', async () => {
    expect((await run(['--version'])).stdout).toBe(version);
    for (const through of [[], ...(process.getuid?.() === 0 ? [asNobody] : [])]) {
      const demo = await run(['demo', '--json', '--speed', 'max'], through);
      expect(demo, demo.stderr).toMatchObject({ exitCode: 0, stderr: '' });
      expect(demo.stdout.split('\n').length).toBeGreaterThan(50);
      expect((await run(['summary', 'bundled:seek-hole-storm'], through)).stdout).toContain('48,500,192');
    }
  });
});

describeWith(['root'], 'the npm package, for a user alone', () => {
  it('is installed by the user, and runs', async () => {
    const home = join(folder, 'home');
    mkdirSync(home);
    await execa('chown', ['nobody:', home]);
    await install(join(home, 'prefix'), asNobody, home);
    const [file = '', ...words] = [...asNobody, join(home, 'prefix/bin/stallscope'), 'doctor', '--json'];
    const { stdout } = await execa(file, words, { cwd: join(folder, 'away'), reject: false });
    expect(JSON.parse(stdout)).toHaveProperty('state');
  });
});

describeWith(TRACING, 'the npm package, tracing', () => {
  it('records this machine', async () => {
    const file = join(folder, 'out.ndjson');
    const end = await run(['record', '-o', file, '--probe', 'inode', '--', 'touch', join(folder, 'touched')]);
    expect(end, end.stderr).toMatchObject({ exitCode: 0 });
    const { stdout } = await run(['summary', file, '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      recording: { complete: true },
      totals: { 'inode.create': 1 },
    });
  });
});
