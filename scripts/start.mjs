// npm start: set up, then trace this machine when it allows that, and otherwise replay a bundled real recording.
import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root, say, setUpHost, setUpProject } from './setup.mjs';

const launcher = join(root, 'bin', 'stallscope.js');

const blockedBecause = () => {
  const result = spawnSync(process.execPath, [launcher, 'doctor', '--json'], { encoding: 'utf8' });
  try {
    const report = JSON.parse(result.stdout);
    if (report.state !== 'blocked') return null;
    const check = report.checks.find(({ state }) => state === 'blocked');
    return `${check?.fact ?? 'no probe can run here'}. To trace: ${report.next ?? 'stallscope doctor'}`;
  } catch {
    return `stallscope doctor failed: ${result.stderr.trim()}`;
  }
};

try {
  setUpProject();
} catch (error) {
  say(`stallscope: ${error.message}`);
  process.exit(70);
}
for (const note of setUpHost({ bpftrace: 'bpftrace' })) say(`stallscope: ${note}`);

const reason = blockedBecause();
const args = process.argv.slice(2);
if (reason !== null) {
  say(`stallscope: this host cannot be traced: ${reason}`);
  say('stallscope: showing a recording of a real incident instead (stallscope demo)');
}
const child = spawn(process.execPath, [launcher, ...(reason === null ? ['live', ...args] : ['demo'])], {
  stdio: 'inherit',
});
// The terminal sends Ctrl-C to both of us; what is sent to npm alone is passed on.
process.on('SIGINT', () => undefined);
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(code ?? (signal === null ? 70 : 128)));
