// A second family of fault injections, built apart from the first (shop.mjs): a market of services in layers with several
// replicas, of which one is faulty. Work arrives as single requests in a queue, so that CPU, memory and what waits follow from
// one another instead of being drawn: a slow service holds its callers' threads and memory, and starves those behind it.
// CPU is measured by its own second, memory is what requests, caches and leaks hold, in pages.
import { createRandom } from '../random.mjs';

const TICKS = 1200;
const FAULT_TICK = 600;
const FAULTS = ['cpu', 'memory', 'delay', 'loss'];
const PAGE = 4096;

/** `fault: null` is a quiet session. */
export const marketCase = (seed, fault = FAULTS[seed % FAULTS.length]) => {
  const random = createRandom(seed * 15485863 + 5);
  const services = layersOf(random);
  const victim = random.pick(services);
  const strength = 0.2 + 0.8 * random.next();
  const values = simulate(random, services, fault === null ? null : { victim, kind: fault, strength });
  return {
    name: `market ${seed} ${fault ?? 'quiet'}`,
    fault,
    truth: fault === null ? null : victim.name,
    ticks: TICKS,
    faultTick: FAULT_TICK,
    series: services.flatMap(({ name }, index) => [
      { service: name, metric: 'cpu_percent', pid: 4000 + 3 * index, values: values[index].cpu },
      { service: name, metric: 'rss_bytes', pid: 4000 + 3 * index, values: values[index].memory },
    ]),
  };
};

const layersOf = (random) => {
  const sizes = [1, random.integer(3, 4), random.integer(3, 4), random.integer(2, 3)];
  const layers = sizes.map((size, layer) =>
    Array.from({ length: size }, (_, number) => ({
      name: `m${layer}${String.fromCharCode(97 + number)}`,
      msEach: random.logUniform(0.3, 12),
      waitMsEach: random.logUniform(1, 60),
      bytesEach: random.logUniform(2e4, 2e6),
      idleBytes: random.logUniform(1e7, 6e8),
      cacheBytes: random.logUniform(1e5, 4e7),
      cleanEvery: random.integer(25, 400),
      calls: [],
    })),
  );
  layers.forEach((layer, depth) => {
    for (const one of layer)
      for (const next of layers[depth + 1] ?? [])
        if (random.next() < 0.6) one.calls.push({ to: next, each: random.logUniform(0.2, 2) });
  });
  return layers.flat();
};

const simulate = (random, services, fault) => {
  const rate = random.logUniform(15, 120);
  const sway = random.logUniform(0.02, 0.25);
  const out = services.map(() => ({ cpu: new Float64Array(TICKS), memory: new Float64Array(TICKS) }));
  const held = services.map(() => 0);
  const cache = services.map(() => 0);
  let mood = 0;
  let leaked = 0;
  for (let at = 0; at < TICKS; at += 1) {
    mood = 0.97 * mood + 0.25 * sway * random.normal();
    const faulty = fault !== null && at >= FAULT_TICK;
    const through = capacityOf(services, faulty ? fault : null);
    const asked = new Map([[services[0], rate * Math.exp(mood) * through.get(services[0])]]);
    services.forEach((one, index) => {
      const requests = random.poisson((asked.get(one) ?? 0) + 0.3);
      for (const { to, each } of one.calls)
        asked.set(to, (asked.get(to) ?? 0) + requests * each * through.get(to));
      const isVictim = faulty && fault.victim === one;
      const waitMs = waitOf(one, faulty ? fault : null);
      held[index] += 0.3 * ((requests * waitMs) / 1000 - held[index]);
      cache[index] = at % one.cleanEvery === 0 ? 0 : Math.min(one.cacheBytes, cache[index] + requests * 800);
      const hog = isVictim && fault.kind === 'cpu' ? 25 + 75 * fault.strength : 0;
      const own = (requests * one.msEach * (0.9 + 0.2 * random.next())) / 10;
      const retried = isVictim && fault.kind === 'loss' ? 1 + 0.8 * fault.strength : 1;
      if (isVictim && fault.kind === 'memory') leaked += one.idleBytes * 0.0008 * 10 ** fault.strength;
      out[index].cpu[at] = Math.min(100, own * retried) + hog;
      const bytes = one.idleBytes + cache[index] + held[index] * one.bytesEach + (isVictim ? leaked : 0);
      out[index].memory[at] = Math.round(bytes / PAGE) * PAGE;
    });
  }
  return out;
};

/** What share of what is asked of each gets through: who calls the faulty one is held up in part, who is called by it gets less. */
const capacityOf = (services, fault) => {
  const slow =
    fault === null
      ? 1
      : { cpu: 0.92, memory: 1, delay: 1 - 0.75 * fault.strength, loss: 1 - 0.5 * fault.strength }[
          fault.kind
        ];
  return new Map(services.map((one) => [one, fault !== null && one === fault.victim ? slow : 1]));
};

const waitOf = (one, fault) => {
  if (fault === null || (fault.kind !== 'delay' && fault.kind !== 'loss')) return one.waitMsEach;
  const added = (fault.kind === 'delay' ? 2000 : 600) * fault.strength;
  if (one === fault.victim) return one.waitMsEach + added;
  const through = one.calls.find(({ to }) => to === fault.victim)?.each ?? 0;
  return one.waitMsEach + 0.3 * Math.min(1, through) * added;
};
