// Processes that begin and end, thousands a second, for an hour: what `record` holds must stay what it is. Memory is looked at
// every minute; the first five are those in which it fills. And what they did must be what is counted of them (`counted`).
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { costOf, launcher, says, workload } from '../bench/measure.mjs';
import { STORM } from '../bench/storm.mjs';

const FILLS_MINUTES = 5;
const MOST_MIB = 200;
/** Of a line through the minutes after those. */
const MOST_SLOPE = 1;

/** Why it failed, or null; and what was seen, for the line of the report. */
export const churn = async ({ folder, rate, minutes, env }) => {
  const [file, target] = [join(folder, 'churn.ndjson.gz'), join(folder, 'target')];
  writeFileSync(target, 'x'.repeat(65_536));
  const words = [launcher, 'record', '-o', file, '--force', '--budget', 'off', '--attach-timeout', '120s'];
  const tool = spawn(process.execPath, words, { env, stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(tool, 'close');
  const mebibytes = [];
  let storm = null;
  try {
    await Promise.race([says(tool.stderr, /stallscope: recording /), ended]);
    if (tool.exitCode !== null) return { why: `status ${tool.exitCode} before it recorded`, seen: '' };
    storm = spawn('perl', ['-e', STORM, target, String(rate), String(minutes * 60 + 30)], {
      stdio: 'ignore',
    });
    for (let minute = 0; minute < minutes; minute += 1) {
      await Promise.race([delay(60_000), ended]);
      if (tool.exitCode !== null) return { why: `status ${tool.exitCode} after ${minute} min`, seen: '' };
      mebibytes.push(Math.round(costOf(tool.pid).rssBytes / 2 ** 20));
    }
    tool.kill('SIGINT');
    const [status] = await ended;
    return judged(mebibytes, status);
  } finally {
    storm?.kill('SIGKILL');
    tool.kill('SIGKILL');
    rmSync(file, { force: true });
  }
};

const SEARCHES = 'iomap.seek_hole';
/** Those who ended last are forgotten, too. */
const AFTER_MS = 5_000;

/**
 * The same beside who knows how many there were and what they did: none is missed, and the tracer goes on.
 *
 * @returns why it failed, or null; and what was seen
 */
export const counted = async ({ folder, rate, seconds, env, options = [] }) => {
  const [file, target, brief] = ['counted.ndjson', 'target', 'brief'].map((name) => join(folder, name));
  writeFileSync(target, 'x'.repeat(65_536));
  execFileSync('cc', ['-O2', '-o', brief, workload('brief.c')]);
  const words = [
    'record',
    '-o',
    file,
    '--force',
    '--budget',
    'off',
    '--attach-timeout',
    '120s',
    '--comm',
    'brief',
  ];
  const tool = spawn(process.execPath, [launcher, ...words, ...options], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(tool, 'close');
  let storm = null;
  try {
    await Promise.race([says(tool.stderr, /stallscope: recording /), ended]);
    if (tool.exitCode !== null) return { why: `status ${tool.exitCode} before it recorded`, seen: '' };
    storm = spawn(brief, [target, String(rate), String(seconds)], { stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    storm.stdout.on('data', (text) => {
      said += text;
    });
    await once(storm, 'close');
    await delay(AFTER_MS);
    tool.kill('SIGINT');
    const [status] = await ended;
    if (status !== 130) return { why: `status ${status}`, seen: '' };
    const summary = execFileSync(process.execPath, [launcher, 'summary', '--json', file], {
      env,
      maxBuffer: 2 ** 30,
    });
    return compared(JSON.parse(said), JSON.parse(summary), seconds);
  } finally {
    storm?.kill('SIGKILL');
    tool.kill('SIGKILL');
    rmSync(file, { force: true });
  }
};

const compared = ({ processes, searches }, { totals, coverage, losses }, seconds) => {
  const found = totals[SEARCHES] ?? 0;
  const called = coverage[SEARCHES]?.coverage ?? 'not counted';
  const lost = Object.entries(losses.byKind).map(([kind, count]) => `${kind} ${count}`);
  const seen = [
    `${Math.round(processes / seconds)} processes a second did ${searches} searches, ${found} counted, ${called}`,
    `${losses.gaps.length} gaps`,
    lost.length === 0 ? 'nothing lost' : lost.join(', '),
  ].join('; ');
  if (losses.gaps.length > 0) return { why: 'the tracer ended', seen };
  return { why: found === searches ? null : `${searches - found} searches were missed`, seen };
};

const judged = (mebibytes, status) => {
  const filled = mebibytes.slice(FILLS_MINUTES);
  const slope = slopeOf(filled);
  const most = Math.max(...mebibytes);
  const seen = `MiB by the minute: ${mebibytes.join(' ')}; slope ${slope.toFixed(1)} a minute`;
  if (status !== 130) return { why: `status ${status}`, seen };
  if (most > MOST_MIB) return { why: `${most} MiB, and ${MOST_MIB} are the most`, seen };
  return { why: slope > MOST_SLOPE ? 'it grows' : null, seen };
};

/** Least squares; 0 of fewer than two. */
const slopeOf = (values) => {
  if (values.length < 2) return 0;
  const x0 = (values.length - 1) / 2;
  const y0 = values.reduce((sum, value) => sum + value, 0) / values.length;
  const along = values.reduce((sum, value, at) => sum + (at - x0) * (value - y0), 0);
  return along / values.reduce((sum, _, at) => sum + (at - x0) ** 2, 0);
};
