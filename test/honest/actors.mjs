// The processes whose work is known. Each is a program that says its own account as JSON, one line for itself and one
// for each child; beside it `perf stat` counts kernel events of that process and its children alone.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ENVIRONMENT, hasEvent, hasProgram, must, NotHere } from './here.mjs';
import { later } from './tidy.mjs';

const source = (name) => fileURLToPath(new URL(`./workloads/${name}.c`, import.meta.url));
/** Without a library: that of 32 bits is seldom installed. */
const NARROW = '-m32 -O2 -ffreestanding -fno-pic -no-pie -fno-stack-protector -nostdlib -static'.split(' ');
const PROGRAMS = ['seek', 'lay', 'files', 'syncs', 'io', 'scarce', 'again'];

/** Compiles the workloads into `dir`; their paths by name. */
export const compileAll = (dir) => {
  mkdirSync(dir, { recursive: true });
  const paths = Object.fromEntries(PROGRAMS.map((name) => [name, join(dir, name)]));
  for (const [name, path] of Object.entries(paths)) must('cc', '-O2', '-pthread', '-o', path, source(name));
  // A compiler for 64 bits alone, and a processor without 32: program32 says it.
  spawnSync('cc', [...NARROW, '-o', join(dir, 'narrow'), source('narrow')], { stdio: 'ignore' });
  paths.narrow = join(dir, 'narrow');
  // The same program under the name that it takes by exec.
  symlinkSync('seek', join(dir, 'seek-later'));
  return paths;
};

/** @throws NotHere where no program of 32 bits can be made, or run */
export const program32 = ({ narrow }) => {
  if (spawnSync(narrow, ['/', 'mkdir', '0'], { stdio: 'ignore' }).status === 0) return narrow;
  throw new NotHere('no program of 32 bits can be made and run here');
};

let serial = 0;

/**
 * Starts a process of known work.
 *
 * @param command program and arguments
 * @param options `events`: { name: { event, filter? } } for perf; `dir`: for its notes; `through`: what runs it, with its command line
 * appended (`unshare …`)
 * @returns `ended`: its account and witness; `ready`: it has said something; `stop` asks it to end
 */
export const start = (command, { events = {}, dir, through = [], env = {}, cwd }) => {
  const there = Object.entries(events).filter(([, { event }]) => !event.includes(':') || hasEvent(event));
  const counted = hasProgram('perf') ? there : [];
  serial += 1;
  const notes = join(dir, `perf-${serial}`);
  const chosen = counted.flatMap(([, { event, filter }]) => [
    '-e',
    event,
    ...(filter ? ['--filter', filter] : []),
  ]);
  const perf = counted.length === 0 ? [] : ['perf', 'stat', '-x', ';', '-o', notes, ...chosen, '--'];
  const [file, ...args] = [...through, ...perf, ...command];
  const startedMs = performance.now();
  const child = spawn(file, args, {
    // perf waits for its command: what asks to end must reach both.
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...ENVIRONMENT, ...env },
    cwd,
  });
  let asked = false;
  const stop = (signal = 'SIGTERM') => {
    asked = true;
    try {
      process.kill(-child.pid, signal);
    } catch {
      // It has ended.
    }
  };
  later(() => stop('SIGKILL'));
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (text) => {
    stdout += text;
  });
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  const finish = async () => {
    const [status, signal] = await once(child, 'close').catch((error) => {
      throw error.code === 'ENOENT' ? new NotHere(`needs ${file}`) : error;
    });
    if (status === 77) throw new NotHere(stderr.trim());
    const lines = stdout.split('\n').filter((line) => line.startsWith('{'));
    // perf, asked to end, ends by that signal when it has written down its counts.
    const isStopped = asked && signal === 'SIGTERM';
    if ((status !== 0 && !isStopped) || lines.length === 0) {
      throw new Error(`${command.join(' ')} ended with ${status ?? signal}: ${stderr.trim()}`);
    }
    const accounts = lines.map((line) => JSON.parse(line));
    const own = accounts.find(({ child: isChild }) => isChild !== true);
    return {
      ...own,
      all: accounts,
      children: accounts.filter(({ child: isChild }) => isChild === true),
      wallNs: Math.ceil((performance.now() - startedMs) * 1e6),
      witness: counted.length === 0 ? {} : readCounts(notes, counted),
    };
  };
  const ended = finish();
  // Whoever awaits it later still hears of the error.
  ended.catch(() => {});
  const ready = new Promise((resolve) => {
    child.stdout.once('data', resolve);
    child.once('close', resolve);
  });
  return { pid: child.pid, ready, said: () => stdout, stop, ended, stdin: child.stdin };
};

const readCounts = (notes, counted) => {
  const counts = readFileSync(notes, 'utf8')
    .split('\n')
    .filter((line) => /^(\d+|<not counted>);/.test(line))
    .map((line) => Number.parseInt(line, 10) || 0);
  rmSync(notes, { force: true });
  return Object.fromEntries(counted.map(([name], index) => [name, counts[index]]));
};
