// Runs cases: prepares what they need, records with the tool itself while their work is done, and holds what the
// summary says against what the witnesses say. Several cases may share a recording; each may then be skipped alone.
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import os from 'node:os';
import { basename, join } from 'node:path';
import { start } from './actors.mjs';
import { ENVIRONMENT, must, NotHere } from './here.mjs';
import { judge } from './judge.mjs';
import { recordWhile } from './recording.mjs';
import { reportedOf } from './reported.mjs';
import { later, marked, tidyUp } from './tidy.mjs';

const BEFORE_MS = 150;
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * @param cases of one kind of recording: same probes, arguments, environment
 * @returns for each case `{ id, ms, rows, skipped?, failed?, cost? }`; `ms` is of all of it where it was alone
 */
export const tryCases = async (cases, { root, programs, budget }) => {
  const mark = marked();
  const begunMs = performance.now();
  const results = new Map(cases.map((one) => [one, { id: one.id, budget, rows: [], ms: 0 }]));
  const skip = (one, error) => {
    if (error instanceof NotHere) results.get(one).skipped = error.message;
    else results.get(one).failed = error.stack;
  };
  try {
    const ready = [];
    for (const [index, one] of cases.entries()) {
      const stage = stageOf(join(root, `${basename(root)}-${index}`), programs);
      must('mkdir', '-p', stage.root);
      later(() => rmSync(stage.root, { recursive: true, force: true }));
      try {
        ready.push({ one, stage, context: await one.prepare?.(stage) });
      } catch (error) {
        skip(one, error);
      }
    }
    if (ready.length > 0) await record(ready, { root, budget, results, skip });
  } finally {
    tidyUp(mark);
  }
  for (const result of results.values()) {
    if (cases.length === 1) result.ms = performance.now() - begunMs;
  }
  return [...results.values()];
};

const record = async (ready, { root, budget, results, skip }) => {
  const { context } = ready[0];
  const { env, probes, ...given } = ready[0].one;
  const [more, through] = [given.args, given.through].map((words = []) =>
    typeof words === 'function' ? words(context) : words,
  );
  const options = [
    ...(probes === 'all' ? [] : ['--probe', probes]),
    ...(budget === 'default' ? [] : ['--budget', budget]),
    ...more,
  ];
  const before = await costOf(ready);
  const file = join(root, 'trial.ndjson');
  const recorded = await recordWhile(file, { args: options, env, through }, async (tool) => {
    const made = new Map();
    for (const { one, stage, context } of ready) {
      const startedMs = performance.now();
      try {
        made.set(one, await one.work(stage, context, tool));
      } catch (error) {
        skip(one, error);
      }
      results.get(one).ms = performance.now() - startedMs;
    }
    return { made, traced: await costOf(ready) };
  });
  const after = await costOf(ready);
  for (const [one, claims] of recorded.result.made) {
    const result = results.get(one);
    result.rows = rowsOf(typeof claims === 'function' ? claims(recorded.summary) : claims, recorded);
    const untraced = [...(before.get(one) ?? []), ...(after.get(one) ?? [])];
    if (untraced.length > 0) {
      result.cost = median(recorded.result.traced.get(one)) / median(untraced);
      [result.load] = os.loadavg();
    }
    result.said = recorded.said;
  }
};

const rowsOf = (claims, { summary, page }) => {
  const rows = claims.map(({ metric, who, name, low, high, by, reported: given }) => {
    const reported = given ?? reportedOf(summary, metric, who);
    return { metric, name, low, high, by, ...reported, verdict: judge({ low, high }, reported) };
  });
  const bounded = rows.find(({ verdict }) => verdict === 'bounded');
  if (bounded !== undefined && page.includes('every count is exact')) {
    const reported = { value: 1, mark: '=', bound: null, reason: 'the page says that every count is exact' };
    const by = `${bounded.metric} is marked ${bounded.mark}`;
    rows.push({ metric: 'last sentence', name: 'page', low: 0, high: 0, by, ...reported, verdict: 'LIE' });
  }
  return rows;
};

const ROUNDS = 3;

/** What the storms among the cases take by their own clock, `ROUNDS` times. */
const costOf = async (ready) => {
  const costs = new Map();
  for (const { one, stage, context } of ready.filter(({ one: { storm } }) => storm !== undefined)) {
    const times = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const { [one.storm.by]: ns } = await stage.start(one.storm.command(stage, context)).ended;
      times.push(ns);
    }
    costs.set(one, times);
  }
  return costs;
};

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** What a case works with. */
const stageOf = (root, programs) => ({
  root,
  programs,
  start: (command, options = {}) => start(command, { dir: root, ...options }),
  /** Starts strangers and lets them get going; `stop` asks them to end and gives their accounts. */
  beside: async (commands, options = {}) => {
    const actors = commands.map((command) => start(command, { dir: root, ...options }));
    await Promise.all(actors.map(({ ready }) => ready));
    await sleep(commands.length === 0 ? 0 : BEFORE_MS);
    return {
      stop: async () => {
        for (const actor of actors) actor.stop();
        return Promise.all(actors.map(({ ended }) => ended));
      },
    };
  },
  /** A shell's loop of which nothing is counted, until `stop`. */
  disturb: (text) => {
    const child = spawn('sh', ['-c', text], { detached: true, stdio: 'ignore', env: ENVIRONMENT });
    const stop = () => {
      try {
        process.kill(-child.pid, 'SIGKILL');
      } catch {
        // It has ended.
      }
    };
    later(stop);
    return { stop };
  },
  sleep,
});
