// npm run bench:fleet: a thousand hosts against one database on this machine. Every host is a bundled recording, replayed from a
// moment of its own, with a name of its own; one process serves all their pages, and VictoriaMetrics (or, with --prometheus,
// Prometheus) scrapes them as it would scrape hosts.
//
//   npm run bench:fleet -- [--hosts 1000] [--minutes 3] [--interval 15] [--prometheus]
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { familiesOf } from '../dist/export/openmetrics/families.js';
import { TEXT_FORMATS, textOf } from '../dist/export/openmetrics/family.js';
import { createGroups } from '../dist/export/openmetrics/groups.js';
import { openRecording } from '../dist/recording/read/recording.js';
import { createCursor } from '../dist/session/cursor.js';

const numberOf = (name, usual) => {
  const at = process.argv.indexOf(`--${name}`);
  return at === -1 ? usual : Number(process.argv[at + 1]);
};
const HOSTS = numberOf('hosts', 1_000);
const MINUTES = numberOf('minutes', 3);
const INTERVAL_S = numberOf('interval', 15);
const isPrometheus = process.argv.includes('--prometheus');

/** A page for each sample of a recording, packed as a scraper that asks for it gets it. */
const pagesOf = (path) => {
  const recording = openRecording(path);
  const cursor = createCursor(recording);
  const groups = createGroups(null);
  const pages = Array.from({ length: recording.samples() }, (_, at) => {
    const snapshot = cursor.moveTo(at);
    groups.add(snapshot);
    return Buffer.from(textOf(familiesOf(snapshot, groups), 'plain'));
  });
  recording.close();
  return pages;
};

const seriesIn = (page) =>
  page
    .toString()
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#')).length;

const serve = async (recordings) => {
  let served = 0;
  const startMs = performance.now();
  const server = createServer((request, response) => {
    const host = Number(new URL(request.url, 'http://x').searchParams.get('host'));
    const pages = recordings[host % recordings.length];
    // Each begins somewhere else, and begins anew at its end, as a restarted session does.
    const at = (host * 7 + Math.floor((performance.now() - startMs) / 1000)) % pages.length;
    served += 1;
    response.writeHead(200, { 'content-type': TEXT_FORMATS.plain }).end(pages[at]);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: server.address().port, served: () => served, close: () => server.close() };
};

const configOf = (port) => {
  const targets = Array.from(
    { length: HOSTS },
    (_, host) =>
      `  - {targets: ['127.0.0.1:${port}'], labels: {__param_host: '${host}', instance: 'host-${host}'}}`,
  );
  return `global: {scrape_interval: ${INTERVAL_S}s}\nscrape_configs:\n- job_name: stallscope\n  static_configs:\n${targets.join('\n')}\n`;
};

const programOf = (folder, config) =>
  isPrometheus
    ? [
        'prometheus',
        [
          `--config.file=${config}`,
          `--storage.tsdb.path=${folder}/data`,
          '--web.listen-address=127.0.0.1:9470',
        ],
      ]
    : [
        'victoria-metrics',
        [
          `-promscrape.config=${config}`,
          `-storageDataPath=${folder}/data`,
          '-httpListenAddr=127.0.0.1:9470',
          '-memory.allowedPercent=20',
        ],
      ];
const API = 'http://127.0.0.1:9470';

/** What it says of itself: the sum of a name, with or without labels. */
const ownMetrics = async () => {
  const text = await (await fetch(`${API}/metrics`)).text();
  return (name) =>
    text
      .split('\n')
      .filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
      .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
};

const bytesIn = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath ?? entry.path, entry.name)).size, 0);

const cpuSecondsOf = (pid) => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
};
const rssMiBOf = (pid) =>
  Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;

const folder = mkdtempSync(join(tmpdir(), 'fleet-'));
const examples = readdirSync('examples').filter((name) => /\.ndjson(\.gz)?$/.test(name));
const recordings = examples.map((name) => pagesOf(join('examples', name)));
const perHost = recordings.map((pages) => seriesIn(pages.at(-1)));
const hosts = await serve(recordings);
const config = join(folder, 'scrape.yml');
writeFileSync(config, configOf(hosts.port));
const [program, args] = programOf(folder, config);
const database = spawn(program, args, { stdio: 'ignore' });
try {
  await sleep(MINUTES * 60_000);
  const own = await ownMetrics();
  const rows = isPrometheus
    ? own('prometheus_tsdb_head_samples_appended_total')
    : own('vm_rows_inserted_total');
  const head = isPrometheus ? own('prometheus_tsdb_head_series') : own('vm_new_timeseries_created_total');
  const [rssMiB, cpuSeconds] = [rssMiBOf(database.pid), cpuSecondsOf(database.pid)];
  const ended = new Promise((resolve) => database.on('exit', resolve));
  database.kill('SIGTERM');
  await ended;
  const bytes = bytesIn(join(folder, 'data'));
  const expected = recordings.reduce(
    (sum, _, at) => sum + perHost[at] * Math.ceil((HOSTS - at) / recordings.length),
    0,
  );
  console.log(
    [
      `${program}, ${HOSTS} hosts every ${INTERVAL_S} s for ${MINUTES} minutes; load ${loadavg()[0].toFixed(1)}`,
      `pages            ${hosts.served()} scraped, of ${perHost.join(', ')} series (by recording, at its end)`,
      `series           ${head} seen; ${expected} by calculation`,
      `samples          ${rows}, ${Math.round(rows / (MINUTES * 60))} a second`,
      `memory           ${Math.round(rssMiB)} MiB at most, ${((rssMiB * 2 ** 20) / head).toFixed(0)} bytes a series`,
      `disk             ${(bytes / 2 ** 20).toFixed(0)} MiB once closed, ${(bytes / rows).toFixed(2)} bytes a sample`,
      `CPU              ${(cpuSeconds / (MINUTES * 60)).toFixed(2)} of a CPU`,
    ].join('\n'),
  );
} finally {
  database.kill('SIGKILL');
  hosts.close();
  rmSync(folder, { recursive: true, force: true });
  process.exit();
}
