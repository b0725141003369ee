// Programs that the trials run, and what they say of themselves.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';

/** Runs a program to its end: PID, stdout, and the time it took. Its own words on stderr when it fails. */
export const run = async (file, ...args) => {
  const startedMs = performance.now();
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (text) => {
    stdout += text;
  });
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  const [status, signal] = await once(child, 'close');
  if (status !== 0)
    throw new Error(`${file} ${args[0] ?? ''} ended with ${status ?? signal}: ${stderr.trim()}`);
  return { pid: child.pid, stdout, wallNs: Math.ceil((performance.now() - startedMs) * 1e6) };
};

/** The same, without counting: for what is made before a trial. */
export const prepare = (file, ...args) => {
  const { status, stdout, stderr } = spawnSync(file, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${file} ${args.join(' ')} ended with ${status}: ${stderr.trim()}`);
  return stdout;
};

export const workload = (name, ...args) => run('perl', `/tool/workloads/${name}.pl`, ...args.map(String));

/** A program that has printed its first line and lives until its stdin is closed. */
export const heldOpen = async (file, ...args) => {
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const closed = once(child, 'close');
  let said = '';
  const [ended] = await Promise.race([
    new Promise((resolve) => {
      child.stdout.on('data', (text) => {
        said += text;
        if (said.includes('\n')) resolve([false]);
      });
    }),
    closed.then(() => [true]),
  ]);
  if (ended) throw new Error(`${file} ended with ${child.exitCode ?? child.signalCode}`);
  return {
    said,
    end: async () => {
      child.stdin.end();
      await closed;
    },
  };
};

/** A shell of its own, which others may follow it into, until it is ended with all it started. */
export const startShell = ([script, ...words]) => {
  const child = spawn('sh', ['-c', script, ...words], {
    detached: true,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const closed = once(child, 'close');
  return {
    end: async () => {
      try {
        process.kill(-child.pid, 'SIGKILL');
      } catch {
        // It has ended.
      }
      await closed;
    },
  };
};
