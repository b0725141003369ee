// Synthetic sessions with a truth: one-second counters and gauges of many processes, storms of load, periodic jobs
// and missed samples; and in them chains of spikes (a root, its effects after their lags), beside many bursts that
// have nothing to do with each other, and a bystander that follows everything. What was put in is the truth; nothing
// of it reaches the detector. What is not in here (PIDs that come and go, deploys, resets, averages) is in services.mjs.
import { createRandom } from './random.mjs';

const KINDS = [
  'sparse',
  'sparse',
  'sparse',
  'clumped',
  'clumped',
  'pareto',
  'busy',
  'busy',
  'gauge',
  'periodic',
];
const LAGS = [0, 1, 2, 3, 5, 8, 10, 15, 20, 30];
const REPEATS = [1, 2, 3, 5, 8, 12];
const SHAPES = {
  step: () => 1,
  ramp: (at, length) => (at + 1) / length,
  decay: (at, length) => Math.exp((-2 * at) / length),
};
const PERIODS = [10, 15, 20, 30, 60, 120, 300];

export const DEFAULTS = {
  series: 400,
  ticks: 2700,
  chains: 5.4,
  distractors: 8,
  incidents: true,
  storms: 6,
  mess: true,
};

/** `{ticks, series: [{metric, pid, kind}], values: Float64Array[], missed: Set, truth}`; values are per tick. */
export const generate = (seed, options = {}) => {
  const size = { ...DEFAULTS, ...options };
  const random = createRandom(seed);
  const load = loadOf(random, size);
  const types = Array.from({ length: Math.max(16, Math.round(Math.sqrt(size.series))) }, (_, index) =>
    typeOf(random, index),
  );
  const series = [];
  const values = [];
  for (let index = 0; index < size.series; index += 1) {
    const type = types[index % types.length];
    const one = seriesOf(random, type, index, types.length);
    series.push(one);
    values.push(background(random, one, load, size.ticks));
  }
  const truth = { chains: [], bursts: [], storms: load.storms, periodic: [], bystander: null };
  if (size.incidents) addChains(random, size, series, values, truth);
  if (size.distractors > 0) addDistractors(random, size, series, values, truth);
  if (size.incidents) addBystander(random, series, values, truth, size);
  return {
    seed,
    ticks: size.ticks,
    series,
    values,
    missed: size.mess ? loseSamples(random, size) : new Set(),
    truth,
  };
};

const loadOf = (random, { ticks, storms: count }) => {
  const level = new Float64Array(ticks);
  let ar = 0;
  for (let tick = 0; tick < ticks; tick += 1) {
    ar = 0.98 * ar + 0.03 * random.normal();
    level[tick] = Math.exp(ar);
  }
  const storms = [];
  for (let index = 0; index < count; index += 1) {
    const start = random.integer(180, ticks - 90);
    const length = random.integer(15, 60);
    const factor = 2 + 3 * random.next();
    storms.push({ start, end: start + length });
    for (let tick = start; tick < start + length; tick += 1) level[tick] *= factor;
  }
  return { level, storms };
};

const typeOf = (random, index) => ({
  metric: `synth.type${index}`,
  kind: KINDS[index % KINDS.length],
  logMean: Math.log(random.logUniform(2, 2000)),
  rate: random.logUniform(5e-4, 0.03),
  spread: 0.6 + 0.4 * random.next(),
  dispersion: 0.5 + 2 * random.next(),
});

const seriesOf = (random, type, index, types) => {
  const mean = Math.exp(type.logMean + type.spread * random.normal());
  return {
    index,
    metric: type.metric,
    kind: type.kind,
    pid: 1000 + Math.floor(index / types),
    mean: Math.max(1, mean),
    rate: Math.min(0.1, Math.max(3e-4, type.rate * Math.exp(type.spread * random.normal()))),
    dispersion: type.dispersion,
    loading: random.pick([0, 0.5, 1]),
    period: random.pick(PERIODS),
    phase: random.integer(0, 299),
  };
};

const background = (random, one, { level }, ticks) => {
  const out = new Float64Array(ticks);
  FILL[one.kind](random, one, level, out);
  return out;
};

const stormy = (level, one) => (one.loading === 0 ? 1 : level ** one.loading);

const FILL = {
  sparse: (random, one, level, out) => {
    for (let tick = 0; tick < out.length; tick += 1)
      if (random.next() < one.rate * stormy(level[tick], one))
        out[tick] = 1 + random.negativeBinomial(one.mean, one.dispersion);
  },
  clumped: (random, one, level, out) => {
    let on = false;
    for (let tick = 0; tick < out.length; tick += 1) {
      on = on ? random.next() < 0.7 : random.next() < 0.4 * one.rate * stormy(level[tick], one);
      if (on) out[tick] = 1 + random.negativeBinomial(one.mean, one.dispersion);
    }
  },
  pareto: (random, one, level, out) => {
    for (let tick = 0; tick < out.length; tick += 1)
      if (random.next() < one.rate * stormy(level[tick], one))
        out[tick] = Math.round(random.pareto(one.mean / 3, 1.5));
  },
  busy: (random, one, level, out) => {
    let ar = 0;
    for (let tick = 0; tick < out.length; tick += 1) {
      ar = 0.98 * ar + 0.06 * random.normal();
      out[tick] = random.negativeBinomial(
        one.mean * Math.exp(ar) * stormy(level[tick], one),
        1 + 3 * one.dispersion,
      );
    }
  },
  gauge: (random, one, level, out) => {
    const centre = -1 + 0.8 * random.normal();
    let ar = 0;
    for (let tick = 0; tick < out.length; tick += 1) {
      ar = 0.98 * ar + 0.1 * random.normal();
      const x = centre + ar + 0.7 * Math.log(stormy(level[tick], one));
      out[tick] = 100 / (1 + Math.exp(-x - 0.05 * random.normal()));
    }
  },
  periodic: (random, one, _level, out) => {
    for (let tick = one.phase % one.period; tick < out.length; tick += one.period) {
      const at = Math.min(
        out.length - 1,
        Math.max(0, tick + (random.next() < 0.15 ? random.integer(-1, 1) : 0)),
      );
      out[at] = 1 + random.negativeBinomial(one.mean, 4);
    }
  },
};

/** Adds a burst; what it did to the series is in the truth. */
const addBurst = (random, { series, values, truth, ticks }, index, start, chain) => {
  const one = series[index];
  const length = random.integer(1, 20);
  const factor = random.logUniform(4, 40);
  const shape = SHAPES[random.pick(Object.keys(SHAPES))];
  const out = values[index];
  const end = Math.min(ticks - 1, start + length - 1);
  for (let tick = start; tick <= end; tick += 1) {
    const strength = shape(tick - start, length);
    if (one.kind === 'gauge') {
      const odds = out[tick] / (100.0001 - out[tick]);
      const raised = odds * (1 + (factor - 1) * strength);
      out[tick] = (100 * raised) / (1 + raised);
    } else out[tick] += 1 + random.negativeBinomial(one.mean * factor * strength, 6);
  }
  truth.bursts.push({ series: index, start, end, factor, chain });
};

const addChains = (random, size, series, values, truth) => {
  const count = Math.floor(size.chains) + (random.next() < size.chains % 1 ? 1 : 0);
  const used = new Set();
  const fresh = () => {
    for (;;) {
      const index = random.integer(0, series.length - 1);
      if (used.has(index)) continue;
      used.add(index);
      return index;
    }
  };
  for (let number = 0; number < count; number += 1) {
    const root = fresh();
    const effects = Array.from({ length: random.integer(2, 4) }, () => ({
      series: fresh(),
      lag: random.pick(LAGS),
      probability: 0.7 + 0.3 * random.next(),
    }));
    const repeats = random.pick(REPEATS);
    const hidden = random.next() < 0.15;
    const times = [];
    for (let tries = 0; times.length < repeats && tries < 500; tries += 1) {
      const at = random.integer(300, size.ticks - 60);
      if (times.every((time) => Math.abs(time - at) > 90)) times.push(at);
    }
    times.sort((a, b) => a - b);
    truth.chains.push({ root, effects, times, hidden });
    const context = { series, values, truth, ticks: size.ticks };
    for (const time of times) {
      if (!hidden) addBurst(random, context, root, time, number);
      for (const effect of effects) {
        if (random.next() > effect.probability) continue;
        const jitter = effect.lag === 0 ? 0 : random.pick([-1, 0, 0, 0, 1]);
        addBurst(random, context, effect.series, time + effect.lag + jitter, number);
      }
    }
  }
};

const addDistractors = (random, size, series, values, truth) => {
  const chained = truth.bursts.filter(({ chain }) => chain !== null).length;
  const count = size.incidents ? chained * size.distractors : Math.round(size.series * 1.5);
  for (let number = 0; number < count; number += 1)
    addBurst(
      random,
      { series, values, truth, ticks: size.ticks },
      random.integer(0, series.length - 1),
      random.integer(180, size.ticks - 40),
      null,
    );
};

/** One process that answers whatever happens, a second later: never a cause. */
const addBystander = (random, series, values, truth, size) => {
  const candidates = series.filter(
    ({ kind, index }) => kind === 'sparse' && truth.bursts.every((burst) => burst.series !== index),
  );
  const one = candidates[0];
  if (one === undefined) return;
  truth.bystander = one.index;
  for (const chain of truth.chains)
    for (const time of chain.times)
      addBurst(random, { series, values, truth, ticks: size.ticks }, one.index, time + 1, -1);
};

/** Samples that nobody took. */
const loseSamples = (random, size) => {
  const missed = new Set();
  for (let number = 0; number < size.ticks / 300; number += 1) missed.add(random.integer(60, size.ticks - 1));
  return missed;
};
