/**
 * A simulated host for a guard: findings that come, go and flap, of any confidence; a tracer that dies and comes back; reports that are
 * late; a recording whose disk is full; actions that help, do not, fail, are refused, or hang. What a guard must never do is
 * checked from outside, by rules that are written here and nowhere else.
 */
import fc from 'fast-check';
import { readAction } from '../../src/cli/grammar/guard-actions.ts';
import { WRITES } from '../../src/guard/rules/actions.ts';
import { createGuardState, decide } from '../../src/guard/rules/decide.ts';
import type { Event, Outcome, Policy, Report, SeenFinding, Step } from '../../src/guard/rules/policy.ts';

export const ON = ['xfs-alloc-deadlock', 'high-order-exhaustion'];
const METRIC: Readonly<Record<string, string>> = {
  'xfs-alloc-deadlock': 'xfs-alloc.stall_ns',
  'high-order-exhaustion': 'page-alloc.failures',
};

type Moment = {
  readonly afterUs: number;
  readonly ageUs: number;
  readonly counted: boolean;
  readonly findings: readonly {
    readonly id: string;
    readonly confidence: number;
    readonly agoUs: number;
    readonly uncounted: boolean;
    readonly accused: boolean;
  }[];
};

export type History = {
  readonly policy: Policy;
  readonly moments: readonly Moment[];
  /** How the actions go, one after the other, and again from the first. */
  readonly deeds: readonly {
    readonly how: Outcome['how'] | 'hangs';
    readonly samples: number;
    readonly helps: boolean;
  }[];
  /** Reports that the sink does not take: of them nothing may follow. */
  readonly diskFullFrom: number;
};

const actionsOf = fc
  .uniqueArray(fc.constantFrom(...Object.keys(WRITES), 'signal:TERM', 'io-idle', 'memory-high:1G', 'run'), {
    minLength: 1,
    maxLength: 3,
  })
  .map((names) =>
    names.map((label) => {
      if (label === 'run') return { label, kind: 'run', argv: ['/bin/true'] } as const;
      return readAction(label);
    }),
  );

const policy: fc.Arbitrary<Policy> = fc.record({
  armed: fc.constantFrom(true, true, false),
  actions: actionsOf,
  on: fc.constant(ON),
  minConfidence: fc.constantFrom(0.3, 0.8, 0.95),
  cooldownUs: fc.integer({ min: 30, max: 600 }).map((seconds) => seconds * 1e6),
  maxPerHour: fc.integer({ min: 1, max: 8 }),
  giveUpAfter: fc.integer({ min: 1, max: 4 }),
  intervalUs: fc.constant(1e6),
});

const moment: fc.Arbitrary<Moment> = fc.record({
  // Mostly a sample a second; sometimes the machine stands still, or a clock goes back.
  afterUs: fc.oneof(
    { weight: 36, arbitrary: fc.integer({ min: 900_000, max: 1_100_000 }) },
    { weight: 2, arbitrary: fc.integer({ min: 5_000_000, max: 900_000_000 }) },
    { weight: 1, arbitrary: fc.integer({ min: -5_000_000, max: 0 }) },
  ),
  ageUs: fc.oneof(
    { weight: 9, arbitrary: fc.integer({ min: 0, max: 500_000 }) },
    { weight: 1, arbitrary: fc.constantFrom(10_900_000, 11_100_000, 60_000_000, Number.NaN) },
  ),
  counted: fc.oneof(
    { weight: 9, arbitrary: fc.constant(true) },
    { weight: 1, arbitrary: fc.constant(false) },
  ),
  findings: fc.array(
    fc.record({
      id: fc.constantFrom(...ON, 'seek-hole-storm'),
      confidence: fc.oneof(
        fc.double({ min: 0, max: 1 }),
        fc.constant(0.86),
        fc.constant(0.98),
        fc.constant(Number.NaN),
      ),
      agoUs: fc.constantFrom(0, 0, 0, 1_000_000, 2_900_000, 3_100_000, 60_000_000),
      uncounted: fc.oneof(
        { weight: 9, arbitrary: fc.constant(false) },
        { weight: 1, arbitrary: fc.constant(true) },
      ),
      accused: fc.boolean(),
    }),
    { maxLength: 3 },
  ),
});

export const history: fc.Arbitrary<History> = fc.record({
  policy,
  moments: fc.array(moment, { minLength: 40, maxLength: 160, size: 'max' }),
  deeds: fc.array(
    fc.record({
      how: fc.constantFrom('done', 'done', 'done', 'failed', 'refused', 'late', 'hangs'),
      samples: fc.integer({ min: 0, max: 8 }),
      helps: fc.boolean(),
    }),
    { minLength: 1, maxLength: 6 },
  ),
  diskFullFrom: fc.integer({ min: 0, max: 400 }),
});

export type Act = Step & {
  readonly type: 'act';
  readonly atUs: number;
  readonly seen: readonly SeenFinding[];
};

/** What the guard did and said, and whatever it did without its reason, in words. */
export const play = ({ policy, moments, deeds, diskFullFrom }: History) => {
  const state = createGuardState();
  const acts: Act[] = [];
  const reports: Report[] = [];
  const wrong: string[] = [];
  let atUs = 1e9;
  let totals = 0;
  let running: { left: number; late: boolean; deed: History['deeds'][number] } | null = null;
  let [hurts, unhelped] = [true, 0];
  let written = 0;
  const hurtUs: number[] = [];
  const hurtLately = (): boolean => hurtUs.some((oneUs) => atUs - oneUs <= 10e6);

  const happen = (event: Event, seen: readonly SeenFinding[], isKnown: boolean): void => {
    for (const step of decide(state, event, policy)) {
      if (step.type === 'report') {
        reports.push(step.report);
        // A recording that is cut short changes nothing.
        if (reports.length <= diskFullFrom) written += 1;
        if (step.report.kind === 'measured' && step.report.armed)
          unhelped = step.report.helped === true ? 0 : unhelped + 1;
        if (step.report.kind === 'ended' && !['done', 'late'].includes(step.report.outcome.how))
          unhelped += 1;
        continue;
      }
      if (event.type !== 'sample') wrong.push('acted on no sample');
      if (running !== null) wrong.push('acted while an action went on');
      if (!isKnown) wrong.push('acted on what is not known to be so now');
      if (!hurtLately()) wrong.push('acted though nothing hurts that could become less');
      if (unhelped >= policy.giveUpAfter) wrong.push('acted after the last actions did not help');
      const deed = deeds[acts.length % deeds.length] as History['deeds'][number];
      acts.push({ ...step, atUs, seen });
      running = { left: deed.samples, late: false, deed };
    }
  };

  for (const { afterUs, ageUs, counted, findings } of moments) {
    atUs += afterUs;
    if (hurts) {
      totals += 1_000_000;
      hurtUs.push(atUs);
    }
    const seen = findings.map(({ id, confidence, agoUs, uncounted, accused }) => ({
      id,
      confidence,
      lastUs: atUs - agoUs,
      uncounted,
      suspect: accused ? { pid: 4711, startMs: 1_000 } : null,
    }));
    const values = Object.fromEntries(ON.map((id) => [METRIC[id] ?? '', totals]));
    const observation = { atUs, counted, findings: seen, totals: values };
    happen({ type: 'sample', observation, ageUs }, seen, counted && ageUs <= 11e6);
    if (running === null) continue;
    const now: { left: number; late: boolean; deed: History['deeds'][number] } = running;
    now.left -= 1;
    if (now.left > 0) continue;
    const { how, helps } = now.deed;
    if (how === 'hangs' || (how === 'late' && !now.late)) {
      if (now.late) continue;
      now.late = true;
      now.left = 5;
      happen({ type: 'outcome', atUs, outcome: { how: 'late', text: '' } }, [], false);
      continue;
    }
    running = null;
    hurts = !helps;
    happen({ type: 'outcome', atUs, outcome: { how: how === 'late' ? 'done' : how, text: '' } }, [], false);
  }
  return { acts, reports, wrong, written, lengthUs: atUs - 1e9 };
};
