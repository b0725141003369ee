/** The command that acts on findings. */
import { type Action, EFFECTS, helpedBy, needsSuspect, WRITES } from '../../guard/rules/actions.ts';
import type { Policy } from '../../guard/rules/policy.ts';
import { FINDING_IDS, SIGNATURES } from '../../insight/findings/index.ts';
import { loadCatalogue } from '../../probes/catalogue.ts';
import type { Context } from '../context.ts';
import { EXAMPLES } from '../examples.ts';
import { guard } from '../guard.ts';
import { readConfidence, readDuration, readInteger } from '../options.ts';
import { readActions, refuse } from './guard-actions.ts';
import { collect, type Flags, HOUR_MS, type Line, list, optionalOutput, text } from './line.ts';
import { bounded, boundOptions, outletOptions, traceOptions, tracing } from './tracing.ts';

export const addGuard = ({ context, command, run, subcommand }: Line): void => {
  bounded(
    tracing(
      subcommand(
        'guard',
        'act on a finding: says what it would do (dry run), and does it with --armed',
        EXAMPLES.guard,
      ),
    ),
  )
    .usage('[options] --action ACTION [-- CMD ARGS...]')
    .option(
      '--action <name>',
      `${Object.keys(WRITES).join(', ')}; of the suspect signal:NAME, io-idle, memory-high:SIZE; or run, which runs the command after -- (repeatable: the next after one that did not help)`,
      collect,
    )
    .option(
      '--on <finding>',
      'only on this finding (repeatable; default: all that the actions help)',
      collect,
    )
    .option('--armed', 'act; without it nothing is changed')
    .option(
      '--min-confidence <share>',
      'how sure a finding must be, from 0 to 1 (default: 0.8, with --log 0.5)',
    )
    .option('--cooldown <duration>', 'between the beginnings of two actions', '2m')
    .option('--max-per-hour <n>', 'actions in any hour', '6')
    .option('--give-up-after <n>', 'actions in a row that did not help: then it does nothing more', '3')
    .option('--action-timeout <duration>', 'how long an action may take; a command is killed then', '30s')
    .option('--log', "read the kernel's log instead of tracing, where no probe can run")
    .option('-o, --output <file>', 'record to a file, with every decision as a mark')
    .action((flags: Flags) => {
      const log = flags.log === true;
      const trace = traceOptions(flags, null);
      const policy = readPolicy(flags, { context, command, log, intervalMs: trace.intervalMs });
      return run(
        guard(context, {
          ...trace,
          probes: trace.probes ?? probesFor(policy.on),
          ...outletOptions(flags, context.env),
          output: optionalOutput(flags, 'guard'),
          force: flags.force === true,
          ...boundsOf(flags),
          policy,
          log,
          actionTimeoutMs: readDuration(
            '--action-timeout',
            text(flags, 'actionTimeout') ?? '',
            1_000,
            HOUR_MS,
          ),
        }),
      );
    });
};

const boundsOf = (flags: Flags) => {
  const { bounds, minFreeBytes } = boundOptions({ maxSize: flags.maxSize, keep: flags.keep });
  const isBounded = typeof flags.maxSize === 'string' || typeof flags.keep === 'string';
  if (isBounded && typeof flags.output !== 'string')
    throw refuse('--max-size and --keep bound a recording: give one, --output FILE.');
  return isBounded && bounds !== undefined ? { bounds, minFreeBytes: minFreeBytes ?? null } : {};
};

type Asked = {
  readonly context: Context;
  readonly command: readonly string[] | null;
  readonly log: boolean;
  readonly intervalMs: number;
};

/** It takes so long until it is known whether an action helped. */
const LEAST_COOLDOWN_MS = 30_000;

const readPolicy = (flags: Flags, { context, command, log, intervalMs }: Asked): Policy => {
  const actions = readActions(list(flags, 'action'), command, context);
  const confidence = text(flags, 'minConfidence');
  if (log) refuseWithLog(flags, actions);
  return {
    armed: flags.armed === true,
    actions,
    on: readFindings(list(flags, 'on'), actions),
    // What a log alone reports names nobody, and has half the confidence.
    minConfidence: confidence === null ? (log ? 0.5 : 0.8) : readConfidence(confidence),
    cooldownUs:
      readDuration('--cooldown', text(flags, 'cooldown') ?? '', LEAST_COOLDOWN_MS, 24 * HOUR_MS) * 1000,
    maxPerHour: readInteger('--max-per-hour', text(flags, 'maxPerHour') ?? '', 1, 60),
    giveUpAfter: readInteger('--give-up-after', text(flags, 'giveUpAfter') ?? '', 1, 100),
    intervalUs: intervalMs * 1000,
  };
};

const refuseWithLog = (flags: Flags, actions: readonly Action[]): void => {
  const onSuspect = actions.find(needsSuspect);
  if (onSuspect !== undefined)
    throw refuse(`The kernel's log accuses nobody: --action ${onSuspect.label} needs a suspect.`);
  const tracing = ['pid', 'comm', 'probe', 'probeDir', 'count', 'variant'].find(
    (name) => flags[name] !== undefined,
  );
  if (tracing !== undefined)
    throw refuse(`--log traces nothing: leave out --${tracing === 'probeDir' ? 'probe-dir' : tracing}.`);
};

/** What every one of the actions helps; those that were asked for, where each of them is. */
const readFindings = (asked: readonly string[], actions: readonly Action[]): readonly string[] => {
  const helped = Object.keys(EFFECTS).filter((id) =>
    actions.every((action) => helpedBy(action).includes(id)),
  );
  const labels = actions.map(({ label }) => label).join(' and ');
  if (helped.length === 0) throw refuse(`There is no finding that ${labels} both help.`);
  if (asked.length === 0) {
    if (actions.some(({ kind }) => kind !== 'write'))
      throw refuse(`${labels} can be for many findings: say which, --on ${helped.join('|')}.`);
    return helped;
  }
  for (const id of asked) {
    if (!FINDING_IDS.includes(id)) throw refuse(`There is no finding "${id}": ${FINDING_IDS.join(', ')}.`);
    if (!helped.includes(id))
      throw refuse(
        `${labels} is not known to help ${id}, or nothing shows whether it did: ${helped.join(', ')}.`,
      );
  }
  return [...new Set(asked)];
};

/** A guard may run for months: it traces what its findings rest on, and no more. */
const probesFor = (findings: readonly string[]): readonly string[] => {
  const known = new Set(loadCatalogue().map(({ manifest }) => manifest.id));
  const metrics = SIGNATURES.filter(({ id }) => findings.includes(id)).flatMap(
    ({ id, anchor, conditions, victims }) => [
      anchor.metric,
      ...conditions.map(({ measure }) => measure.metric),
      ...(victims === null ? [] : [victims.metric]),
      ...(EFFECTS[id] ?? []),
    ],
  );
  return [...new Set(metrics.map((metric) => metric.split('.')[0] ?? ''))].filter((id) => known.has(id));
};
