// What traces while a load runs: nothing, what people type, and the tool in its tiers. Each is ready before the load
// begins and has left nothing when it ends.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { launcher } from './measure.mjs';

export const has = (command, ...args) => spawnSync(command, args, { stdio: 'ignore' }).error === undefined;

const READY_LIMIT_MS = 60_000;
/** bpftrace was seen to miss a SIGINT. */
const END_LIMIT_MS = 15_000;

/** A child that says on stderr or stdout that it is ready; ended by SIGINT. */
const start = async (file, args, ready, env = {}) => {
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  const closed = once(child, 'close');
  let text = '';
  await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${file} was not ready:\n${text}`)), READY_LIMIT_MS);
    const look = (chunk) => {
      text += chunk;
      if (!ready.test(text)) return;
      clearTimeout(timer);
      resolve();
    };
    child.stdout.on('data', look);
    child.stderr.on('data', look);
    closed.then(() => reject(new Error(`${file} ended before it was ready:\n${text}`)));
  });
  return {
    end: async () => {
      child.kill('SIGINT');
      const timer = setTimeout(() => child.kill('SIGKILL'), END_LIMIT_MS);
      await closed;
      clearTimeout(timer);
    },
  };
};

const bpftrace = (script) =>
  start('bpftrace', ['-e', script], /NOTIFY_PROBES_ATTACHED/, { __BPFTRACE_NOTIFY_PROBES_ATTACHED: '1' });

const tool = (dir, ...options) =>
  start(
    process.execPath,
    [launcher, 'record', '--force', '-o', join(dir, 'out.ndjson'), ...options],
    /stallscope: recording /,
  );

/** `why` is null when the tracer can be used for this load; otherwise the reason. */
export const TRACERS = [
  { id: 'none', title: 'no tracing', why: () => null, start: async () => ({ end: async () => undefined }) },
  {
    id: 'again',
    title: 'no tracing, again: what is noise',
    why: () => null,
    start: async () => ({ end: async () => undefined }),
  },
  {
    id: 'naive',
    title: 'naive one-liner',
    why: () => null,
    start: (_, load) => bpftrace(load.naive),
  },
  {
    id: 'perf',
    title: 'perf stat',
    why: (load) => {
      if (load.event === null) return 'no kernel event';
      return has('perf', '--version') ? null : 'perf is not installed';
    },
    start: async (_, load) => {
      const child = spawn('perf', ['stat', '-a', '-e', load.event], { stdio: 'ignore' });
      const closed = once(child, 'close');
      await new Promise((resolve) => setTimeout(resolve, 700));
      return {
        end: async () => {
          child.kill('SIGINT');
          await closed;
        },
      };
    },
  },
  {
    id: 'funccount',
    title: 'bcc funccount',
    why: (load) => {
      if (load.event === null) return 'no kernel event';
      return has('funccount-bpfcc', '-h') ? null : 'bcc is not installed';
    },
    start: (_, load) => start('funccount-bpfcc', [`t:${load.event}`], /Hit Ctrl-C/),
  },
  { id: 'default', title: 'stallscope, as it comes', why: () => null, start: (dir) => tool(dir) },
  {
    id: 'probe',
    title: 'stallscope, this probe alone',
    why: () => null,
    start: (dir, load) => tool(dir, '--probe', load.probe),
  },
  {
    id: 'all',
    title: 'stallscope, all probes, no budget',
    why: () => null,
    start: (dir) => tool(dir, '--budget', 'off'),
  },
  {
    id: 'exact',
    title: 'stallscope, an event for each, no budget',
    why: (load) => (load.exact === undefined ? 'the probe has no such variant' : null),
    start: (dir, load) => tool(dir, '--probe', load.probe, '--variant', load.exact, '--budget', 'off'),
  },
  // What the budget steps down to, each for itself, as if it were held there.
  ...[0, 1].map((index) => ({
    id: `cheaper-${index + 1}`,
    title: `stallscope, ${index === 0 ? 'one rung' : 'two rungs'} down, no budget`,
    why: (load) => (load.cheaper?.[index] === undefined ? 'the probe has no such variant' : null),
    start: (dir, load) =>
      tool(dir, '--probe', load.probe, '--variant', load.cheaper[index], '--budget', 'off'),
  })),
];

/** Those of a load: without those it leaves out, and one more for each further one-liner that it has. */
export const tracersOf = ({ beside = [], leaveOut = [] }) => {
  const more = beside.map(([title, script]) => ({
    id: title,
    title,
    why: () => null,
    start: () => bpftrace(script),
  }));
  const usual = TRACERS.filter(({ id }) => !leaveOut.includes(id));
  const at = usual.findIndex(({ id }) => id === 'naive') + 1;
  return [...usual.slice(0, at), ...more, ...usual.slice(at)];
};
