// The trials of one guest, in six parts: each bpftrace there is must be accepted or refused as it should be; all
// probes together, as a user runs them, count every workload; then each further variant that this kernel can run
// counts its probe's workload alone; the budget is kept; the shares of a process's time add up; and limits of control groups
// are named. One JSON line for each row of the matrix, on stdout.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { tryBudget } from './budget.mjs';
import { asMarked, impossible } from './claims.mjs';
import { tryGroups } from './groups.mjs';
import { tryGuard } from './guard.mjs';
import { recordWhile, runTool } from './session.mjs';
import { tryShares } from './shares.mjs';
import { TRIALS } from './trials/index.mjs';

const FLOOR = [0, 14];
/** Reasons that only say that another variant is preferred. */
const RUNNABLE = /^not needed|--variant/;
/** One that runs only when it is asked for. */
const PART = /--variant/;
/** Each makes its recordings itself. */
const PARTS = { budget: tryBudget, shares: tryShares, groups: tryGroups };
/** Of these, what the shortened matrix leaves out: half a minute of load each, and more. */
const LONG_PARTS = ['shares', 'groups'];
const note = (text) => process.stderr.write(`guest: ${text}\n`);
const emit = (row) => process.stdout.write(`${JSON.stringify(row)}\n`);

const commandLine = readFileSync('/proc/cmdline', 'utf8');
const only = /stallscope\.only=(\S+)/.exec(commandLine)?.[1]?.split(',') ?? null;
/** Without what only the budget, or a user, asks for. */
const short = /stallscope\.short/.test(commandLine);
const trials = TRIALS.filter(({ probe }) => only === null || only.includes(probe));

const main = async () => {
  const [own, ...newer] = findBpftraces().map(judgeBpftrace);
  const chosen = [own, ...newer].find(({ accepted }) => accepted);
  if (chosen !== undefined) await countWith(chosen);
  if (chosen !== undefined) {
    for (const [part, rowsOf] of Object.entries(PARTS)) {
      const isWanted = only === null ? !(short && LONG_PARTS.includes(part)) : only.includes(part);
      if (isWanted) await tryPart(chosen, part, rowsOf);
    }
  }
  // Minutes of waiting on purpose: only when it is asked for.
  if (chosen !== undefined && only?.includes('guard'))
    for await (const row of tryGuard(chosen.path, note)) emit({ bpftrace: chosen.version, ...row });
  emit({ finished: true });
};

const findBpftraces = () =>
  ['/usr/bin/bpftrace', ...readdirSync('/opt').map((name) => `/opt/${name}/bpftrace`)].filter((path) =>
    existsSync(path),
  );

/** One row for each bpftrace: whether doctor takes it, as it must from our floor on. */
const judgeBpftrace = (path) => {
  const { stdout } = runTool(path, 'doctor', '--json');
  const check = JSON.parse(stdout).checks.find(({ id }) => id === 'bpftrace-version');
  const version = /\d+\.\d+\.\d+/.exec(check.fact)?.[0] ?? '?';
  const [major, minor] = version.split('.').map(Number);
  const expected = major > FLOOR[0] || minor >= FLOOR[1];
  const accepted = check.state === 'ok';
  emit({
    bpftrace: version,
    probe: 'doctor',
    metric: 'bpftrace',
    expected: expected ? 'accepted' : `refused: below ${FLOOR.join('.')}`,
    counted: accepted ? 'accepted' : `refused: ${check.fact}`,
    verdict: accepted === expected ? 'passed' : 'failed',
  });
  return { path, version, accepted };
};

const countWith = async (bpftrace) => {
  for (const trial of trials) trial.setUp?.();
  if (trials.length === 0) return;
  note('all probes together');
  const used = await attempt(bpftrace, trials, []);
  const sheets = JSON.parse(runTool(bpftrace.path, 'probes', 'list', '--json').stdout);
  for (const trial of trials) {
    const { variant: preferred, rejected } = sheets.find(({ id }) => id === trial.probe);
    const others = [...(preferred === null ? [] : [{ variant: preferred, reason: null }]), ...rejected];
    for (const { variant, reason } of others.filter((other) => other.variant !== used.get(trial.probe))) {
      if (short && PART.test(reason ?? '')) continue;
      if (reason === null || RUNNABLE.test(reason)) {
        note(`${trial.probe}, variant ${variant}`);
        const args = ['--probe', trial.probe, '--variant', `${trial.probe}=${variant}`];
        await attempt(bpftrace, [trial], args, PART.test(reason ?? ''));
      } else {
        emit({ bpftrace: bpftrace.version, probe: trial.probe, variant, ...impossible('all', reason) });
      }
    }
  }
};

const tryPart = async ({ path, version }, part, rowsOf) => {
  note(part);
  try {
    for await (const row of await rowsOf(path)) emit({ bpftrace: version, ...row });
  } catch (error) {
    note(error.stack);
    const said = { metric: 'all', expected: 'tried', counted: error.message, verdict: 'failed' };
    emit({ bpftrace: version, probe: part, variant: '-', ...said });
  }
};

/** One recording in which these trials do their work one after the other, the rows it gives, and the variants used. */
const attempt = async (bpftrace, tried, args, isPart = false) => {
  const outer = new Map();
  const evidence = new Map();
  const used = new Map();
  const emitRow = (probe, variant, row) => emit({ bpftrace: bpftrace.version, probe, variant, ...row });
  try {
    for (const trial of tried) outer.set(trial, await trial.witness?.(`outer-${trial.probe}`));
    const seen = await recordWhile(bpftrace.path, args, async () => {
      for (const trial of tried) evidence.set(trial, await workOf(trial));
    });
    for (const line of seen.said) note(line);
    for (const trial of tried) {
      const witnessed = await outer.get(trial)?.stop();
      const variant = seen.variantOf(trial.probe);
      used.set(trial.probe, variant);
      const found = evidence.get(trial);
      if (variant === null) {
        emitRow(trial.probe, '-', impossible('all', 'no variant of it runs here'));
        continue;
      }
      const problem = seen.problemOf(trial.probe);
      if (problem !== null) {
        emitRow(trial.probe, variant, {
          metric: 'all',
          expected: 'attached',
          counted: problem,
          verdict: 'failed',
        });
        continue;
      }
      if (found.failed !== undefined) throw new Error(`${trial.probe}: ${found.failed}`);
      const finished = await trial.finish?.(found.work);
      const made = trial.claims({ ...found, ...finished, outer: witnessed, seen });
      // What the budget steps down to counts a part of what its probe counts.
      const claims = isPart ? made.filter(({ metric }) => seen.counts(`${trial.probe}.${metric}`)) : made;
      for (const claim of claims) {
        const name = /^\w+/.exec(claim.metric)?.[0] ?? '';
        emitRow(trial.probe, variant, asMarked(claim, seen.skipped(`${trial.probe}.${name}`)));
      }
      const lost = { metric: 'losses', expected: 'none', counted: seen.lost === '' ? 'none' : seen.lost };
      emitRow(trial.probe, variant, { ...lost, verdict: seen.lost === '' ? 'passed' : 'failed' });
    }
  } catch (error) {
    note(error.stack);
    for (const { probe } of tried) {
      emitRow(probe, '-', { metric: 'all', expected: 'counts', counted: error.message, verdict: 'failed' });
    }
  }
  return used;
};

const workOf = async (trial) => {
  note(`working for ${trial.probe}`);
  const inner = await trial.witness?.(`inner-${trial.probe}`);
  try {
    const work = await trial.work();
    return { work, inner: await inner?.stop() };
  } catch (error) {
    await inner?.stop();
    return { failed: error.message };
  }
};

await main();
