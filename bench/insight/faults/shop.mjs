// A shop of 10 to 12 services on one machine, CPU and memory of each once a second, ten minutes before a fault and ten
// after it: what fault-injection sets of the field look like. Load moves all services, each as far as it is called; a
// collector smooths CPU over its rate window and scrapes every few seconds, so that values repeat. Everything that a
// constant could be tuned to is drawn from the seed (KNOBS).
import { createRandom } from '../random.mjs';

const CALLS = {
  'front-end': ['catalogue', 'carts', 'user', 'orders'],
  catalogue: ['catalogue-db'],
  carts: ['carts-db'],
  user: ['user-db'],
  orders: ['carts', 'user', 'payment', 'shipping', 'orders-db'],
  shipping: ['queue-master'],
};
const SERVICES = [
  'front-end',
  'catalogue',
  'carts',
  'user',
  'orders',
  'payment',
  'shipping',
  'queue-master',
  'catalogue-db',
  'carts-db',
  'user-db',
  'orders-db',
];
const FAULTS = ['cpu', 'memory', 'delay', 'loss'];
const TICKS = 1200;
const FAULT_TICK = 600;

const KNOBS = (random) => ({
  services: random.integer(10, 12),
  windowTicks: random.pick([1, 5, 15, 45]),
  scrapeTicks: random.pick([1, 1, 5, 10]),
  loadSway: random.logUniform(0.03, 0.3),
  loadPeriod: random.integer(120, 1200),
  noise: random.logUniform(0.02, 0.25),
  surges: random.integer(0, 3),
  memorySteps: random.integer(0, 4),
  garbageEvery: random.integer(40, 300),
});

/** `fault: null` is a quiet session. */
export const shopCase = (seed, fault = FAULTS[seed % FAULTS.length]) => {
  const random = createRandom(seed * 104729 + 11);
  const knobs = KNOBS(random);
  const names = SERVICES.slice(0, knobs.services);
  const victim = random.pick(names);
  const strength = random.next();
  const load = loadOf(random, knobs);
  const share = sharesOf(names, victim, fault, strength);
  const series = names.flatMap((name, index) => {
    const is = name === victim ? fault : null;
    return [
      {
        service: name,
        metric: 'cpu',
        pid: 100 + index,
        values: cpuOf(random, knobs, load, share.get(name), is, strength),
      },
      {
        service: name,
        metric: 'memory',
        pid: 100 + index,
        values: memoryOf(random, knobs, share.get(name), is, strength),
      },
    ];
  });
  return {
    name: `shop ${seed} ${fault ?? 'quiet'}`,
    fault,
    truth: fault === null ? null : victim,
    ticks: TICKS,
    faultTick: FAULT_TICK,
    series: series.map((one) => ({ ...one, values: scraped(random, one.values, knobs.scrapeTicks) })),
  };
};

/** Of what each service is asked to do, how much is left once the fault is there; who waits for whom is in CALLS. */
const sharesOf = (names, victim, fault, strength) => {
  const own =
    { cpu: 0.95, memory: 1, delay: 0.15 + 0.4 * (1 - strength), loss: 0.3 + 0.4 * (1 - strength) }[fault] ??
    1;
  const share = new Map(names.map((name) => [name, 1]));
  const lower = (name, to) => share.set(name, Math.min(share.get(name) ?? 1, to));
  const damped = (from) => 1 - (1 - from) * 0.35;
  lower(victim, own);
  for (const [caller, called] of Object.entries(CALLS))
    if (called.includes(victim)) lower(caller, damped(own));
  for (const called of CALLS[victim] ?? []) lower(called, damped(own));
  return share;
};

const loadOf = (random, knobs) => {
  const surges = Array.from({ length: knobs.surges }, () => {
    const from = random.integer(60, TICKS - 60);
    return { from, to: from + random.integer(10, 40), by: random.logUniform(1.3, 2.5) };
  });
  let slow = 0;
  return Float64Array.from({ length: TICKS }, (_, at) => {
    slow += -0.02 * slow + 0.2 * knobs.loadSway * random.normal();
    const wave = 1 + knobs.loadSway * Math.sin((6.28 * at) / knobs.loadPeriod);
    const surge = surges.find(({ from, to }) => at >= from && at < to)?.by ?? 1;
    return wave * Math.exp(slow) * surge;
  });
};

const cpuOf = (random, knobs, load, share, fault, strength) => {
  const level = random.logUniform(0.1, 20);
  const follows = random.pick([0.3, 0.7, 1]);
  const hog = 30 + 70 * strength;
  const used = Float64Array.from(load, (at, tick) => {
    const faulty = tick >= FAULT_TICK;
    const base =
      level * at ** follows * (faulty ? share : 1) * Math.max(0, 1 + knobs.noise * random.normal());
    return (
      base +
      (faulty && fault === 'cpu' ? hog * (1 + 0.02 * random.normal()) : 0) +
      (faulty && fault === 'memory' ? level * 0.5 * strength : 0)
    );
  });
  let sum = 0;
  return used.map((value, at) => {
    sum += value - (at >= knobs.windowTicks ? used[at - knobs.windowTicks] : 0);
    return sum / Math.min(at + 1, knobs.windowTicks);
  });
};

const memoryOf = (random, knobs, share, fault, strength) => {
  const level = random.logUniform(8e6, 8e8);
  const garbage = level * random.logUniform(0.002, 0.05);
  const steps = Array.from({ length: knobs.memorySteps }, () => random.integer(0, TICKS - 1));
  const phase = random.integer(0, knobs.garbageEvery);
  const leak = level * 0.0008 * 10 ** strength;
  let own = level;
  return Float64Array.from({ length: TICKS }, (_, tick) => {
    if (steps.includes(tick)) own += garbage * (random.next() - 0.3);
    own += 0.0001 * level * random.normal();
    const faulty = tick >= FAULT_TICK;
    const waiting = faulty && share < 1 ? level * 0.3 * (1 - share) : 0;
    const leaked = faulty && fault === 'memory' ? leak * (tick - FAULT_TICK) : 0;
    return own + (garbage * ((tick + phase) % knobs.garbageEvery)) / knobs.garbageEvery + waiting + leaked;
  });
};

/** What a collector that comes by every so often shows in between. */
const scraped = (random, values, every) => {
  const phase = random.integer(0, every - 1);
  return values.map((_, at) => values[Math.max(0, at - ((at + phase) % every))]);
};
