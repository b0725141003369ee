/** `stallscope guard`: a session without a screen, whose findings are handed to a process that may act on them. */
import { failure } from '../errors.ts';
import { guardFamilies } from '../export/openmetrics/guard.ts';
import { observationOf } from '../guard/observe.ts';
import type { Policy, Report } from '../guard/rules/policy.ts';
import { wordsOf } from '../guard/rules/words.ts';
import { createSnapshotStore } from '../session/store.ts';
import type { Context } from './context.ts';
import { prepareLog } from './guard/log.ts';
import { startGuard } from './guard/start.ts';
import { printRecording } from './print-recording.ts';
import { say } from './say.ts';
import { type RunningSession, type SessionOptions, startSession } from './session.ts';

export type GuardOptions = SessionOptions & {
  readonly policy: Policy;
  /** The kernel's log instead of a tracer. */
  readonly log: boolean;
  /** How long a command may take. */
  readonly actionTimeoutMs: number;
};

const VM_SETTINGS = '/proc/sys/vm';

export const guard = async (context: Context, options: GuardOptions): Promise<number> => {
  const { policy } = options;
  let session: RunningSession | null = null;
  let lost: string | null = null;
  const counts = createCounts();
  const onReport = (report: Report): void => {
    const words = wordsOf(report);
    counts.add(report);
    session?.mark(words);
    say(context, words);
  };
  const onLost = (why: string): void => {
    lost = why;
    session?.stop(why);
  };
  // Before anything is traced: what cannot be done is refused while nothing has changed.
  const child = await startGuard(
    context.files,
    { policy, folder: VM_SETTINGS, timeoutMs: options.actionTimeoutMs },
    { onReport, onLost },
  );
  try {
    session = await startSession(context, options, {
      output: 'terminal',
      status: (text) => say(context, text),
      store: createSnapshotStore(),
      families: () => guardFamilies(policy.armed, counts.all()),
      onReady: () => say(context, readyText(options)),
      onSample: (snapshot, record) => {
        if (record.type === 'sample') child.see(observationOf(snapshot, policy.on));
      },
      ...(options.log ? { prepare: prepareLog } : {}),
    });
    if (lost !== null) session.stop(lost);
    const { snapshot, exit } = await session.done;
    if (snapshot !== null) printRecording(context, session.recorder);
    if (lost !== null) throw failure('E_GUARD_LOST', { why: lost });
    return exit;
  } finally {
    child.close();
  }
};

const readyText = ({ policy, log, output }: GuardOptions): string => {
  const { armed, actions, on, minConfidence, cooldownUs, maxPerHour } = policy;
  const what = actions.map(({ label }) => label).join(', then ');
  const where = output === null ? '' : `, recording to ${output}`;
  return `guard ${armed ? 'armed' : 'dry run'}: ${what}, on ${on.join(', ')}${log ? " in the kernel's log" : ''}, from confidence ${minConfidence}, once in ${cooldownUs / 1e6} s, ${maxPerHour} an hour${where}`;
};

/** By what was decided, of which finding, with which action: all of them come from tables of ours. */
const createCounts = () => {
  const counts = new Map<string, { finding: string; action: string; decision: string; count: number }>();
  return {
    add: (report: Report): void => {
      const { finding } = report;
      const action = report.kind === 'holds' ? '' : report.action;
      const key = `${finding} ${action} ${decisionOf(report)}`;
      const before = counts.get(key) ?? { finding, action, decision: decisionOf(report), count: 0 };
      counts.set(key, { ...before, count: before.count + 1 });
    },
    all: () => [...counts.values()],
  };
};

const decisionOf = (report: Report): string => {
  switch (report.kind) {
    case 'holds':
      return report.reason;
    case 'acts':
      return report.armed ? 'acts' : 'would-act';
    case 'ended':
      return report.outcome.how;
    case 'measured':
      return report.helped === null ? 'unmeasured' : report.helped ? 'helped' : 'did-not-help';
  }
};
