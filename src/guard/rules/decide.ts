/**
 * Whether a guard acts: one event at a time, from nothing but what came before it. Nothing here reads a clock, a file or a
 * process, so that every history can be played to it. What may be done is bounded before anything is begun, and an action that
 * does not end, or whose help cannot be measured, counts against it.
 */
import { type Action, needsSuspect } from './actions.ts';
import { effectsOf, hasHelped, isGrowing, keepRecent, SETTLE_US, type Totals, WINDOW_US } from './effect.ts';
import type {
  Event,
  Observation,
  Outcome,
  Policy,
  Reason,
  Report,
  SeenFinding,
  Step,
  Target,
} from './policy.ts';

const HOUR_US = 3_600e6;
/** A finding goes on while its last sign is no older. */
const LEAST_FRESH_US = 3e6;
const FRESH_INTERVALS = 3;
/** A machine that needs help is slow to report; what is older than that may be over. */
const MOST_LATE_US = 10e6;
/** Why it does nothing is said so often at most. */
const REPEAT_US = 60e6;

type Begun = {
  readonly finding: string;
  readonly action: Action;
  readonly armed: boolean;
  readonly before: readonly Totals[];
};

export type GuardState = {
  /** Since a window ago. */
  past: Totals[];
  /** When actions began, of the last hour; of a dry run, when they would have. */
  begunUs: number[];
  /** It has not ended. */
  running: Begun | null;
  /** It has, and its effect is not known yet. */
  judged: { readonly begun: Begun; readonly fromUs: number; readonly after: Totals[] } | null;
  /** Actions in a row that did not help, and of them all. */
  unhelped: number;
  /** By finding and reason, when it was last said. */
  readonly saidUs: Map<string, number>;
};

export const createGuardState = (): GuardState => ({
  past: [],
  begunUs: [],
  running: null,
  judged: null,
  unhelped: 0,
  saidUs: new Map(),
});

/** What follows from an event; the state is changed in place. */
export const decide = (state: GuardState, event: Event, policy: Policy): Step[] =>
  event.type === 'sample' ? takeSample(state, event, policy) : takeOutcome(state, event.atUs, event.outcome);

type Sample = Event & { readonly type: 'sample' };

const takeSample = (state: GuardState, sample: Sample, policy: Policy): Step[] => {
  const seen = sample.observation;
  // A clock that went back makes no window, and no cooldown shorter.
  const latestUs = state.past.at(-1)?.atUs ?? Number.NEGATIVE_INFINITY;
  if (seen.atUs <= latestUs) return [];
  state.past = keepRecent(state.past, seen);
  state.begunUs = state.begunUs.filter((atUs) => seen.atUs - atUs < HOUR_US);
  const steps = judge(state, seen);
  for (const finding of goingOn(seen, policy)) {
    const reason = reasonAgainst(state, finding, sample, policy);
    if (reason === null) steps.push(...begin(state, finding, seen.atUs, policy));
    else steps.push(...hold(state, finding.id, reason, seen.atUs));
  }
  return steps;
};

const takeOutcome = (state: GuardState, atUs: number, outcome: Outcome): Step[] => {
  const begun = state.running;
  if (begun === null) return [];
  const { finding, action } = begun;
  const steps = [report({ kind: 'ended', atUs, finding, action: action.label, outcome })];
  // One that is late goes on: its end is reported too.
  if (outcome.how === 'late') return steps;
  state.running = null;
  if (outcome.how === 'done') state.judged = { begun, fromUs: atUs + SETTLE_US, after: [] };
  else state.unhelped += 1;
  return steps;
};

const goingOn = ({ findings, atUs }: Observation, { on, intervalUs }: Policy): SeenFinding[] => {
  const freshUs = Math.max(LEAST_FRESH_US, FRESH_INTERVALS * intervalUs);
  const latest = new Map<string, SeenFinding>();
  for (const finding of findings) {
    if (!on.includes(finding.id) || atUs - finding.lastUs > freshUs) continue;
    const other = latest.get(finding.id);
    // Of several of a kind, the surest.
    if (other === undefined || finding.confidence > other.confidence) latest.set(finding.id, finding);
  }
  return [...latest.values()];
};

const reasonAgainst = (
  state: GuardState,
  finding: SeenFinding,
  { observation: { atUs, counted }, ageUs }: Sample,
  policy: Policy,
): Reason | null => {
  if (!(ageUs <= MOST_LATE_US + policy.intervalUs)) return 'stale';
  if (!counted || finding.uncounted) return 'blind';
  if (!(finding.confidence >= policy.minConfidence)) return 'confidence';
  if (!isGrowing(finding.id, state.past)) return 'over';
  if (needsSuspect(nextAction(state, policy)) && finding.suspect === null) return 'no-suspect';
  if (state.running !== null) return 'busy';
  if (state.unhelped >= policy.giveUpAfter) return 'gave-up';
  const lastUs = state.begunUs.at(-1) ?? Number.NEGATIVE_INFINITY;
  if (atUs - lastUs < policy.cooldownUs || state.judged !== null) return 'cooldown';
  return state.begunUs.length >= policy.maxPerHour ? 'hourly' : null;
};

/** After one that did not help, the next of them. */
const nextAction = ({ unhelped }: GuardState, { actions }: Policy): Action => {
  const action = actions[unhelped % Math.max(1, actions.length)];
  if (action === undefined) throw new Error('a guard without an action');
  return action;
};

const begin = (state: GuardState, { id, suspect }: SeenFinding, atUs: number, policy: Policy): Step[] => {
  const action = nextAction(state, policy);
  const { armed } = policy;
  const target: Target | null = needsSuspect(action) || action.kind === 'run' ? suspect : null;
  const begun: Begun = { finding: id, action, armed, before: state.past };
  state.begunUs.push(atUs);
  const said = report({ kind: 'acts', atUs, finding: id, armed, action: action.label, target });
  if (!armed) {
    state.judged = { begun, fromUs: atUs + SETTLE_US, after: [] };
    return [said];
  }
  state.running = begun;
  return [said, { type: 'act', action, finding: id, target }];
};

/** Once there is a window after an action, whether it helped. */
const judge = (state: GuardState, seen: Observation): Step[] => {
  const { judged } = state;
  if (judged === null || seen.atUs < judged.fromUs) return [];
  const { atUs, counted, totals } = seen;
  judged.after.push({ atUs, counted, totals });
  if (atUs - judged.fromUs < WINDOW_US) return [];
  state.judged = null;
  const { finding, action, armed, before } = judged.begun;
  const effects = effectsOf(finding, before, judged.after);
  const helped = hasHelped(effects);
  // What nothing was done about is no failure of an action.
  if (armed) state.unhelped = helped === true ? 0 : state.unhelped + 1;
  return [report({ kind: 'measured', atUs, finding, armed, action: action.label, effects, helped })];
};

const hold = (state: GuardState, finding: string, reason: Reason, atUs: number): Step[] => {
  const key = `${finding} ${reason}`;
  if (atUs - (state.saidUs.get(key) ?? Number.NEGATIVE_INFINITY) < REPEAT_US) return [];
  state.saidUs.set(key, atUs);
  return [report({ kind: 'holds', atUs, finding, reason })];
};

const report = (one: Report): Step => ({ type: 'report', report: one });
