// The executable as a Debian package: with its manual page, completions, and what bpftrace is to it.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { writeExecutable } from '../executable/executable.mjs';
import { root } from '../root.mjs';
import { changelogText, controlText, copyrightText, OVERRIDES } from './control.mjs';

const DEBIAN_NAMES = { x64: 'amd64', arm64: 'arm64' };
const MAINTAINER = 'stallscope contributors <contributors@users.noreply.github.com>';

const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

/** Writes dist/stallscope_VERSION_ARCH.deb, and resolves with its path. The same sources make the same bytes. */
export const writeDeb = async (arch) => {
  const { path: executable, licences } = await writeExecutable(arch);
  const tree = mkdtempSync(join(root, 'dist', 'deb-'));
  try {
    const date = dateOfSources();
    const facts = { version, arch: DEBIAN_NAMES[arch], maintainer: maintainer(), date };
    for (const [path, { text, mode = 0o644 }] of Object.entries(filesOf({ ...facts, licences })))
      put(join(tree, path), text, mode);
    copyFileSync(executable, made(join(tree, 'usr/bin/stallscope')));
    chmodSync(join(tree, 'usr/bin/stallscope'), 0o755);
    for (const name of ['prometheus', 'systemd'])
      cpSync(join(root, 'examples', name), join(tree, DOC, 'examples', name), { recursive: true });
    put(join(tree, 'DEBIAN/control'), controlText({ ...facts, installedKiB: kibOf(tree) }), 0o644);
    put(join(tree, 'DEBIAN/md5sums'), checksums(tree), 0o644);
    const deb = join(root, 'dist', `stallscope_${version}_${facts.arch}.deb`);
    plainModes(tree);
    execFileSync('dpkg-deb', ['--root-owner-group', '-Zxz', '--build', tree, deb], {
      stdio: ['ignore', 2, 2],
      env: { ...process.env, SOURCE_DATE_EPOCH: String(Math.floor(date.getTime() / 1000)) },
    });
    return deb;
  } finally {
    rmSync(tree, { recursive: true });
  }
};

const DOC = 'usr/share/doc/stallscope';

const filesOf = (facts) => ({
  [`${DOC}/copyright`]: { text: copyrightText(facts.licences) },
  [`${DOC}/changelog.gz`]: { text: packed(changelogText(facts)) },
  [`${DOC}/NEWS.md.gz`]: { text: packed(readFileSync(join(root, 'CHANGELOG.md'))) },
  'usr/share/man/man1/stallscope.1.gz': { text: packed(readFileSync(join(root, 'docs/stallscope.1'))) },
  'usr/share/bash-completion/completions/stallscope': { text: completions('bash') },
  'usr/share/zsh/vendor-completions/_stallscope': { text: completions('zsh') },
  'usr/share/fish/vendor_completions.d/stallscope.fish': { text: completions('fish') },
  'usr/share/lintian/overrides/stallscope': { text: OVERRIDES },
});

/** By the file of the same sources: an executable of another architecture does not run here. */
const completions = (shell) =>
  execFileSync(process.execPath, [join(root, 'dist/stallscope.mjs'), 'completions', shell]);

/** As Debian's own tools find out who makes a package. */
const maintainer = () => {
  const { DEBFULLNAME, DEBEMAIL } = process.env;
  return DEBFULLNAME === undefined || DEBEMAIL === undefined ? MAINTAINER : `${DEBFULLNAME} <${DEBEMAIL}>`;
};

/** As reproducible builds have it: the time of the last change, not of the build. */
const dateOfSources = () => {
  const given = Number(process.env.SOURCE_DATE_EPOCH);
  if (given > 0) return new Date(given * 1000);
  const seconds = execFileSync('git', ['log', '-1', '--format=%ct'], { cwd: root, encoding: 'utf8' });
  return new Date(Number(seconds) * 1000);
};

const packed = (text) => gzipSync(text, { level: 9 });

const made = (path) => {
  mkdirSync(dirname(path), { recursive: true });
  return path;
};

const put = (path, text, mode) => writeFileSync(made(path), text, { mode });

const filesIn = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true }).map((entry) => ({
    path: join(entry.parentPath, entry.name),
    isFile: entry.isFile(),
  }));

const kibOf = (tree) =>
  filesIn(tree).reduce(
    (sum, { path, isFile }) => sum + (isFile ? Math.ceil(statSync(path).size / 1024) : 1),
    0,
  );

const checksums = (tree) =>
  filesIn(join(tree, 'usr'))
    .filter(({ isFile }) => isFile)
    .map(({ path }) => path.slice(tree.length + 1))
    .sort()
    .map((path) => execFileSync('md5sum', [path], { cwd: tree, encoding: 'utf8' }))
    .join('');

/** Whatever umask and checkout made of them. */
const plainModes = (tree) => {
  chmodSync(tree, 0o755);
  for (const { path, isFile } of filesIn(tree))
    chmodSync(path, isFile && !path.endsWith('/usr/bin/stallscope') ? 0o644 : 0o755);
};
