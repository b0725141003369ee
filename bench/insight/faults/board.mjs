// A third family of fault injections, which no constant was ever tuned on: a board of three to five components whose gauges
// somebody writes down every one to ten seconds, for ten minutes in all. Few series, each component with metrics of its own
// (latency, queue, CPU, memory, errors, work done), a fault near the middle. Load sways, requests wait in queues, what is behind
// the faulty one gets less.
import { createRandom } from '../random.mjs';

const SECONDS = 600;
const NAMES = ['web', 'api', 'store', 'search', 'mailer'];
const FAULTS = ['cpu', 'memory', 'slow', 'errors', 'stalled'];

/** `fault: null` is a quiet session. */
export const boardCase = (seed, fault = FAULTS[seed % FAULTS.length]) => {
  const random = createRandom(seed * 7368787 + 3);
  const intervalMs = 1000 * random.pick([1, 2, 5, 10]);
  const ticks = (SECONDS * 1000) / intervalMs;
  const faultTick = Math.round(ticks * (0.45 + 0.15 * random.next()));
  const names = NAMES.slice(0, random.integer(3, 5));
  const victim = random.integer(0, names.length - 1);
  const strength = 0.2 + 0.8 * random.next();
  const load = loadOf(random, ticks, intervalMs);
  const series = names.flatMap((service, number) => {
    const ofFault = fault === null ? null : { kind: fault, own: number === victim, behind: number > victim };
    const levels = componentOf(random, load, { ...{ ticks, faultTick, strength, intervalMs }, ofFault });
    return Object.entries(levels).map(([metric, values]) => ({
      ...{ service, metric, values },
      pid: 200 + 10 * number,
    }));
  });
  return {
    ...{ name: `board ${seed} ${fault ?? 'quiet'}`, fault, ticks, faultTick, intervalMs, series },
    truth: fault === null ? null : names[victim],
  };
};

const loadOf = (random, ticks, intervalMs) => {
  const keep = Math.exp(-intervalMs / 20_000);
  const sway = random.logUniform(0.03, 0.2);
  let slow = 0;
  return Float64Array.from({ length: ticks }, () => {
    slow = keep * slow + Math.sqrt(1 - keep ** 2) * sway * random.normal();
    return Math.exp(slow);
  });
};

const componentOf = (random, load, { ticks, faultTick, strength, intervalMs, ofFault }) => {
  const rate = random.logUniform(20, 800);
  const msEach = random.logUniform(1, 80);
  const cpuEach = random.logUniform(0.05, 0.5) / rate;
  const megabytes = random.logUniform(40, 2000);
  const noise = random.logUniform(0.02, 0.15);
  const collects = random.integer(20, 120);
  // Of the faulty one what the fault is seen in is written down.
  const shows = (kind) => ofFault?.own === true && ofFault.kind === kind;
  const has = {
    queue: random.next() < 0.5,
    errors: random.next() < 0.7 || shows('errors'),
    memory: random.next() < 0.9 || shows('memory'),
  };
  const out = { work_per_second: [], latency_ms: [], cpu: [] };
  for (const [metric, held] of Object.entries(has)) if (held) out[metric] = [];
  const is = (kind, at) => ofFault?.kind === kind && ofFault.own && at >= faultTick;
  let leaked = 0;
  for (let at = 0; at < ticks; at += 1) {
    const jitter = () => Math.max(0.05, 1 + noise * random.normal());
    const starved = ofFault?.behind === true && at >= faultTick;
    const less = starved ? { slow: 0.6, stalled: 0.2, errors: 0.8 }[ofFault.kind] : undefined;
    const work = rate * load[at] * (less ?? 1) * (is('stalled', at) ? 0 : 1) * (is('slow', at) ? 0.7 : 1);
    const slower = is('slow', at) ? 1 + 9 * strength : is('stalled', at) ? 20 : is('cpu', at) ? 1.5 : 1;
    out.work_per_second.push(work * jitter());
    out.latency_ms.push(msEach * slower * (0.8 + 0.2 * load[at]) * jitter());
    out.cpu.push(Math.min(100, 100 * cpuEach * work * jitter() + (is('cpu', at) ? 20 + 60 * strength : 0)));
    if (has.queue) out.queue.push(random.poisson((work * msEach * slower) / 1000));
    if (has.errors) out.errors.push(random.poisson(is('errors', at) ? rate * 0.1 * strength : rate * 2e-4));
    if (has.memory) {
      if (is('memory', at)) leaked += (megabytes * 0.002 * (0.3 + strength) * intervalMs) / 1000;
      const sawtooth = (0.05 * megabytes * (((at * intervalMs) / 1000) % collects)) / collects;
      out.memory.push(megabytes + sawtooth + leaked + 0.001 * megabytes * random.normal());
    }
  }
  return Object.fromEntries(
    Object.entries(out).map(([metric, values]) => [metric, Float64Array.from(values)]),
  );
};
