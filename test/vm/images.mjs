// The two disks of a guest, kept in a cache by what they are made of: the root of a Debian release, made once by
// build-root.sh, and the tool, which is this build of ours with Node itself, packed anew whenever a file of it changed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root, say } from '../../scripts/setup.mjs';
import { MIRROR } from './kernels.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'stallscope', 'vm');

/** The folder with vmlinuz, initrd.cpio.gz, root.img and made-of of a kernel of the matrix; built when it is new. */
export const rootImage = ({ version, suite, newer = '', module = '' }) => {
  const recipe = join(here, 'build-root.sh');
  const source = module === '' ? '' : join(here, module);
  const made = module === '' ? [] : filesOf(source, module).map(({ from }) => readFileSync(from));
  const key = digest([readFileSync(recipe), suite, version, newer, ...made]);
  const directory = join(cache, `${version}-${key}`);
  if (!existsSync(join(directory, 'made-of'))) {
    forgetOlder(`${version}-`, directory);
    mkdirSync(directory, { recursive: true });
    say(`Building the disk of kernel ${version} from Debian ${suite} …`);
    const built = spawnSync(recipe, [suite, version, MIRROR, directory, newer, source], {
      stdio: ['ignore', 2, 2],
    });
    if (built.status !== 0) {
      rmSync(directory, { recursive: true, force: true });
      throw new Error(`the disk of kernel ${version} could not be built from ${MIRROR} ${suite}`);
    }
  }
  return directory;
};

/** The read-only disk that the guest sees as /tool: this build with Node, what it is tried on, and what tries it. */
export const toolImage = () =>
  image('tool', [
    ...['bin', 'dist/stallscope.mjs', 'package.json'].map((name) => ({ from: join(root, name), to: name })),
    ...workloads(),
    { from: join(root, 'test', 'lab'), to: 'lab' },
    { from: process.execPath, to: 'node' },
  ]);

/** The same without Node and without the tool: what runs there comes from elsewhere, or out of this package. */
export const packageImage = (deb) => image('package', [...workloads(), { from: deb, to: 'stallscope.deb' }]);

const workloads = () => [
  { from: join(here, 'guest'), to: 'guest' },
  { from: join(root, 'test', 'helpers', 'workloads'), to: 'workloads' },
  { from: join(here, 'guest', 'workloads'), to: 'workloads' },
  ...compiled(join(root, 'test', 'helpers', 'workloads'), 'blocked'),
  ...compiled(join(root, 'test', 'helpers', 'workloads'), 'shares'),
  ...compiled(join(root, 'test', 'honest', 'workloads'), 'syncs'),
];

/** @param parts files and folders, `from` here `to` there */
const image = (kind, parts) => {
  const files = parts.flatMap(({ from, to }) => filesOf(from, to));
  const key = digest(files.flatMap(({ from, to }) => [to, fingerprint(from)]));
  const made = join(cache, `${kind}-${key}.img`);
  if (existsSync(made)) return made;
  forgetOlder(`${kind}-`, made);
  const staging = join(cache, `staging-${process.pid}`);
  rmSync(staging, { recursive: true, force: true });
  for (const { from, to } of parts) cpSync(from, join(staging, to), { recursive: true, dereference: true });
  const megabytes = Math.ceil(files.reduce((sum, { from }) => sum + statSync(from).size + 4096, 0) / 2 ** 20);
  const { status } = spawnSync(
    'mke2fs',
    ['-q', '-F', '-t', 'ext4', '-d', staging, `${made}.new`, `${megabytes + 64}M`],
    { stdio: ['ignore', 'ignore', 2], env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` } },
  );
  rmSync(staging, { recursive: true, force: true });
  if (status !== 0) throw new Error('the disk with the tool could not be made (mke2fs failed)');
  renameSync(`${made}.new`, made);
  return made;
};

/** A workload in C, for any Linux; nothing where this host has no C compiler, and its trial says so. */
const compiled = (folder, name) => {
  const source = join(folder, `${name}.c`);
  const headers = readdirSync(folder).filter((file) => file.endsWith('.h'));
  const texts = [source, ...headers.map((file) => join(folder, file))].map((path) => readFileSync(path));
  const program = join(cache, `${name}-${digest(texts)}`);
  mkdirSync(cache, { recursive: true });
  if (!existsSync(program)) {
    forgetOlder(`${name}-`, program);
    spawnSync('cc', ['-O2', '-static', '-pthread', '-o', program, source], { stdio: 'ignore' });
  }
  return existsSync(program) ? [{ from: program, to: `workloads/${name}` }] : [];
};

const filesOf = (from, to) =>
  statSync(from).isDirectory()
    ? readdirSync(from).flatMap((name) => filesOf(join(from, name), join(to, name)))
    : [{ from, to }];

/** Our own files by their content; Node, which only an installation changes, by size and time. */
const fingerprint = (path) => {
  if (path !== process.execPath) return readFileSync(path);
  const { size, mtimeMs } = statSync(path);
  return `${size} ${mtimeMs}`;
};

const digest = (parts) => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part).update('\0');
  return hash.digest('hex').slice(0, 16);
};

/** One image of a kind is kept: they are big. */
const forgetOlder = (prefix, keep) => {
  if (!existsSync(cache)) mkdirSync(cache, { recursive: true });
  for (const name of readdirSync(cache)) {
    if (name.startsWith(prefix) && name !== basename(keep)) {
      rmSync(join(cache, name), { recursive: true, force: true });
    }
  }
};
