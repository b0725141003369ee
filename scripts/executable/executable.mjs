// One executable for hosts without Node: Node itself, with the tool put into it as a "single executable application".
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import postject from 'postject';
import { executableScript } from '../bundle/bundle.mjs';
import { root } from '../root.mjs';
import { nodeFor } from './node.mjs';

/** How Node finds what was put into it; the second is written in its binary. */
const RESOURCE = 'NODE_SEA_BLOB';
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';

/** Writes dist/stallscope-linux-ARCH. Resolves with its path and the licences of all that is in it. */
export const writeExecutable = async (arch) => {
  const node = nodeFor(arch);
  const folder = mkdtempSync(join(mkdirp(join(root, 'dist')), 'executable-'));
  try {
    const made = join(folder, 'stallscope');
    stripped(node.path, made, arch);
    const { script, licences } = await executableScript(node.licence);
    await postject.inject(made, RESOURCE, blobOf(script, folder, arch), { sentinelFuse: FUSE });
    chmodSync(made, 0o755);
    const path = join(root, 'dist', `stallscope-linux-${arch}`);
    renameSync(made, path);
    return { path, licences };
  } finally {
    rmSync(folder, { recursive: true });
  }
};

const mkdirp = (folder) => {
  mkdirSync(folder, { recursive: true });
  return folder;
};

/** The symbols of Node, 10 MB of them, name nothing that we could make use of. */
const stripped = (from, to, arch) => {
  const strip = arch === process.arch ? 'strip' : `${GNU_NAMES[arch]}-linux-gnu-strip`;
  const { status } = spawnSync(strip, ['-o', to, from], { stdio: ['ignore', 2, 2] });
  if (status !== 0) copyFileSync(from, to);
};

const GNU_NAMES = { x64: 'x86_64', arm64: 'aarch64' };

/** Compiled code of ours saves some of each start, but belongs to the processor that made it. */
const blobOf = (script, folder, arch) => {
  const [main, output, config] = ['main.cjs', 'blob', 'config.json'].map((name) => join(folder, name));
  writeFileSync(main, script);
  const useCodeCache = arch === process.arch;
  writeFileSync(config, JSON.stringify({ main, output, useCodeCache, disableExperimentalSEAWarning: true }));
  const { status } = spawnSync(process.execPath, ['--experimental-sea-config', config], {
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0) throw new Error('Node could not prepare the executable: it takes Node 20.12 or later');
  return readFileSync(output);
};
