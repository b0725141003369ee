// What incidents and comparisons are worth on fault injections: is the fault reported, is its suspect right, is it quiet before.
import { analyse } from '../../../dist/insight/analysis.js';
import { placeCompared } from './compared.mjs';
import { FORMS, serviceOf, sessionOf, tickOf } from './session.mjs';

/** An incident that begins a little before the fault, as a run is dated back, is of it. */
const SLACK_TICKS = 5;
const LOUD_WITHIN_MS = 90_000;

export const evaluateFaults = (cases, form = FORMS['levels of processes']) => {
  const rows = cases.map((one) => judge(one, form));
  const faulty = rows.filter(({ fault }) => fault !== null);
  const share = (test) => faulty.filter(test).length / Math.max(1, faulty.length);
  return {
    rows,
    cases: faulty.length,
    reported: faulty.filter(({ reported }) => reported).length,
    right: share(({ right }) => right),
    wrong: share(({ right, suspect }) => !right && suspect !== null),
    byFault: Object.fromEntries(
      [...new Set(faulty.map(({ fault }) => fault))].map((fault) => {
        const own = faulty.filter((row) => row.fault === fault);
        return [fault, { cases: own.length, right: own.filter(({ right }) => right).length }];
      }),
    ),
    loudest: share(({ loudNear }) => loudNear),
    compared: [1, 3].map((most) => share(({ place }) => place > 0 && place <= most)),
    quietHours: rows.reduce((sum, { quietHours }) => sum + quietHours, 0),
    quietReported: rows.reduce((sum, { quietReported }) => sum + quietReported, 0),
  };
};

const judge = (one, form) => {
  const { fault, truth, ticks, faultTick, intervalMs = 1000 } = one;
  const { incidents, spikes } = analyse(sessionOf(one, form, intervalMs), { minScore: 3, symptom: null });
  const until = fault === null ? ticks : faultTick;
  const startOf = ({ startUs }) => tickOf(startUs, intervalMs);
  const quiet = incidents.filter((incident) => startOf(incident) < until - SLACK_TICKS);
  const after = incidents.filter((incident) => startOf(incident) >= until - SLACK_TICKS);
  const [first] = after;
  const suspect = serviceOf(first?.suspect, one);
  const loudest = [...spikes].sort((a, b) => b.score - a.score)[0];
  const loudAt = loudest === undefined ? -1 : startOf(loudest);
  return {
    ...{ name: one.name, fault, truth },
    reported: first !== undefined,
    suspect,
    right: suspect !== null && suspect === truth,
    loudNear: loudAt >= faultTick - SLACK_TICKS && loudAt <= faultTick + LOUD_WITHIN_MS / intervalMs,
    place: fault === null ? 0 : placeCompared(one, form),
    quietHours: (until * intervalMs) / 3.6e6,
    quietReported: quiet.length,
  };
};
