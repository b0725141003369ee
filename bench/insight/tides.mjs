// A fourth family of synthetic sessions, which no constant was ever tuned on. Where the others draw each series by itself, here the
// machine breathes: load comes in tides that rise, stay and ebb, and reaches each series late and with a weight of its own, in how
// often and in how much; clocks are shared by many series of many processes, with a larger job every fifth time; what happens sets
// off more of the same (clumps of clumps); sizes are lognormal with a heavy share. Chains and unrelated bursts are those of
// services.mjs. The truth has the form of generator.mjs.
import { createRandom } from './random.mjs';
import { addChains, addDistractors, loseSamples } from './services.mjs';

const DEFAULTS = { processes: 30, ticks: 2700, chains: 5.4, distractors: 8, incidents: true };
const TIDES = 6;
const MOST_LATE = 4;

export const generateTides = (seed, options = {}) => {
  const size = { ...DEFAULTS, ...options };
  const random = createRandom(seed * 48611 + 29);
  const tides = tidesOf(random, size.ticks);
  const clocks = Array.from({ length: 3 }, () => ({
    period: random.pick([30, 60, 60, 120, 300]),
    phase: random.integer(0, 299),
  }));
  const types = Array.from({ length: 16 }, (_, index) => typeOf(random, index));
  const series = [];
  const values = [];
  for (let number = 0; number < size.processes; number += 1)
    for (const type of types) {
      if (random.next() < 0.25) continue;
      const one = seriesOf(random, type, series.length, 700 + 11 * number, size.ticks, clocks);
      series.push(one);
      values.push(FILL[type.kind](random, one, loadFor(one, tides)));
    }
  const truth = { chains: [], bursts: [], storms: tides.storms, periodic: [], bystander: null };
  const session = { seed, ticks: size.ticks, series, values, truth };
  if (size.incidents) addChains(random, size, session);
  addDistractors(random, size, session);
  return { ...session, missed: loseSamples(random, session) };
};

/** ln of the load; six times it rises over seconds, stays for up to a minute and ebbs away. */
const tidesOf = (random, ticks) => {
  const height = new Float64Array(ticks);
  let slow = 0;
  for (let at = 0; at < ticks; at += 1) {
    slow = 0.99 * slow + 0.02 * random.normal();
    height[at] = slow;
  }
  const storms = Array.from({ length: TIDES }, () => {
    const start = random.integer(150, ticks - 150);
    const rise = random.integer(1, 20);
    const stay = random.integer(5, 60);
    const ebb = random.integer(5, 40);
    const high = Math.log(random.logUniform(2, 6));
    for (let at = start; at < start + rise + stay + 3 * ebb && at < ticks; at += 1) {
      const since = at - start;
      height[at] +=
        high *
        (since < rise
          ? (since + 1) / rise
          : since < rise + stay
            ? 1
            : Math.exp(-(since - rise - stay) / ebb));
    }
    return { start, end: start + rise + stay + ebb };
  });
  return { height, storms };
};

const KINDS = [
  ...['events', 'events', 'events', 'events', 'cascade', 'cascade', 'cascade', 'steady'],
  ...['steady', 'steady', 'clocked', 'clocked', 'gauge', 'gauge', 'events', 'cascade'],
];

const typeOf = (random, index) => ({
  metric: `tide.m${index}`,
  kind: KINDS[index],
  logMean: Math.log(random.logUniform(1, 3000)),
  rate: random.logUniform(5e-4, 0.03),
  sigma: 0.5 + 0.7 * random.next(),
});

const seriesOf = (random, type, index, pid, ticks, clocks) => ({
  index,
  metric: type.metric,
  kind: type.kind,
  pid,
  from: 0,
  to: ticks,
  mean: Math.max(1, Math.exp(type.logMean + 0.8 * random.normal())),
  rate: Math.min(0.06, Math.max(2e-4, type.rate * Math.exp(0.8 * random.normal()))),
  sigma: type.sigma,
  /** How often and how much follow the load. */
  often: random.pick([0, 0.4, 1, 1.3]),
  much: random.pick([0, 0, 0.5]),
  late: random.integer(0, MOST_LATE),
  clock: random.pick(clocks),
});

const loadFor = ({ late, often, much }, { height }) => ({
  often: Float64Array.from(height, (_, at) => Math.exp(often * height[Math.max(0, at - late)])),
  much: Float64Array.from(height, (_, at) => Math.exp(much * height[Math.max(0, at - late)])),
});

/** Lognormal, one in fifty of them far larger. */
const sizeOf = (random, { mean, sigma }, much) =>
  Math.ceil(
    mean * much * Math.exp(sigma * random.normal() - sigma ** 2 / 2) * (random.next() < 0.02 ? 4 : 1),
  );

const FILL = {
  events: (random, one, { often, much }) =>
    Float64Array.from(often, (load, at) =>
      random.next() < one.rate * load ? sizeOf(random, one, much[at]) : 0,
    ),
  /** Each sets off others within seconds, which set off more. */
  cascade: (random, one, { often, much }) => {
    const due = new Float64Array(often.length + 8);
    return Float64Array.from(often, (load, at) => {
      const begun = (random.next() < 0.3 * one.rate * load ? 1 : 0) + due[at];
      let sum = 0;
      for (let number = 0; number < begun; number += 1) {
        sum += sizeOf(random, one, much[at]);
        for (let more = random.poisson(0.65); more > 0; more -= 1) due[at + random.integer(1, 4)] += 1;
      }
      return sum;
    });
  },
  steady: (random, one, { often, much }) => {
    let slow = 0;
    return Float64Array.from(often, (load, at) => {
      slow = 0.97 * slow + 0.07 * random.normal();
      return random.negativeBinomial(one.mean * Math.exp(slow) * load * much[at], 4);
    });
  },
  /** With many others, and more every fifth time. */
  clocked: (random, one, { much }) => {
    const { period, phase } = one.clock;
    return Float64Array.from(much, (more, at) => {
      const round = Math.floor((at + phase) / period);
      if ((at + phase) % period !== one.late % 3) return 0;
      return sizeOf(random, one, more) * (round % 5 === 0 ? 3 : 1);
    });
  },
  gauge: (random, _one, { often }) => {
    const centre = random.normal() - 0.7;
    let slow = 0;
    return Float64Array.from(often, (load) => {
      slow = 0.96 * slow + 0.09 * random.normal();
      return 100 / (1 + Math.exp(-centre - slow - 0.6 * Math.log(load)));
    });
  },
};
