/**
 * Spikes that belong together in time, reported as one incident: nobody is paged for a single series. The weight of a
 * moment is the sum, over the series with a loud spike begun in the last INCIDENT.windowTicks, of how loud it is; an
 * incident is where that weight stands out from what it has been so far in this session. Where spikes are common, more
 * of them are needed.
 *
 * Everything is judged from spikes before it, so that an incident once reported stays reported.
 */
import type { Candidate } from './departures.ts';
import { INCIDENT } from './params.ts';
import type { Spike } from './series.ts';

export type Incident = {
  /** From 0, in order of beginning. */
  readonly number: number;
  readonly startTick: number;
  readonly startUs: number;
  readonly endTick: number;
  readonly endUs: number;
  /** Its spikes, the first to begin first; of each series the loudest. */
  readonly spikes: readonly Spike[];
  /** How far it stands out, in standard deviations of what was usual; incidents are ranked by it. */
  readonly weight: number;
  /** Who may be meant, by how far their series left their usual range and who was first; the likeliest first. */
  readonly candidates: readonly Candidate[];
};

/** Of what there is less than ever, less is news. Of everything else, what fell has calmed down. */
const SUPPLY = /^(?:mem\.available|swap\.free)$/;

/**
 * Whether a spike is a sign that something is wrong, and something worth reporting to a person. Kernel threads work for others:
 * what they do is reported by the machine's own signals, and is no proof of anybody.
 */
export const isSign = ({ identity, fell, peak, silent }: Spike): boolean => {
  if (identity.kernel === true) return false;
  if (silent === true) return true;
  return fell ? SUPPLY.test(identity.metric) : peak !== 0;
};

/** Incidents of at least INCIDENT.leastSeries series that stand out by `leastWeight`, in order of time. */
export const incidentsOf = (
  spikes: readonly Spike[],
  leastWeight: number = INCIDENT.leastWeight,
): Incident[] => {
  const loud = spikes
    .filter((spike) => spike.score >= INCIDENT.leastScore && isSign(spike))
    .sort((a, b) => a.tick - b.tick);
  const groups: { spikes: Set<Spike>; weight: number; last: number }[] = [];
  const usual = createUsual();
  const window = createWindow();
  let from = 0;
  loud.forEach((spike, index) => {
    for (; (loud[from]?.tick ?? 0) <= spike.tick - INCIDENT.windowTicks; from += 1)
      window.leave(loud[from] as Spike);
    window.enter(spike);
    const weight = usual.standardise(spike.tick, window.weight());
    if (weight < leastWeight || window.series() < INCIDENT.leastSeries) return;
    const group = groups.at(-1);
    if (group === undefined || spike.tick - group.last > INCIDENT.windowTicks) {
      groups.push({ spikes: new Set(loud.slice(from, index + 1)), weight, last: spike.tick });
      return;
    }
    for (const one of loud.slice(from, index + 1)) group.spikes.add(one);
    group.weight = Math.max(group.weight, weight);
    group.last = spike.tick;
  });
  return groups.map(incidentOf).slice(-INCIDENT.most);
};

/** The spikes of the latest ticks: what those of each series weigh is what the loudest does. Kept as they come and go. */
const createWindow = () => {
  const scores = new Map<number, number[]>();
  let weight = 0;
  const weightOf = (own: readonly number[]): number =>
    own.length === 0 ? 0 : Math.min(Math.max(...own), INCIDENT.mostScore) - INCIDENT.leastScore + 1;
  const change = ({ series }: Spike, to: (own: readonly number[]) => number[]): void => {
    const own = scores.get(series) ?? [];
    const next = to(own);
    weight += weightOf(next) - weightOf(own);
    if (next.length === 0) scores.delete(series);
    else scores.set(series, next);
  };
  return {
    enter: (spike: Spike): void => change(spike, (own) => [...own, spike.score]),
    /** The first to come is the first to go. */
    leave: (spike: Spike): void => change(spike, (own) => own.slice(1)),
    weight: (): number => weight,
    series: (): number => scores.size,
  };
};

/** The mean of the weight over time up to a window ago: between spikes it is nearly nothing. */
const createUsual = () => {
  const waiting: { tick: number; weight: number }[] = [];
  let sum = 0;
  let sumSquare = 0;
  return {
    standardise: (tick: number, weight: number): number => {
      for (
        let first = waiting[0];
        first !== undefined && first.tick <= tick - INCIDENT.windowTicks;
        first = waiting[0]
      ) {
        const lasted = Math.min(INCIDENT.windowTicks, (waiting[1]?.tick ?? tick) - first.tick);
        const bounded = Math.min(first.weight, INCIDENT.usualMost);
        sum += lasted * bounded;
        sumSquare += lasted * bounded ** 2;
        waiting.shift();
      }
      waiting.push({ tick, weight });
      const mean = sum / Math.max(1, tick);
      const variance = Math.max(0, sumSquare / Math.max(1, tick) - mean ** 2);
      return (weight - mean) / Math.sqrt(variance + INCIDENT.leastVariance);
    },
  };
};

const incidentOf = (group: { spikes: Set<Spike>; weight: number }, number: number): Incident => {
  const loudest = new Map<number, Spike>();
  for (const spike of group.spikes) {
    const known = loudest.get(spike.series);
    if (known === undefined || known.score < spike.score) loudest.set(spike.series, spike);
  }
  const spikes = [...loudest.values()].sort((a, b) => a.tick - b.tick || b.score - a.score);
  return {
    number,
    startTick: Math.min(...spikes.map(({ tick }) => tick)),
    startUs: Math.min(...spikes.map(({ startUs }) => startUs)),
    endTick: Math.max(...spikes.map(({ endTick }) => endTick)),
    endUs: Math.max(...spikes.map(({ endUs }) => endUs)),
    spikes,
    weight: group.weight,
    candidates: [],
  };
};
