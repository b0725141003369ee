/** The Debian package: what lintian says of it, and its life in a new Debian without Node: installed, run, purged. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readDoc, root } from '../docs/sections.ts';
import { describeWith } from '../helpers/requires.ts';

const { version } = JSON.parse(readDoc('package.json')) as { version: string };
const RELEASE = 'bookworm';

const built = async (): Promise<string> => {
  await execa(process.execPath, ['scripts/deb.mjs'], { cwd: root });
  const name = readdirSync(join(root, 'dist')).find((file) => /^stallscope_.*\.deb$/.test(file));
  return join(root, 'dist', name ?? '');
};

/** As its installer leaves it; made once, and kept beside the disks of the kernel matrix. */
const newDebian = async (): Promise<string> => {
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'stallscope');
  const made = join(cache, `debian-${RELEASE}`);
  if (existsSync(made)) return made;
  mkdirSync(cache, { recursive: true });
  const { stdout } = await execa('apt-get', ['indextargets', '--format', '$(REPO_URI)']);
  const mirror = process.env.STALLSCOPE_VM_MIRROR ?? stdout.split('\n')[0] ?? '';
  await execa('unshare', ['--mount', 'debootstrap', '--variant=minbase', RELEASE, `${made}.new`, mirror]);
  renameSync(`${made}.new`, made);
  return made;
};

let deb = '';

describeWith(['dpkg-deb', 'lintian'], 'the Debian package', () => {
  beforeAll(async () => {
    deb = await built();
  });

  it('has nothing that lintian warns of', async () => {
    const { exitCode, stdout } = await execa('lintian', ['--fail-on', 'error,warning', deb], {
      reject: false,
    });
    expect(stdout.split('\n').filter((line) => /^[EW]:/.test(line))).toEqual([]);
    expect(exitCode).toBe(0);
  });

  it('recommends bpftrace, and needs no Node', async () => {
    const { stdout } = await execa('dpkg-deb', ['--field', deb]);
    expect(stdout).toMatch(/^Recommends: bpftrace /m);
    expect(stdout).toMatch(/^Depends: libc6 \(>= 2\.28\), libgcc-s1 \| libgcc1, libstdc\+\+6 \(>= 5\.2\)$/m);
  });
});

describeWith(['root', 'dpkg-deb', 'lintian', 'debootstrap'], 'the Debian package, in a new Debian', () => {
  let host = '';
  beforeAll(async () => {
    host = mkdtempSync(join(tmpdir(), 'stallscope-debian-'));
    await execa('cp', ['-a', `${await newDebian()}/.`, host]);
    await execa('cp', [deb, host]);
  }, 600_000);
  afterAll(() => rmSync(host, { recursive: true, force: true }));

  /** Mounts are its own, and gone with it: nothing of this host can be reached by what is removed afterwards. */
  const inside = (...command: string[]) => {
    const script = 'mount -t proc proc "$0/proc" && exec chroot "$0" "$@"';
    return execa('unshare', ['--mount', 'sh', '-c', script, host, ...command], {
      extendEnv: false,
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', DEBIAN_FRONTEND: 'noninteractive' },
      reject: false,
    });
  };

  /** All but what dpkg keeps about packages. */
  const files = async (): Promise<string[]> => {
    const { stdout } = await execa('find', ['.', '-path', './var/lib/dpkg', '-prune', '-o', '-print'], {
      cwd: host,
    });
    return stdout.split('\n').sort();
  };

  it('is installed, runs, and leaves nothing when it is purged', async () => {
    const before = await files();
    const installed = await inside('dpkg', '--install', `/${basename(deb)}`);
    expect(installed, installed.stderr).toMatchObject({ exitCode: 0 });
    expect((await inside('which', 'node')).exitCode).not.toBe(0);
    expect((await inside('stallscope', '--version')).stdout).toBe(version);
    const demo = await inside('stallscope', 'demo', '--json', '--speed', 'max');
    expect(demo, demo.stderr).toMatchObject({ exitCode: 0, stderr: '' });
    expect(demo.stdout.split('\n').length).toBeGreaterThan(50);
    expect((await inside('stallscope', 'summary', 'bundled:01-seek-hole-storm')).stdout).toContain(
      '48,500,192',
    );
    const completed = 'source /usr/share/bash-completion/completions/stallscope && complete -p stallscope';
    expect((await inside('bash', '-c', completed)).stdout).toContain('complete ');
    expect(readFileSync(join(host, 'usr/share/doc/stallscope/copyright'), 'utf8')).toContain('Node.js ');
    const purged = await inside('dpkg', '--purge', 'stallscope');
    expect(purged, purged.stderr).toMatchObject({ exitCode: 0 });
    expect((await files()).filter((file) => !/^\.\/var\/(?:log|cache)\b/.test(file))).toEqual(
      before.filter((file) => !/^\.\/var\/(?:log|cache)\b/.test(file)),
    );
  });
});
