// npm run bench:listen: what serving metrics costs a session that is scraped every second, beside one that nobody scrapes, at the
// same time on the same machine, so that load falls on both. Root, and a kernel that can be traced.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const SECONDS = Number(process.argv[2] ?? 60);

const freePort = () =>
  new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

const record = (file, ...more) =>
  spawn(process.execPath, ['bin/stallscope.js', 'record', '-o', file, '-d', `${SECONDS}s`, ...more], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
const ended = (child) => new Promise((resolve) => child.on('exit', resolve));

/** CPU time between the first sample and the last, a second, and the most memory. */
const costOf = (file) => {
  const samples = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('{"type":"sample"'))
    .map((line) => JSON.parse(line));
  const [first, last] = [samples[0], samples.at(-1)];
  const cpuMs = last.self.cpuMs - first.self.cpuMs;
  return {
    share: cpuMs / ((last.bootUs - first.bootUs) / 1000),
    rssMiB: Math.max(...samples.map(({ self }) => self.rssBytes)) / 2 ** 20,
  };
};

const folder = mkdtempSync(join(tmpdir(), 'bench-listen-'));
try {
  const port = await freePort();
  const [alone, scraped] = ['alone', 'scraped'].map((name) => join(folder, `${name}.ndjson`));
  const sessions = [record(alone), record(scraped, '--listen', String(port))];
  let isOver = false;
  const done = Promise.all(sessions.map(ended)).then(() => {
    isOver = true;
  });
  let page = '';
  let pages = 0;
  while (!isOver) {
    await Promise.race([sleep(1_000), done]);
    const response = await fetch(`http://127.0.0.1:${port}/metrics`).catch(() => null);
    if (response?.ok !== true) continue;
    page = await response.text();
    pages += 1;
  }
  const reported = (name) => Number(new RegExp(`^${name} (\\S+)`, 'm').exec(page)?.[1]);
  const series = page.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length;
  const [without, withIt] = [costOf(alone), costOf(scraped)];
  const percent = (share) => `${(share * 100).toFixed(2)} %`;
  console.log(
    [
      `scraped every second for ${SECONDS} s: ${pages} pages, the last of ${series} series and ${(page.length / 1024).toFixed(0)} KiB; load ${loadavg()[0].toFixed(1)}`,
      `session          ${percent(withIt.share)} of a CPU, ${withIt.rssMiB.toFixed(0)} MiB at most; nobody listening: ${percent(without.share)}, ${without.rssMiB.toFixed(0)} MiB`,
      `process          that listens: ${percent(reported('stallscope_listener_cpu_seconds_total') / SECONDS)} with its start, ${(reported('stallscope_listener_memory_bytes') / 2 ** 20).toFixed(0)} MiB`,
    ].join('\n'),
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
