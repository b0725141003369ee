/** Single courses of a guard, told as they happen. */
import { expect, it } from 'vitest';
import { type Action, WRITES } from '../../src/guard/rules/actions.ts';
import { createGuardState, decide } from '../../src/guard/rules/decide.ts';
import type { Policy, Step } from '../../src/guard/rules/policy.ts';
import { wordsOf } from '../../src/guard/rules/words.ts';

const [slab, compact] = [WRITES['drop-slab'], WRITES['compact-memory']] as [Action, Action];
const POLICY: Policy = {
  armed: true,
  actions: [slab],
  on: ['xfs-alloc-deadlock'],
  minConfidence: 0.8,
  cooldownUs: 30e6,
  maxPerHour: 3,
  giveUpAfter: 2,
  intervalUs: 1e6,
};

/** A host on which XFS stalls all the time until something helps. */
const host = (change: Partial<Policy> = {}) => {
  const policy = { ...POLICY, ...change };
  const state = createGuardState();
  let [atUs, stalledNs, retries] = [1e9, 0, 0];
  const heard: Step[] = [];
  const seconds = (count: number, { stalls = true, confidence = 0.86, counted = true } = {}): void => {
    for (let second = 0; second < count; second += 1) {
      atUs += 1e6;
      if (stalls) [stalledNs, retries] = [stalledNs + 1e9, retries + 40];
      const findings = stalls
        ? [{ id: 'xfs-alloc-deadlock', confidence, lastUs: atUs, uncounted: false, suspect: null }]
        : [];
      const totals = { 'xfs-alloc.stall_ns': stalledNs, 'xfs-alloc.failures': retries };
      heard.push(
        ...decide(
          state,
          { type: 'sample', observation: { atUs, counted, findings, totals }, ageUs: 0 },
          policy,
        ),
      );
    }
  };
  const ends = (how: 'done' | 'failed' | 'late'): void => {
    heard.push(...decide(state, { type: 'outcome', atUs, outcome: { how, text: '' } }, policy));
  };
  return {
    seconds,
    ends,
    lines: () => heard.flatMap((step) => (step.type === 'report' ? [wordsOf(step.report)] : [])),
    acts: () => heard.flatMap((step) => (step.type === 'act' ? [step.action.label] : [])),
  };
};

it('acts once, sees that it helped, and says so by the numbers of the finding', () => {
  const { seconds, ends, lines, acts } = host();
  seconds(5, { stalls: false });
  seconds(12);
  ends('done');
  seconds(20, { stalls: false });
  expect(acts()).toEqual(['drop-slab']);
  expect(lines()).toEqual([
    'guard: xfs-alloc-deadlock: drop-slab',
    'guard: xfs-alloc-deadlock: nothing is done: an action has not ended yet',
    'guard: xfs-alloc-deadlock: drop-slab is done',
    'guard: xfs-alloc-deadlock: drop-slab helped; xfs-alloc.stall_ns 200 ms/s before, 0 ms/s after; xfs-alloc.failures 8.0/s before, 0.0/s after',
  ]);
});

it('tries the next action after one that did not help, and gives up after so many', () => {
  const { seconds, ends, lines, acts } = host({ actions: [slab, compact], maxPerHour: 9 });
  for (let round = 0; round < 5; round += 1) {
    seconds(5);
    ends('done');
    seconds(60);
  }
  expect(acts()).toEqual(['drop-slab', 'compact-memory']);
  expect(lines()).toContain(
    'guard: xfs-alloc-deadlock: compact-memory did not help; xfs-alloc.stall_ns 1000 ms/s before, 1000 ms/s after; xfs-alloc.failures 40/s before, 40/s after',
  );
  expect(lines().at(-1)).toContain('the last actions did not help');
});

it('an action that fails counts as one that did not help', () => {
  const { seconds, ends, acts } = host();
  for (let round = 0; round < 5; round += 1) {
    seconds(2);
    ends('failed');
    seconds(60);
  }
  expect(acts()).toHaveLength(2);
});

it('does nothing more while an action hangs, and goes on once it has ended', () => {
  const { seconds, ends, acts } = host();
  seconds(2);
  ends('late');
  seconds(4_000);
  expect(acts()).toHaveLength(1);
  ends('done');
  seconds(5, { stalls: false });
  seconds(60);
  expect(acts()).toHaveLength(2);
});

it('a tracer that died in the time after an action leaves it without a judgement, which is no help', () => {
  const { seconds, ends, lines } = host({ giveUpAfter: 1 });
  seconds(12);
  ends('done');
  seconds(30, { counted: false });
  seconds(60);
  expect(lines().some((line) => line.includes('cannot be judged, which counts as no help'))).toBe(true);
  expect(lines().at(-1)).toContain('the last actions did not help');
});

it('a dry run does nothing, says when it would have, and what came without it', () => {
  const { seconds, lines, acts } = host({ armed: false });
  seconds(31);
  expect(acts()).toEqual([]);
  expect(lines()[1]).toContain('would do drop-slab now (dry run');
  expect(lines().some((line) => line.includes('without drop-slab it goes on'))).toBe(true);
});

it('does nothing below the confidence that was asked for', () => {
  const { seconds, lines, acts } = host();
  seconds(90, { confidence: 0.79 });
  expect(acts()).toEqual([]);
  expect(lines()).toEqual(Array(2).fill('guard: xfs-alloc-deadlock: nothing is done: too uncertain'));
});
