// A second family of synthetic sessions, built apart from the first (generator.mjs), so that constants tuned on one
// can be checked on the other: services with several processes that come and go, each with its own choice of metrics.
// Sizes are lognormal, Pareto or negative binomial; activity is Poisson, clumped, on for minutes, or by the clock;
// there are storms, deploys that change levels for good, PIDs used twice, counters that reset, samples missed singly
// and in rows, and averages over ten seconds of what others show at once. Chains are stars or cascades; an effect may
// be louder than its cause; one process answers whatever happens. The truth has the form of generator.mjs.
import { createRandom } from './random.mjs';

const DEFAULTS = { processes: 40, ticks: 2700, chains: 5.4, distractors: 8, incidents: true };

const CLASSES = ['rare', 'rare', 'lognormal', 'clumps', 'heavy', 'busy', 'busy', 'session', 'level', 'job'];
const LAGS = [0, 1, 2, 3, 5, 8, 10, 15, 20, 30];
const REPEATS = [1, 2, 3, 5, 8, 12];
const MOST_LAG = 38;
const EARLIEST = 240;

export const generateServices = (seed, options = {}) => {
  const size = { ...DEFAULTS, ...options };
  const random = createRandom(seed * 7919 + 17);
  const { load, storms } = loadOf(random, size.ticks);
  const series = [];
  const values = [];
  for (const process of processesOf(random, size)) {
    for (const type of process.types) {
      const one = seriesOf(random, type, process, series.length);
      series.push(one);
      values.push(FILL[type.class](random, one, load, size.ticks));
    }
  }
  const truth = { chains: [], bursts: [], storms, periodic: [], bystander: null };
  const session = { seed, ticks: size.ticks, series, values, truth };
  deploy(random, session);
  if (size.incidents) addChains(random, size, session);
  addDistractors(random, size, session);
  if (size.incidents) addBystander(random, session);
  addAverages(session);
  return { ...session, missed: loseSamples(random, session) };
};

export const loadOf = (random, ticks) => {
  const load = new Float64Array(ticks).fill(1);
  const wave = random.integer(600, 2400);
  const phase = random.next() * 6.28;
  let slow = 0;
  for (let at = 0; at < ticks; at += 1) {
    slow += -0.01 * slow + 0.02 * random.normal();
    load[at] = Math.exp(slow + 0.2 * Math.sin(phase + (6.28 * at) / wave));
  }
  const storms = Array.from({ length: random.integer(3, 8) }, () => {
    const start = random.integer(150, ticks - 80);
    const end = start + random.integer(15, 60);
    const factor = random.logUniform(2, 5);
    for (let at = start; at < end; at += 1) load[at] *= factor;
    return { start, end };
  });
  return { load, storms };
};

/** The host, and processes of services; some live only for a while, and some of their PIDs are used again. */
const processesOf = (random, { processes, ticks }) => {
  const types = Array.from({ length: 18 }, (_, index) => ({
    metric: `svc.m${index}`,
    class: index < CLASSES.length ? CLASSES[index] : random.pick(CLASSES),
    logMean: Math.log(random.logUniform(1, 5000)),
    rate: random.logUniform(5e-4, 0.03),
    spread: 0.6 + 0.4 * random.next(),
  }));
  const hostTypes = ['busy', 'level', 'level', 'rare', 'heavy', 'session', 'busy', 'clumps'].map(
    (name, index) => ({
      ...types[index],
      metric: `box.m${index}`,
      class: name,
      logMean: types[index].logMean + 2,
    }),
  );
  const all = [{ pid: null, from: 0, to: ticks, types: hostTypes }];
  for (let number = 0; number < processes; number += 1) {
    const own = types.filter(() => random.next() < 0.6);
    const pid = 300 + number * 7;
    if (random.next() > 0.15) {
      all.push({ pid, from: 0, to: ticks, types: own });
      continue;
    }
    const middle = random.integer(Math.floor(ticks / 3), Math.floor((2 * ticks) / 3));
    all.push({ pid, from: 0, to: middle, types: own });
    const reused = random.next() < 0.5;
    all.push({
      pid: reused ? pid : 5000 + number,
      from: middle + random.integer(2, 90),
      to: ticks,
      types: own,
    });
  }
  return all;
};

const seriesOf = (random, type, { pid, from, to }, index) => ({
  index,
  metric: type.metric,
  kind: type.class === 'level' ? 'gauge' : type.class,
  pid,
  from,
  to,
  mean: Math.max(1, Math.exp(type.logMean + type.spread * random.normal())),
  rate: Math.min(0.06, Math.max(2e-4, type.rate * Math.exp(type.spread * random.normal()))),
  follows: random.pick([0, 0.5, 1]),
  period: random.pick([10, 15, 20, 30, 60, 120, 300]),
});

const filled = (one, ticks, valueAt) => {
  const out = new Float64Array(ticks).fill(Number.NaN);
  for (let at = one.from; at < one.to; at += 1) out[at] = valueAt(at);
  return out;
};

export const FILL = {
  rare: (random, one, load, ticks) =>
    filled(one, ticks, (at) =>
      random.next() < one.rate * load[at] ** one.follows ? 1 + random.negativeBinomial(one.mean, 0.8) : 0,
    ),
  lognormal: (random, one, load, ticks) =>
    filled(one, ticks, (at) =>
      random.next() < one.rate * load[at] ** one.follows
        ? Math.ceil(one.mean * Math.exp(0.9 * random.normal() - 0.4))
        : 0,
    ),
  clumps: (random, one, load, ticks) => {
    let left = 0;
    return filled(one, ticks, (at) => {
      if (left > 0) left -= 1;
      else if (random.next() < 0.3 * one.rate * load[at] ** one.follows)
        left = 1 + Math.floor(-4 * Math.log(1 - random.next()));
      return left > 0 ? 1 + random.negativeBinomial(one.mean, 1.5) : 0;
    });
  },
  heavy: (random, one, load, ticks) =>
    filled(one, ticks, (at) =>
      random.next() < one.rate * load[at] ** one.follows ? Math.ceil(random.pareto(one.mean / 3, 1.5)) : 0,
    ),
  busy: (random, one, load, ticks) => {
    let slow = 0;
    return filled(one, ticks, (at) => {
      slow = 0.98 * slow + 0.08 * random.normal();
      return random.negativeBinomial(one.mean * Math.exp(slow) * load[at] ** one.follows, 3);
    });
  },
  /** Somebody works for minutes, then does not. */
  session: (random, one, load, ticks) => {
    let on = random.next() < 0.3;
    return filled(one, ticks, (at) => {
      if (random.next() < (on ? 1 / 150 : 1 / 500)) on = !on;
      return on && random.next() < 0.5 ? random.negativeBinomial(one.mean * load[at] ** one.follows, 1.2) : 0;
    });
  },
  level: (random, one, load, ticks) => {
    const centre = random.normal() - 0.5;
    let slow = 0;
    return filled(one, ticks, (at) => {
      slow = 0.98 * slow + 0.08 * random.normal();
      const odds = Math.exp(centre + slow + 0.04 * random.normal()) * load[at] ** (0.6 * one.follows);
      return (100 * odds) / (1 + odds);
    });
  },
  job: (random, one, _load, ticks) => {
    const phase = random.integer(0, one.period - 1);
    const late = random.pick([0, 0, 1]);
    return filled(one, ticks, (at) =>
      (at + (late > 0 && random.next() < 0.3 ? 1 : 0)) % one.period === phase
        ? 1 + random.negativeBinomial(one.mean, 4)
        : 0,
    );
  },
};

/** From some time on two or three processes do more than before: a new normal, not a spike. */
const deploy = (random, { series, values, ticks }) => {
  const pids = [...new Set(series.map(({ pid }) => pid))].filter((pid) => pid !== null);
  for (let number = 0; number < 3; number += 1) {
    const pid = random.pick(pids);
    const since = random.integer(Math.floor(ticks / 4), ticks - 200);
    const factor = random.logUniform(1.5, 4);
    for (const one of series) {
      if (one.pid !== pid || one.kind !== 'busy') continue;
      for (let at = since; at < ticks; at += 1)
        values[one.index][at] = Math.round(values[one.index][at] * factor);
    }
  }
};

const SHAPES = [
  () => 1,
  (at, length) => (at + 1) / length,
  (at, length) => 1 - at / length,
  (at, length) => Math.exp((-2.5 * at) / length),
  (at, length) => 1 - Math.abs((2 * at) / length - 1) + 1 / length,
];

/** Not where the process does not live. */
export const addBurst = (
  random,
  { series, values, truth },
  index,
  start,
  chain,
  { louder = 1, lasts } = {},
) => {
  const one = series[index];
  const out = values[index];
  const length = Math.min(lasts ?? random.integer(1, 20), one.to - start);
  if (start < one.from + 30 || length < 1) return;
  const factor = Math.min(60, random.logUniform(4, 40) * louder);
  const shape = random.pick(SHAPES);
  const patchy = length > 4 && random.next() < 0.3;
  for (let at = start; at < start + length; at += 1) {
    if (patchy && at > start && random.next() < 0.4) continue;
    const strength = shape(at - start, length);
    if (one.kind === 'gauge') {
      const odds = (out[at] / (100.0001 - out[at])) * (1 + (factor - 1) * strength);
      out[at] = (100 * odds) / (1 + odds);
    } else out[at] += 1 + random.negativeBinomial(one.mean * factor * strength, 4);
  }
  truth.bursts.push({ series: index, start, end: start + length - 1, factor, chain });
};

export const addChains = (random, size, session) => {
  const { series, truth, ticks } = session;
  const count = Math.floor(size.chains) + (random.next() < size.chains % 1 ? 1 : 0);
  const lasting = series.filter(({ from, to }) => from === 0 && to === ticks).map(({ index }) => index);
  const take = () => lasting.splice(random.integer(0, lasting.length - 1), 1)[0];
  for (let number = 0; number < count; number += 1) {
    const root = take();
    const cascade = random.next() < 0.4;
    let before = 0;
    const effects = Array.from({ length: random.integer(2, 4) }, () => {
      const lag = Math.min(MOST_LAG, (cascade ? before : 0) + random.pick(LAGS));
      before = lag;
      return {
        series: take(),
        lag,
        probability: 0.7 + 0.3 * random.next(),
        louder: random.next() < 0.25 ? 3 : 1,
      };
    });
    const hidden = random.next() < 0.15;
    const times = timesOf(random, random.pick(REPEATS), ticks);
    truth.chains.push({ root, effects, times, hidden });
    for (const time of times) {
      if (!hidden) addBurst(random, session, root, time, number);
      for (const { series: index, lag, probability, louder } of effects) {
        if (random.next() > probability) continue;
        const jitter = lag === 0 ? 0 : random.integer(-1, 1);
        addBurst(random, session, index, time + lag + jitter, number, { louder });
      }
    }
  }
};

export const timesOf = (random, repeats, ticks) => {
  const times = [];
  for (let tries = 0; times.length < repeats && tries < 500; tries += 1) {
    const at = random.integer(EARLIEST, ticks - 70);
    if (times.every((time) => Math.abs(time - at) > 60)) times.push(at);
  }
  return times.sort((a, b) => a - b);
};

/** Bursts that have nothing to do with anything; some series have more than their share. */
export const addDistractors = (random, size, session) => {
  const { series, truth, ticks } = session;
  const chained = truth.bursts.filter(({ chain }) => chain !== null).length;
  const count = size.incidents
    ? chained * size.distractors
    : Math.round(series.length * (size.distractors > 0 ? 1.5 : 0));
  const lively = Array.from({ length: Math.ceil(series.length / 10) }, () =>
    random.integer(0, series.length - 1),
  );
  for (let number = 0; number < count; number += 1) {
    const index = random.next() < 0.25 ? random.pick(lively) : random.integer(0, series.length - 1);
    addBurst(random, session, index, random.integer(EARLIEST - 60, ticks - 30), null);
  }
};

const addBystander = (random, session) => {
  const { series, truth, ticks } = session;
  const quiet = series.filter(
    ({ index, from, to, kind }) =>
      (kind === 'rare' || kind === 'lognormal') &&
      from === 0 &&
      to === ticks &&
      truth.chains.every(
        ({ root, effects }) => root !== index && effects.every((one) => one.series !== index),
      ),
  );
  if (quiet.length === 0) return;
  truth.bystander = random.pick(quiet).index;
  for (const { times } of truth.chains)
    for (const time of times) addBurst(random, session, truth.bystander, time + 1, -1);
};

/** What a tool that averages over ten seconds shows of three series: late, and never first. */
const addAverages = ({ series, values, truth, ticks }) => {
  const sources = truth.chains.slice(0, 3).map(({ root }) => root);
  for (const source of sources) {
    let average = 0;
    const out = Float64Array.from(values[source], (value) => {
      average += ((Number.isNaN(value) ? 0 : value) - average) / 10;
      return average;
    });
    const index = series.length;
    series.push({
      index,
      metric: `avg10.m${index}`,
      kind: 'gauge',
      pid: null,
      from: 0,
      to: ticks,
      averageOf: source,
    });
    values.push(out);
    for (const { series: of, start, end, factor } of [...truth.bursts])
      if (of === source) truth.bursts.push({ series: index, start, end: end + 20, factor, chain: -1 });
  }
};

/** Samples that nobody took, singly and in rows; and counters that started over, which is one unread tick of one series. */
export const loseSamples = (random, { series, values, ticks }) => {
  const missed = new Set();
  for (let number = 0; number < ticks / 400; number += 1) missed.add(random.integer(60, ticks - 1));
  const from = random.integer(300, ticks - 100);
  for (let at = from; at < from + random.integer(3, 12); at += 1) missed.add(at);
  for (const one of series)
    if (one.kind !== 'gauge' && random.next() < 0.05)
      values[one.index][random.integer(300, ticks - 1)] = Number.NaN;
  return missed;
};
