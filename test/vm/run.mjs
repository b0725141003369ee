// npm run test:vm [-- KERNEL...] [--only TRIAL,...] [--short]: the kernel matrix. Boots Debian's kernels, runs this build of the
// tool in each, and prints one row for each probe and metric: what was expected, what was counted. Status 0 when
// nothing failed. What this host cannot do is skipped, with the reason. `--short` leaves out the variants that only the
// budget or `--variant` chooses, which is half of the time, and the trials of shares and control groups.
// `--only guard` restages the XFS incident on a kernel with the module that refuses memory: unguarded, guarded dry and armed.
// `--only reach` boots without Node: watched from here over ssh, by the Debian package's executable, and cut off its power
// (`--rounds N` times).
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { say, setUpHost, setUpProject } from '../../scripts/setup.mjs';
import { bootGuest } from './boot.mjs';
import { rootImage, toolImage } from './images.mjs';
import { chooseKernels } from './kernels.mjs';
import { createTable } from './table.mjs';

const NEEDED = {
  'qemu-system-x86_64': 'qemu-system-x86',
  debootstrap: 'debootstrap',
  cpio: 'cpio',
  mke2fs: 'e2fsprogs',
};
/** What `--only reach` takes beside. */
const NEEDED_TO_REACH = { ssh: 'openssh-client', 'dpkg-deb': 'dpkg' };

const usage =
  'Usage: npm run test:vm [-- [KERNEL...] [--only TRIAL[,TRIAL]] [--short] [--rounds N] [--markdown FILE]]';

/** Most of it is waiting on purpose: for operators, cooldowns, and whether an action has helped. */
const GUARD_PATIENCE_MS = 45 * 60_000;

/** Of its own: nothing else runs in that guest. */
const REACH = 'reach';

const readArguments = (argv) => {
  const options = { versions: [], only: '', short: false, rounds: 1, markdown: null };
  for (let index = 0; index < argv.length; index += 1) {
    const word = argv[index];
    if (word === '--only') options.only = argv[++index] ?? '';
    else if (word === '--short') options.short = true;
    else if (word === '--rounds') options.rounds = Number(argv[++index]);
    else if (word === '--markdown') options.markdown = argv[++index] ?? null;
    else if (word.startsWith('-')) throw new Error(`Unknown option ${word}. ${usage}`);
    else options.versions.push(word);
  }
  if (!(options.rounds >= 1)) throw new Error(`--rounds takes a number from 1 on. ${usage}`);
  return options;
};

/** Why no guest can be booted here; null when one can. */
const obstacle = ({ only }) => {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'the matrix needs Linux on x86-64';
  if (process.getuid?.() !== 0) return 'building the disks needs root: sudo npm run test:vm';
  const missing = setUpHost({ ...NEEDED, ...(only === REACH ? NEEDED_TO_REACH : {}) });
  return missing.length === 0 ? null : missing.join('; ');
};

const main = async () => {
  const options = readArguments(process.argv.slice(2));
  const kernels = chooseKernels(options.versions);
  const table = createTable();
  const started = performance.now();
  const why = obstacle(options);
  if (why === null) setUpProject();
  const made = [];
  for (const kernel of kernels) {
    if (why !== null) table.skip(kernel.version, why);
    else made.push(...(await runKernel(kernel, options, table)));
  }
  const minutes = (performance.now() - started) / 60_000;
  say(`The matrix took ${minutes.toFixed(1)} minutes.`);
  if (options.markdown !== null) writeFileSync(options.markdown, table.markdown(made, minutes));
  return table.close();
};

/** What the disk was made of, as lines. */
const runKernel = async (kernel, options, table) => {
  const started = performance.now();
  let directory;
  try {
    directory = rootImage(kernel);
  } catch (error) {
    // Without the packages there is no kernel to judge: a mirror out of reach is no fault of ours.
    table.skip(kernel.version, error.message);
    return [];
  }
  say(`Booting kernel ${kernel.version} …`);
  const onRow = (row) => table.add(kernel.version, row);
  const trouble =
    options.only === REACH
      ? await tryOutside({ directory, rounds: options.rounds, onRow })
      : await tryInside(directory, options, onRow);
  if (trouble !== null) table.fail(kernel.version, trouble);
  say(`Kernel ${kernel.version} took ${((performance.now() - started) / 1000).toFixed(0)} s.`);
  const parts = readFileSync(join(directory, 'made-of'), 'utf8').trim().split('\n');
  return [`- ${kernel.version}: Debian ${kernel.suite}, ${parts.join(', ')}`];
};

/** It is made of packages that are installed first. */
const tryOutside = async (options) => (await import('./reach/index.mjs')).tryReach(options);

const tryInside = (directory, options, onRow) =>
  bootGuest({
    directory,
    toolImage: toolImage(),
    words: [
      // A witness of waits for I/O; switched on later, it was seen to take one of them to have begun with the boot.
      'delayacct',
      ...(options.only === '' ? [] : [`stallscope.only=${options.only}`]),
      ...(options.short ? ['stallscope.short'] : []),
    ],
    ...(options.only.split(',').includes('guard') ? { patienceMs: GUARD_PATIENCE_MS } : {}),
    onRow,
  });

try {
  process.exitCode = await main();
} catch (error) {
  say(error.message);
  process.exitCode = 2;
}
