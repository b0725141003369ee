// What it takes to start, in CPU time: the modules as tsc writes them, the one file, and the executable if it is built. Rounds
// take turns, so that a busy moment hits all of them. npm run bench:start [-- ROUNDS]
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requireBuild } from '../scripts/built.mjs';
import { root } from '../scripts/root.mjs';

requireBuild();
const ROUNDS = Number(process.argv[2] ?? 15);

const folder = mkdtempSync(join(tmpdir(), 'stallscope-start-'));
const modules = join(folder, 'modules.mjs');
writeFileSync(
  modules,
  `process.env.NODE_ENV = 'production';
const { main } = await import(${JSON.stringify(join(root, 'dist/cli/main.js'))});
process.exitCode = await main(process.argv.slice(2));\n`,
);
const executable = join(root, 'dist', `stallscope-linux-${process.arch}`);

const FORMS = [
  { name: 'modules', command: [process.execPath, modules] },
  { name: 'one file', command: [process.execPath, join(root, 'dist/stallscope.mjs')] },
  ...(existsSync(executable) ? [{ name: 'executable', command: [executable] }] : []),
];

const RECORDING = join(root, 'examples/01-seek-hole-storm.ndjson.gz');
const COMMANDS = [
  ['--version'],
  ['--help'],
  ['summary', RECORDING],
  ['replay', RECORDING, '--json', '--speed', 'max'],
  ['probes', 'list'],
];

/** Of the child alone: what this process has waited for before is taken off. */
const cpuMs = (words) => {
  const script =
    'import os,sys\np=os.fork()\nif p==0:\n n=os.open("/dev/null",os.O_RDWR)\n os.dup2(n,0);os.dup2(n,1);os.dup2(n,2)\n os.execv(sys.argv[1],sys.argv[1:])\n_,_,u=os.wait4(p,0)\nprint((u.ru_utime+u.ru_stime)*1000)';
  return Number(spawnSync('python3', ['-c', script, ...words], { encoding: 'utf8' }).stdout);
};

const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];

process.stdout.write(
  `| CPU time, ms | ${FORMS.map(({ name }) => name).join(' | ')} |\n|---|${'---|'.repeat(FORMS.length)}\n`,
);
for (const args of COMMANDS) {
  const taken = FORMS.map(() => []);
  for (let round = 0; round < ROUNDS; round += 1)
    for (const [index, { command }] of FORMS.entries()) taken[index].push(cpuMs([...command, ...args]));
  const shown = args.map((word) => (word === RECORDING ? 'FILE' : word)).join(' ');
  process.stdout.write(
    `| \`${shown}\` | ${taken.map((values) => Math.round(median(values))).join(' | ')} |\n`,
  );
}
for (const { name, command } of FORMS.slice(1))
  process.stdout.write(`${name}: ${(statSync(command.at(-1)).size / 1e6).toFixed(1)} MB\n`);
rmSync(folder, { recursive: true });
