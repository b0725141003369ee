// From a key to its painted frame with 10,000 processes on the screen, and what a frame costs that only data asks for:
// the real screen on a terminal that counts bytes, over snapshots of a folded session in which 500 processes are active.
import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { median } from './measure.mjs';

process.env.NODE_ENV = 'production';
const root = new URL('../', import.meta.url);
const built = (path) => import(new URL(`dist/${path}`, root).href);
const { createSession, foldInto, snapshotOf } = await built('session/session.js');
const { createSnapshotStore } = await built('session/store.js');
const { createMemory } = await built('session/memory.js');
const { playMemory } = await built('session/play.js');
const { showScreen } = await built('tui/show-screen.js');

const METRICS = ['seek_hole', 'iter', 'seek_ns', 'reads'].map((name) => ({
  id: `iomap.${name}`,
  probe: 'iomap',
  scope: 'pid',
  kind: 'counter',
  unit: name.endsWith('_ns') ? 'ns' : 'count',
  label: name,
  help: name,
  lane: true,
}));

/** A session in which every process has counted once, and `active` of them go on. */
const begin = (processes, active) => {
  const clock = { bootUs: 1e9, realMs: 1.7e12 };
  const session = createSession({
    type: 'header',
    format: 'stallscope-recording',
    version: 1,
    tool: { name: 'stallscope', version: '0' },
    host: { hostname: 'bench', kernel: '6', arch: 'x64', cpus: 2, memoryBytes: 2 ** 34 },
    bpftrace: '0.17.0',
    clock,
    intervalMs: 1000,
    mapKeys: 65_536,
    selection: { pids: [], comm: null, command: null },
    probes: [{ id: 'iomap', variant: 'tracepoint', state: 'attached' }],
    metrics: METRICS,
  });
  const live = createSnapshotStore();
  const shown = createSnapshotStore();
  const memory = createMemory();
  const playback = playMemory(memory, live, shown);
  memory.begin(session);
  let seq = 0;
  const tick = () => {
    const count = seq === 0 ? processes : active;
    const entries = (step) =>
      Array.from({ length: count }, (_, index) => [1000 + index, (seq + 1) * step * (1 + (index % 97))]);
    const record = {
      type: 'sample',
      seq,
      bootUs: clock.bootUs + seq * 1e6,
      epoch: 0,
      counted: true,
      full: false,
      counters: Object.fromEntries(METRICS.map(({ id }, index) => [id, entries(index + 1)])),
      host: {},
      self: { cpuMs: 0, rssBytes: 0, tracerCpuMs: 0, tracerRssBytes: 0, mapBytes: 0 },
    };
    if (seq === 0)
      for (let index = 0; index < processes; index += 1)
        foldInto(session, {
          type: 'process',
          bootUs: record.bootUs,
          pid: 1000 + index,
          startMs: index * 10,
          comm: `worker-${index % 300}`,
          ppid: 1,
          uid: 0,
          cmdline: `worker --number ${index}`,
          cgroup: `/system.slice/w${index % 50}.service`,
        });
    foldInto(session, record);
    memory.append(record, JSON.stringify(record), session);
    live.set(snapshotOf(session));
    seq += 1;
  };
  return { live, shown, playback, tick };
};

/** ms from each of `keys` to the end of the write that shows it. */
export const measureKeys = async ({ processes = 10_000, active = 500, rounds = 60 } = {}) => {
  const { live, shown, playback, tick } = begin(processes, active);
  for (let count = 0; count < 130; count += 1) tick();
  let written = 0;
  const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode() {}, ref() {}, unref() {} });
  const stdout = Object.assign(new EventEmitter(), {
    isTTY: true,
    writable: true,
    columns: 200,
    rows: 50,
    write: () => {
      written += 1;
      return true;
    },
  });
  const screen = showScreen({
    store: shown,
    overview: live,
    playback,
    mode: 'live',
    stdin,
    stdout,
    env: { LANG: 'C.UTF-8', TERM: 'xterm-256color' },
  });
  await sleep(500);
  const press = async (key) => {
    const before = written;
    const began = performance.now();
    stdin.write(key);
    while (written === before && performance.now() - began < 2000) await new Promise(setImmediate);
    return performance.now() - began;
  };
  const results = {};
  for (const [name, keys] of Object.entries({
    move: ['j', 'k'],
    sort: ['>', '<'],
    group: ['v', 'V'],
    zoom: ['z', 'Z'],
    back: ['h', 'h'],
  })) {
    const times = [];
    for (let round = 0; round < rounds; round += 1) {
      tick();
      await sleep(5);
      times.push(await press(keys[round % 2]));
    }
    times.sort((a, b) => a - b);
    results[name] = {
      medianMs: median(times),
      worstMs: times.at(-1),
      p95Ms: times[Math.floor(times.length * 0.95)],
    };
  }
  screen.close();
  await screen.done;
  return results;
};

if (process.argv[1] === new URL(import.meta.url).pathname)
  console.log(JSON.stringify(await measureKeys(), null, 1));
