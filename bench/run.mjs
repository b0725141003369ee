// npm run bench: measures what the README claims, on this machine, and writes docs/bench.md. As root; takes three
// minutes, in which nothing else should run. The numbers are facts of one machine, and no test depends on them.
import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { measureKeys } from './keys.mjs';
import { root } from './measure.mjs';
import { measureParsing } from './parsing.mjs';
import { measureRunning } from './running.mjs';
import { measureStartup } from './startup.mjs';
import { facts } from './tracer.mjs';

if (process.getuid?.() !== 0) {
  console.error('bench: tracing needs root: sudo npm run bench');
  process.exit(3);
}
if (spawnSync('htop', ['--version']).error !== undefined) {
  execFileSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'htop'], { stdio: [0, 2, 2] });
}

const mib = (bytes) => `${(bytes / 1024 / 1024).toFixed(0)} MiB`;
const percent = (value) => `${value.toFixed(1)} %`;
const seconds = (ms) => `${(ms / 1000).toFixed(2)} s`;
const row = (...cells) => `| ${cells.join(' | ')} |`;
const table = (head, rows) => [
  row(...head),
  row(...head.map(() => '---')),
  ...rows.map((cells) => row(...cells)),
];

console.error('bench: startup');
const startup = await measureStartup();
console.error('bench: active processes');
const running = await measureRunning();
console.error('bench: keys at 10,000 processes');
const keys = await measureKeys();
console.error('bench: reading the stream');
const parsing = await measureParsing(running.stream);

const together = {
  cpuPercent: running.own.cpuPercent + running.tracer.cpuPercent,
  rssBytes: running.own.rssBytes + running.tracer.rssBytes,
};
const against = (cost) => [
  percent(cost.cpuPercent),
  mib(cost.rssBytes),
  `${(together.cpuPercent / cost.cpuPercent).toFixed(2)} ×`,
  `${(together.rssBytes / cost.rssBytes).toFixed(2)} ×`,
];
const printedPerSecond = running.stream.length / (running.seconds + 5);
const load = os.loadavg()[0].toFixed(1);

const lines = [
  '# Measurements',
  '',
  `Written by \`npm run bench\` on ${new Date().toISOString().slice(0, 10)}: Linux ${os.release()} ${os.arch()}, ${os.cpus().length} × ${os.cpus()[0]?.model.trim()}, ${mib(os.totalmem())}, Node ${process.versions.node}, bpftrace ${facts.bpftrace.version}, all default probes, no budget. They are facts of one machine; run it on yours.`,
  '',
  '## From the command to the first sample',
  '',
  `Medians of ${startup.rounds} rounds. "bpftrace alone" is the same script, from its start until its last probe is attached.`,
  '',
  ...table(
    ['', 'time', "bpftrace's share"],
    [
      ['`live`: first painted sample, of the machine and its processes', seconds(startup.paintMs), ''],
      [
        '`live`: the probes count',
        seconds(startup.countMs),
        percent((100 * startup.bpftraceMs) / startup.countMs),
      ],
      [
        '`record`: recording',
        seconds(startup.recordMs),
        percent((100 * startup.bpftraceMs) / startup.recordMs),
      ],
      ['bpftrace alone', seconds(startup.bpftraceMs), ''],
    ],
  ),
  '',
  `## Watching ${running.processes} active processes`,
  '',
  `Full screen, 160 × 50, a sample a second, over ${running.seconds} s. CPU in percent of one core; memory is resident, shared pages included. The ratios say how many times as much stallscope and its tracer take together.`,
  '',
  ...table(
    ['', 'CPU', 'memory', 'CPU ratio', 'memory ratio'],
    [
      ['stallscope itself', percent(running.own.cpuPercent), mib(running.own.rssBytes), '', ''],
      ['its tracer', percent(running.tracer.cpuPercent), mib(running.tracer.rssBytes), '', ''],
      ['both', percent(together.cpuPercent), mib(together.rssBytes), '1', '1'],
      ...running.peers.map(({ name, cost }) =>
        cost === null
          ? [name, 'not installed', '', '', '']
          : [`${name}, same terminal and interval`, ...against(cost)],
      ),
      ['bpftrace alone, same script, into /dev/null', ...against(running.bpftrace)],
    ],
  ),
  '',
  '## From a key to its frame',
  '',
  '10,000 processes listed, 500 of them active, 200 × 50, a sample between any two keys. Back in time: steps of one sample, beyond what is kept of snapshots a block of the memory is revived.',
  '',
  ...table(
    ['key', 'median', '95th of 100'],
    Object.entries(keys).map(([name, { medianMs, p95Ms }]) => [
      name,
      `${medianMs.toFixed(0)} ms`,
      `${p95Ms.toFixed(0)} ms`,
    ]),
  ),
  '',
  '## Reading the stream',
  '',
  `What bpftrace prints under that load, ${(printedPerSecond / 1024).toFixed(0)} KiB a second in lines of ${parsing.bytesPerLine.toFixed(0)} bytes on average, read as fast as it goes.`,
  '',
  ...table(
    ['', 'MB a second', 'times what bpftrace prints'],
    Object.entries(parsing.megabytesPerSecond).map(([name, rate]) => [
      name,
      rate.toFixed(0),
      `${Math.round((rate * 1e6) / printedPerSecond)} ×`,
    ]),
  ),
  '',
];
console.log(lines.join('\n'));
console.error(`bench: load average at the end ${load}`);
writeFileSync(join(root, 'docs', 'bench.md'), lines.join('\n'));
