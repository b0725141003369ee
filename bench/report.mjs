// What a report costs: an hour at 1 s with 200 processes; its size, the time to make it, and the time until it is seen.
//
//   npm run bench:report
//
// Times are given beside those of `analyze` and `summary` of the same recording, between which a machine does not matter.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { createRecorder } from '../dist/recording/write/recorder.js';
import { checkpointOf, createSession, foldInto } from '../dist/session/session.js';
import { headerOf, metricOf, START_US, sampleOf } from '../scripts/records.mjs';

const SAMPLES = 3_600;
const PROCESSES = 200;
const FIRST_PAINTS = 5;

const metric = (id, more) => metricOf(id, { help: id, lane: true, ...more });

const HOST = [
  'psi.io.some_us',
  'psi.cpu.some_us',
  'psi.memory.some_us',
  'disk.vda.busy_ms',
  'vm.pgscan_kswapd',
];
const COUNTED = [
  'iomap.seek_hole',
  'iomap.iter',
  'iomap.seek_ns',
  'faults.major',
  'faults.read_bytes',
  'inode.create',
];

const header = headerOf({
  host: { hostname: 'bench', kernel: '6.12.0', arch: 'x86_64', cpus: 8, memoryBytes: 2 ** 35 },
  mapKeys: 10_240,
  probes: ['iomap', 'faults', 'inode'].map((id) => ({ id, variant: 'tracepoint', state: 'attached' })),
  metrics: [
    ...COUNTED.map((id) => metric(id, id.endsWith('_ns') ? { unit: 'ns' } : {})),
    ...HOST.map((id) => metric(id, { probe: 'host', scope: 'host', unit: id.endsWith('_us') ? 'us' : 'ms' })),
    metric('mem.free', { probe: 'host', scope: 'host', kind: 'gauge', unit: 'KiB' }),
  ],
});

/** The same each time. */
const random = (() => {
  let state = 12_345;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return state / 0x7fffffff;
  };
})();

const record = async (path) => {
  const recorder = createRecorder({ path, overwrite: false, owner: null, minFreeBytes: 0 });
  const session = createSession(header, { watched: false });
  recorder.begin(header, () => checkpointOf(session));
  const put = async (one) => {
    recorder.write(one);
    foldInto(session, one);
    await recorder.room();
  };
  const totals = Array.from({ length: PROCESSES }, () => COUNTED.map(() => 0));
  const host = Object.fromEntries([...HOST, 'mem.free'].map((id) => [id, 0]));
  for (let pid = 1; pid <= PROCESSES; pid += 1)
    await put({
      type: 'process',
      bootUs: START_US,
      pid,
      startMs: pid,
      comm: `worker-${pid}`,
      cmdline: `/usr/bin/worker --shard ${pid}`,
    });
  for (let seq = 0; seq < SAMPLES; seq += 1) {
    const storm = seq > 2_000 && seq < 2_300;
    for (const [index, own] of totals.entries())
      for (const [at] of COUNTED.entries())
        own[at] += Math.floor(random() * 40) * (storm && index === 0 && at < 3 ? [5, 140_000, 2e7][at] : 1);
    for (const id of HOST) host[id] += Math.floor(random() * (storm ? 700_000 : 20_000));
    host['mem.free'] = Math.floor(1e6 + random() * 1e5);
    const counters = Object.fromEntries(
      COUNTED.map((id, at) => [id, totals.map((own, index) => [index + 1, own[at]])]),
    );
    const self = { cpuMs: seq * 10, rssBytes: 8e7, tracerCpuMs: seq * 5, tracerRssBytes: 9e7, mapBytes: 3e7 };
    await put(sampleOf(seq, counters, { full: seq % 60 === 0, host: { ...host }, self }));
    if (seq % 16 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await put({
    type: 'trailer',
    bootUs: START_US + SAMPLES * 1e6,
    reason: 'end',
    samples: SAMPLES,
    records: 0,
  });
  await recorder.end();
};

const timed = (...args) => {
  const startMs = performance.now();
  const { status, stderr } = spawnSync(process.execPath, ['bin/stallscope.js', ...args], {
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
  });
  if (status !== 0) throw new Error(stderr);
  return performance.now() - startMs;
};

const painted = async (page) => {
  const { chromium } = await import('playwright-core');
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu'],
  });
  const found = [];
  for (let run = 0; run < FIRST_PAINTS; run += 1) {
    const tab = await browser.newPage();
    await tab.goto(pathToFileURL(page).href);
    found.push(
      await tab.evaluate(`(async () => {
        const paint = performance.getEntriesByName('first-contentful-paint')[0]?.startTime;
        const charted = performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd;
        const startMs = performance.now();
        document.querySelector('.tools button').click();
        await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
        return { paint, charted, zoom: performance.now() - startMs };
      })()`),
    );
    await tab.close();
  }
  await browser.close();
  const median = (name) => found.map((one) => one[name]).sort((a, b) => a - b)[found.length >> 1];
  return { paint: median('paint'), charted: median('charted'), zoom: median('zoom') };
};

const folder = mkdtempSync(join(tmpdir(), 'bench-report-'));
try {
  const [file, page] = [join(folder, 'hour.ndjson.gz'), join(folder, 'hour.html')];
  await record(file);
  const summaryMs = timed('summary', file, '--json');
  const analyzeMs = timed('analyze', file, '--json');
  const reportMs = timed('report', file, '-o', page);
  const trace = join(folder, 'hour.pftrace');
  const perfettoMs = timed('export', file, '--format', 'perfetto', '-o', trace);
  const startMs = timed('--version');
  const textMb = gunzipSync(readFileSync(file)).length / 1e6;
  const rateOf = (ms) => (textMb / ((ms - startMs) / 1000)).toFixed(1);
  const text = readFileSync(page);
  const lines = [
    `recording        ${SAMPLES} samples, ${PROCESSES} processes, ${(statSync(file).size / 1e6).toFixed(1)} MB`,
    `page             ${(text.length / 1e6).toFixed(2)} MB, packed by gzip ${(gzipSync(text).length / 1e6).toFixed(2)} MB`,
    `time to make     ${(reportMs / 1000).toFixed(1)} s: ${(reportMs / analyzeMs).toFixed(2)} of analyze, ${(reportMs / summaryMs).toFixed(2)} of summary`,
    `Perfetto         ${(statSync(trace).size / 1e6).toFixed(1)} MB, ${rateOf(perfettoMs)} MB/s of the recording's ${textMb.toFixed(0)} MB of text; read alone (summary) ${rateOf(summaryMs)} MB/s: ${(perfettoMs / summaryMs).toFixed(2)} of its time`,
    `load             ${loadavg()[0].toFixed(1)}`,
  ];
  if (existsSync('/usr/bin/chromium')) {
    const { paint, charted, zoom } = await painted(page);
    lines.push(
      `Chromium         first paint ${Math.round(paint)} ms, charts drawn ${Math.round(charted)} ms, a zoom ${Math.round(zoom)} ms`,
    );
  }
  console.log(lines.join('\n'));
} finally {
  rmSync(folder, { recursive: true });
}
