/** A guard over a thousand simulated histories: what bounds it holds, and no action is without its reason. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { needsSuspect } from '../../src/guard/rules/actions.ts';
import { REASONS } from '../../src/guard/rules/policy.ts';
import { HAS_TIME } from '../helpers/requires.ts';
import { type History, history, ON, play } from './history.ts';

const HISTORIES = HAS_TIME ? 20_000 : 1_000;
const HOUR_US = 3_600e6;

type Played = ReturnType<typeof play>;

const eachHasItsReason = ({ policy }: History, { acts, wrong }: Played): void => {
  expect(wrong).toEqual([]);
  for (const { action, finding, target, seen, atUs } of acts) {
    const reasons = seen.filter(
      ({ id, confidence, lastUs, uncounted, suspect }) =>
        id === finding &&
        confidence >= policy.minConfidence &&
        atUs - lastUs <= 3e6 &&
        !uncounted &&
        (!needsSuspect(action) || suspect !== null),
    );
    expect(reasons).not.toEqual([]);
    expect(ON).toContain(finding);
    expect(policy.actions).toContain(action);
    if (action.kind === 'write') expect(target).toBeNull();
  }
};

/** Also of what a dry run would do. */
const ratesAreBounded = ({ policy }: History, { acts, reports }: Played): void => {
  const begun = reports.filter(({ kind }) => kind === 'acts').map(({ atUs }) => atUs);
  for (const [index, atUs] of begun.entries()) {
    if (index > 0) expect(atUs - (begun[index - 1] ?? 0)).toBeGreaterThanOrEqual(policy.cooldownUs);
    const hour = begun.filter((other) => other <= atUs && atUs - other < HOUR_US);
    expect(hour.length).toBeLessThanOrEqual(policy.maxPerHour);
  }
  expect(acts.length).toBe(policy.armed ? begun.length : 0);
};

/** Each action is reported, begun and ended, and what is not done does not flood. */
const reportsAreWhole = (_: History, { acts, reports, lengthUs }: Played): void => {
  const ended = reports.filter((report) => report.kind === 'ended' && report.outcome.how !== 'late');
  expect([0, 1]).toContain(acts.length - ended.length);
  const held = reports.filter(({ kind }) => kind === 'holds').length;
  const most = Object.keys(REASONS).length * ON.length * (Math.max(0, lengthUs) / 60e6 + 2);
  expect(held).toBeLessThanOrEqual(most);
};

it(`in ${HISTORIES} histories nothing is done without its reason, rates are bounded, and all is reported`, () => {
  let acted = 0;
  fc.assert(
    fc.property(history, (one) => {
      const played = play(one);
      acted += played.acts.length;
      eachHasItsReason(one, played);
      ratesAreBounded(one, played);
      reportsAreWhole(one, played);
    }),
    { numRuns: HISTORIES },
  );
  // Histories in which nothing ever happens would prove nothing.
  expect(acted).toBeGreaterThan(HISTORIES / 2);
});

it('whether a report can be written down changes nothing that is done', () => {
  fc.assert(
    fc.property(history, (one) => {
      expect(play({ ...one, diskFullFrom: 0 }).acts).toEqual(play({ ...one, diskFullFrom: 400 }).acts);
    }),
    { numRuns: HISTORIES / 20 },
  );
});
