// node bench/python.mjs: how much slower an allocation-heavy Python program runs under each variant of the python
// probe. The program measures its own CPU time, traps and tracing of its system calls included, attaching not; runs
// alternate, and the figure is the median of the ratios to the run without tracing in the same round. As root; takes
// three minutes.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { launcher, median, root } from './measure.mjs';

const ROUNDS = 5;
const PYTHON = '/usr/bin/python3';
const PROGRAM = [PYTHON, join(root, 'bench', 'allocate.py')];
const VARIANTS = ['tracepoint', 'usdt', 'api'];

const secondsIn = (text) => Number(/^seconds ([\d.]+)$/m.exec(text)?.[1]);

const plain = () => secondsIn(execFileSync(PROGRAM[0], PROGRAM.slice(1), { encoding: 'utf8' }));

const traced = (variant, dir) => {
  const file = join(dir, 'out.ndjson');
  const options = ['--force', '--budget', 'off', '--probe', 'python', '--variant', `python=${variant}`];
  const output = execFileSync(
    process.execPath,
    [launcher, 'record', '-o', file, ...options, '--', ...PROGRAM],
    {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );
  return secondsIn(output);
};

const dir = mkdtempSync(join(os.tmpdir(), 'stallscope-bench-'));
const ratios = new Map([['none', []], ...VARIANTS.map((variant) => [variant, []])]);
const times = [];
try {
  for (let round = 0; round < ROUNDS; round += 1) {
    const base = plain();
    times.push(base);
    for (const variant of VARIANTS) ratios.get(variant).push(traced(variant, dir) / base);
    // Beside itself: what of the ratios is noise.
    ratios.get('none').push(plain() / base);
  }
} finally {
  rmSync(dir, { recursive: true, force: true });
}

const version = execFileSync(PYTHON, ['--version'], { encoding: 'utf8' }).trim();
console.log(
  `${version}, Linux ${os.release()}, ${os.cpus().length} CPUs, ${ROUNDS} rounds, ${median(times).toFixed(2)} s of CPU without tracing`,
);
console.log('| variant | slowdown | lowest | highest |\n| --- | --- | --- | --- |');
for (const [variant, values] of ratios) {
  const cells = [median(values), Math.min(...values), Math.max(...values)].map(
    (value) => `${value.toFixed(3)} ×`,
  );
  console.log(`| ${variant} | ${cells.join(' | ')} |`);
}
