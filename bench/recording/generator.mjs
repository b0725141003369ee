// A session as a busy host writes it, at any length: so many active processes, each of which moves about ten metrics
// a sample, some that are born and end, and the host's own. Names, metrics and the header are those of a real recording.
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

const EXAMPLE = new URL('../../examples/01-seek-hole-storm.ndjson.gz', import.meta.url);
const LEVELS = [
  ['proc.rss', 'bytes'],
  ['proc.anon', 'bytes'],
  ['proc.minor', 'count'],
  ['proc.major', 'count'],
];

/** The header of a real session, with levels of processes beside. */
export const headerOf = () => {
  const header = JSON.parse(gunzipSync(readFileSync(EXAMPLE)).toString('utf8').split('\n', 1)[0]);
  const known = new Set(header.metrics.map(({ id }) => id));
  const levels = LEVELS.filter(([id]) => !known.has(id)).map(([id, unit]) => ({
    id,
    probe: 'host',
    scope: 'pid',
    kind: 'gauge',
    unit,
    label: id,
    help: id,
  }));
  return { ...header, metrics: [...header.metrics, ...levels] };
};

/** A small generator of its own: the same session every time. */
const randomOf = (seed) => {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
};

/** Records of `samples` samples, one after the other, in stream order. */
export function* sessionOf({ processes = 200, samples, header = headerOf(), seed = 1 }) {
  const random = randomOf(seed);
  const counted = header.metrics.filter(
    ({ scope, kind, dims }) => scope === 'pid' && kind === 'counter' && !dims,
  );
  const host = header.metrics.filter(({ scope }) => scope === 'host');
  const hostValues = new Map(host.map(({ id }) => [id, Math.floor(random() * 1e9)]));
  const living = Array.from({ length: processes }, (_, index) => birth(index + 1000, counted, random));
  let nextPid = 1000 + processes;
  const startUs = header.clock.bootUs;
  for (const one of living) yield processRecord(one, startUs);
  for (let seq = 0; seq < samples; seq += 1) {
    const bootUs = startUs + seq * 1_000_000 + Math.floor(random() * 300);
    if (seq > 0 && seq % 10 === 0) {
      const gone = Math.floor(random() * living.length);
      const { pid, startMs, comm } = living[gone];
      yield { type: 'exit', bootUs, pid, startMs, comm };
      living[gone] = birth(nextPid, counted, random);
      nextPid += 1;
      yield processRecord(living[gone], bootUs);
      yield { type: 'forget', bootUs, pid };
    }
    const full = seq % 60 === 0;
    const counters = {};
    for (const one of living) {
      for (const [metric, state] of one.metrics) {
        const moves = random() < 0.9;
        if (moves) state.value += Math.floor(random() * state.step);
        if (!moves && !full) continue;
        counters[metric] ??= [];
        counters[metric].push([one.pid, state.value]);
      }
    }
    const values = {};
    for (const { id, kind } of host) {
      const moves = random() < 0.25;
      const before = hostValues.get(id);
      const value = !moves
        ? before
        : kind === 'counter'
          ? before + Math.floor(random() * 5000)
          : Math.floor(random() * 1e7);
      hostValues.set(id, value);
      if (moves || full) values[id] = value;
    }
    yield {
      type: 'sample',
      seq,
      bootUs,
      epoch: 0,
      counted: true,
      full,
      counters,
      host: values,
      self: { cpuMs: seq * 12, rssBytes: 9e7, tracerCpuMs: seq * 4, tracerRssBytes: 1.1e8, mapBytes: 3.6e7 },
    };
  }
}

const birth = (pid, counted, random) => ({
  pid,
  startMs: pid * 40,
  comm: `worker-${pid % 37}`,
  metrics: new Map([
    ...counted
      .filter(() => random() < 0.25)
      .map(({ id }) => [id, { value: 0, step: id.endsWith('_ns') ? 5_000_000 : 200 }]),
    ...LEVELS.map(([id]) => [id, { value: Math.floor(random() * 1e9), step: 65_536 }]),
  ]),
});

const processRecord = ({ pid, startMs, comm }, bootUs) => ({
  type: 'process',
  bootUs,
  pid,
  startMs,
  comm,
  ppid: 1,
  uid: 1000,
  cmdline: `/usr/lib/service/${comm} --config /etc/service/${comm}.conf --shard ${pid % 64}`,
  cgroup: `/system.slice/${comm}.service`,
});
