// What the spikes, links, suspects and incidents of synthetic sessions are worth, against what was put in.
import { confidenceOf, correlate } from '../../dist/insight/correlate.js';
import { maySuspect } from '../../dist/insight/culprit.js';
import { directionOf } from '../../dist/insight/direction.js';
import { incidentsOf } from '../../dist/insight/incidents.js';
import { SPIKE } from '../../dist/insight/params.js';
import { sceneOf, suspectsOf } from '../../dist/insight/suspects.js';
import { reliabilityOf, summaryOf } from './calibration.mjs';
import { watch } from './watch.mjs';

const RATES = [0.5, 0.1, 0.02];
/** A burst is found when a spike begins or goes on in it, or a tick beside it. */
const SLACK_TICKS = 1;
/** What follows a burst for so long is its echo, not a false alarm. */
const ECHO_TICKS = 12;

/** `generate` makes the session of a seed: one of the two families, with its options. */
export const evaluateSynthetic = (seeds, generate) => {
  const spikes = [];
  const rows = [];
  const sums = {
    hours: 0,
    truePairs: 0,
    significantTrue: 0,
    significantFalse: 0,
    lags: 0,
    lagsRight: 0,
    directed: 0,
    decided: 0,
    right: 0,
    zero: 0,
    zeroDecided: 0,
    orders: [],
  };
  const roots = [];
  const rootsWithout = [];
  const incidents = [];
  for (const seed of seeds) {
    const session = generate(seed);
    const watched = watch(session);
    collectSpikes(session, watched, spikes, sums);
    const correlation = correlate(watched.spikes, watched.insight.ticks, SPIKE.eventScore, 'all');
    collectPairs(session, correlation, rows, sums);
    const sceneWith = (machine) => sceneOf(watched.spikes, watched.insight.ticks, correlation, machine);
    collectRoots(session, sceneWith({ originOf: originsOf(session), intervalMs: 1000 }), roots);
    collectRoots(session, sceneWith(null), rootsWithout);
    incidents.push({
      occurrences: occurrencesOf(session.truth),
      spikes: watched.spikes,
      ticks: session.ticks,
    });
  }
  return {
    spikes: recallAtRates(spikes, sums.hours),
    pairs: pairFigures(rows, sums),
    roots: withinFirst(roots),
    rootsByTimes: byTimes(roots),
    withoutMechanisms: { all: withinFirst(rootsWithout), byTimes: byTimes(rootsWithout) },
    incidents,
    calibration: reliabilityOf(rows),
    stated: { pairs: summaryOf(rows.filter(({ stated }) => stated >= 0.02)), leads: summaryOf(sums.orders) },
  };
};

const byTimes = (roots) =>
  [
    ['once', 1, 1],
    ['twice', 2, 2],
    ['three times or more', 3, 99],
  ].map(([name, least, most]) => ({
    name,
    ...withinFirst(roots.filter(({ times }) => times >= least && times <= most)),
  }));

/** Of most families nothing but the PID is known. */
const originsOf = (session) => (identity) =>
  session.originOf?.(identity) ?? { pid: identity.pid, ppid: null, cgroup: null, devices: null };

/** Share of symptoms whose root is the first, among the first three, and the first five suspects. */
const withinFirst = (roots) => ({
  shares: [1, 3, 5].map((most) => roots.filter(({ rank }) => rank > 0 && rank <= most).length / roots.length),
  symptoms: roots.length,
});

/** Significant links per session without incidents. */
export const falseLinks = (seeds, generate) => {
  let links = 0;
  for (const seed of seeds) {
    const { spikes, insight } = watch(generate(seed, { incidents: false }));
    links += correlate(spikes, insight.ticks, SPIKE.eventScore).links.length;
  }
  return links / seeds.length;
};

const collectSpikes = ({ truth, ticks, series }, watched, spikes, sums) => {
  const bursts = new Map();
  for (const burst of truth.bursts) bursts.set(burst.series, [...(bursts.get(burst.series) ?? []), burst]);
  const own = new Map();
  for (const spike of watched.spikes) own.set(spike.series, [...(own.get(spike.series) ?? []), spike]);
  for (let index = 0; index < series.length; index += 1) {
    sums.hours += (ticks - SPIKE.learningTicks) / 3600;
    for (const burst of bursts.get(index) ?? []) {
      const hits = (own.get(index) ?? []).filter(
        (spike) => spike.tick <= burst.end + SLACK_TICKS && spike.endTick >= burst.start - SLACK_TICKS,
      );
      spikes.push({ score: Math.max(0, ...hits.map(({ score }) => score)), burst: true });
    }
    for (const spike of own.get(index) ?? []) {
      const near = (bursts.get(index) ?? []).some(
        (burst) => spike.tick <= burst.end + ECHO_TICKS && spike.endTick >= burst.start - SLACK_TICKS,
      );
      if (!near) spikes.push({ score: spike.score, burst: false });
    }
  }
};

const recallAtRates = (spikes, hours) => {
  const bursts = spikes.filter(({ burst }) => burst).length;
  const sorted = [...spikes].sort((a, b) => b.score - a.score);
  return RATES.map((rate) => {
    let alarms = 0;
    let found = 0;
    let threshold = Number.POSITIVE_INFINITY;
    for (const { score, burst } of sorted) {
      if (score === 0) break;
      if (burst) found += 1;
      else alarms += 1;
      if (alarms > rate * hours) break;
      threshold = score;
    }
    return { rate, recall: found / bursts, threshold, bursts };
  });
};

const truePairsOf = ({ truth }) => {
  const pairs = new Map();
  for (const chain of truth.chains) {
    const members = [...(chain.hidden ? [] : [{ series: chain.root, lag: 0 }]), ...chain.effects];
    for (const x of members)
      for (const y of members)
        if (x.series < y.series)
          pairs.set(`${x.series},${y.series}`, { lag: y.lag - x.lag, repeats: chain.times.length });
  }
  return pairs;
};

const collectPairs = (session, { pairs, tested }, rows, sums) => {
  const truth = truePairsOf(session);
  sums.truePairs += truth.size;
  for (const pair of pairs) {
    // Who answers every chain, or repeats what another shows, is together with them, and in no chain.
    if (answers(session, pair.a) || answers(session, pair.b)) continue;
    const known = truth.get(`${pair.a},${pair.b}`);
    rows.push({ score: pair.score, stated: confidenceOf(pair.score, tested), real: known !== undefined });
    if (!pair.significant) continue;
    if (known === undefined) {
      sums.significantFalse += 1;
      continue;
    }
    sums.significantTrue += 1;
    sums.lags += 1;
    if (Math.abs(pair.lagTicks - known.lag) <= 1) sums.lagsRight += 1;
    countDirection(directionOf(pair), known.lag, sums);
  }
};

const answers = ({ series, truth }, index) =>
  index === truth.bystander || series[index].averageOf !== undefined;

const countDirection = ({ order, probability }, lag, sums) => {
  if (lag === 0) {
    sums.zero += 1;
    if (order !== 'unknown') sums.zeroDecided += 1;
    return;
  }
  sums.directed += 1;
  if (order === 'unknown') return;
  sums.decided += 1;
  const right = (order === 'first-leads') === lag > 0;
  sums.orders.push({ stated: probability, real: right });
  if (right) sums.right += 1;
};

const pairFigures = (rows, sums) => {
  const sorted = [...rows].sort((a, b) => b.score - a.score);
  let found = 0;
  let precision = 0;
  let recall = 0;
  sorted.forEach(({ real }, index) => {
    if (!real) return;
    found += 1;
    precision += found / (index + 1);
    if (1 - found / (index + 1) <= 0.1) recall = found / sums.truePairs;
  });
  return {
    truePairs: sums.truePairs,
    averagePrecision: precision / sums.truePairs,
    recallAtTenth: recall,
    significantRecall: sums.significantTrue / sums.truePairs,
    significantFalse: sums.significantFalse / Math.max(1, sums.significantTrue + sums.significantFalse),
    lagRight: sums.lagsRight / sums.lags,
    directionRight: sums.right / sums.decided,
    directionDecided: sums.decided / sums.directed,
    zeroDecided: sums.zeroDecided,
    zero: sums.zero,
  };
};

/** Where the root stands when its last effect is the symptom; 0 when it is not named. */
const collectRoots = ({ truth }, scene, roots) => {
  for (const { hidden, root, effects, times } of truth.chains) {
    if (hidden) continue;
    const symptom = [...effects].sort((a, b) => b.lag - a.lag)[0].series;
    const suspects = suspectsOf(symptom, scene).filter(({ series }) =>
      maySuspect(scene.spikesOf.get(series)[0].identity),
    );
    roots.push({ rank: suspects.findIndex(({ series }) => series === root) + 1, times: times.length });
  }
};

const LONGEST_CHAIN_TICKS = 41;

/** When at least three series of one chain spiked together. */
const occurrencesOf = ({ chains, bursts }) =>
  chains.flatMap(({ times }, number) =>
    times
      .map((at) =>
        bursts.filter(
          ({ chain, start }) => chain === number && start >= at - 1 && start <= at + LONGEST_CHAIN_TICKS,
        ),
      )
      .filter((members) => members.length >= 3)
      .map((members) => ({
        from: Math.min(...members.map(({ start }) => start)),
        to: Math.max(...members.map(({ end }) => end)),
      })),
  );

/**
 * Share of occurrences during which an incident of at least this weight was reported; and the share of all time that lies
 * in such incidents, which is what guessing would find.
 */
export const incidentRecall = (sessions, leastWeight) => {
  let [occurred, found, ticks, covered] = [0, 0, 0, 0];
  for (const { occurrences, spikes, ticks: lasted } of sessions) {
    const reported = incidentsOf(spikes, leastWeight);
    occurred += occurrences.length;
    found += occurrences.filter(({ from, to }) =>
      reported.some(({ startTick, endTick }) => startTick <= to && endTick >= from),
    ).length;
    ticks += lasted;
    covered += reported.reduce((sum, { startTick, endTick }) => sum + endTick - startTick + 1, 0);
  }
  return { recall: found / occurred, covered: covered / ticks };
};

const WEIGHTS = Array.from({ length: 49 }, (_, index) => 2 + index / 2);

/**
 * The least weight of which sessions without incidents report at most one an hour. `distractors: 0` is storms, clocks
 * and noise; otherwise there are bursts that have nothing to do with each other.
 */
export const incidentThreshold = (seeds, generate, distractors) => {
  const sessions = seeds.map((seed) => {
    const session = generate(seed, { incidents: false, distractors });
    return { spikes: watch(session).spikes, hours: session.ticks / 3600 };
  });
  const hours = sessions.reduce((sum, session) => sum + session.hours, 0);
  return (
    WEIGHTS.find(
      (weight) => sessions.reduce((sum, { spikes }) => sum + incidentsOf(spikes, weight).length, 0) <= hours,
    ) ?? Number.POSITIVE_INFINITY
  );
};
