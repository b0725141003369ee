// One recording made in the guest by the tool itself, and what its summary says: per process, and of all together.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { untilReady } from './ready.mjs';

/** Machine code made on the fly costs the emulation more than it saves: without it the tool starts in half the time. */
const NODE_FLAGS = ['--no-opt', '--no-sparkplug', '--single-threaded'];
export const TOOL = [...NODE_FLAGS, '/tool/bin/stallscope.js'];
export const RECORDING = '/var/tmp/trial.ndjson';
/** Under emulation bpftrace compiles for half a minute. */
const READY_MS = 300_000;

export const environmentFor = (bpftrace) => ({ ...process.env, STALLSCOPE_BPFTRACE: bpftrace });

/** Runs the tool to its end: status, stdout, stderr. */
export const runTool = (bpftrace, ...args) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...TOOL, ...args], {
    env: environmentFor(bpftrace),
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  return { status, stdout, stderr };
};

/**
 * Records while `body` runs, and reads the summary.
 *
 * @throws Error with what the tool said, when recording did not begin or its result cannot be read
 */
export const recordWhile = async (bpftrace, args, body) => {
  const child = spawn(
    process.execPath,
    [...TOOL, 'record', '--force', '--budget', 'off', '-o', RECORDING, '--attach-timeout', '4m', ...args],
    { env: environmentFor(bpftrace), stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const said = [];
  const closed = once(child, 'close');
  try {
    await untilReady(child, { closed, said, limitMs: READY_MS });
    await body(child.pid);
  } finally {
    child.kill('SIGINT');
    await closed;
  }
  const { status, stdout, stderr } = runTool(bpftrace, 'summary', '--json', RECORDING);
  if (status !== 0) throw new Error(`no summary: ${stderr.trim()}`);
  return { ...readerOf(JSON.parse(stdout)), said };
};

/** What the last recording says, whole: its summary and its findings. */
export const analyzed = (bpftrace) => {
  const said = ['summary', 'analyze'].map((command) => runTool(bpftrace, command, '--json', RECORDING));
  const failed = said.find(({ status }) => status !== 0);
  if (failed !== undefined) throw new Error(failed.stderr.trim());
  const [summary, { findings }] = said.map(({ stdout }) => JSON.parse(stdout));
  return { summary, findings };
};

/** What a summary says, of one process and of all. */
export const readerOf = (summary) => {
  const { losses } = summary;
  const lost = [
    losses.lostEvents > 0 ? `${losses.lostEvents} events lost` : null,
    losses.mapFull.length > 0 ? `maps full: ${losses.mapFull.join(', ')}` : null,
    ...losses.gaps.map(({ fromBootUs, toBootUs, reason }) => {
      return `a gap of ${((toBootUs - fromBootUs) / 1e6).toFixed(1)} s: ${reason}`;
    }),
    losses.rejectedLines > 0 ? `${losses.rejectedLines} lines rejected` : null,
  ].filter((text) => text !== null);
  const rowOf = (pid) => summary.pids.find((row) => row.pid === pid);
  return {
    /** What was lost, in words; empty when the counts are whole. */
    lost: lost.join(', '),
    variantOf: (probe) => summary.probes.find(({ id }) => id === probe)?.variant ?? null,
    /** What is wrong with a probe, in words; null for one that counted. */
    problemOf: (probe) => {
      const { state, reason } = summary.probes.find(({ id }) => id === probe) ?? { state: 'absent' };
      return state === 'attached' ? null : `${state}: ${reason ?? 'no reason given'}`;
    },
    /** How a metric is marked whose programs the kernel has skipped: null where it is whole. */
    skipped: (metric) => {
      const { coverage, reasons } = summary.coverage[metric] ?? { reasons: [] };
      return reasons.some((reason) => reason.includes('the kernel skipped')) ? coverage : null;
    },
    /** Whether anything of this session counts the metric. */
    counts: (metric) => metric in summary.coverage,
    /** 0 for a process or a metric that never counted. */
    of: (pid, metric) => rowOf(pid)?.metrics[metric] ?? 0,
    breakdown: (pid, metric) => rowOf(pid)?.breakdown[metric] ?? null,
    total: (metric) => summary.pids.reduce((sum, row) => sum + (row.metrics[metric] ?? 0), 0),
  };
};
