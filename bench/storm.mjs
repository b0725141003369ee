// A storm of short processes at a known pace: each searches once for a hole and ends. Whether all of them are counted, and
// what that takes of the tool and its tracer, as they come.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { childrenOf, costOf, launcher, nameOf, says, sleep } from './measure.mjs';

const PER_SECOND = 2_000;
const SECONDS = 20;

/** Forks what is due every hundredth of a second; one that falls behind goes as fast as it can, and says how fast. */
export const STORM = `
use strict; use Time::HiRes qw(time sleep); $| = 1; $SIG{CHLD} = 'IGNORE';
my ($file, $rate, $seconds) = @ARGV;
my ($start, $forked) = (time, 0);
while ((my $passed = time - $start) < $seconds) {
  for (; $forked < $passed * $rate; $forked += 1) {
    my $pid = fork // do { sleep 0.001; redo };
    next if $pid;
    open(my $handle, '<', $file) or die; sysseek($handle, 0, 4);
    exit 0;
  }
  sleep 0.01;
}
printf "forked %d in %.3f\\n", $forked, time - $start;
`;

/** At the usual capacity maps hold those of the last intervals with little room, at the largest with much. */
const WAYS = [
  ['as it comes', []],
  ['`--probe iomap --map-keys 65536`', ['--probe', 'iomap', '--map-keys', '65536']],
];

/** Lines of the section for docs/overhead.md. */
export const measureStorm = async () => {
  const columns = [];
  for (const [title, options] of WAYS) columns.push({ title, ...(await measure(options)) });
  const row = (title, read) => `| ${[title, ...columns.map(read)].join(' | ')} |`;
  const percent = ({ cpuPercent }) =>
    cpuPercent === null ? 'replaced meanwhile' : `${cpuPercent.toFixed(1)} %`;
  const mib = ({ rssBytes }) => `${(rssBytes / 1024 ** 2).toFixed(0)} MiB`;
  const number = (value) => value.toLocaleString('en');
  const list = (items) => (items.length === 0 ? 'nothing' : items.join(', '));
  return [
    '',
    `## ${number(PER_SECOND)} short processes a second`,
    '',
    `Each searches once for a hole and ends, ${number(PER_SECOND)} a second or as many as the machine makes, over ${SECONDS} s. Maps keep the dead for two readings: where the machine is too busy to read every second they may fill, which is reported, and a larger \`--map-keys\` helps.`,
    '',
    row('`record`', ({ title }) => title),
    `| ---${' | ---'.repeat(columns.length)} |`,
    row('processes made a second', ({ perSecond }) => number(Math.round(perSecond))),
    row('searches made', ({ forked }) => number(forked)),
    row('searches counted', ({ counted }) => number(counted)),
    row('called', ({ coverage }) => coverage),
    row('lost', ({ lost }) => list(lost)),
    row('gaps', ({ gaps }) => String(gaps)),
    row('stallscope, CPU', ({ tool }) => percent(tool)),
    row('stallscope, memory', ({ tool }) => mib(tool)),
    row('its tracer, CPU', ({ tracer }) => percent(tracer)),
    row('its tracer, memory', ({ tracer }) => mib(tracer)),
  ];
};

const measure = async (options) => {
  const dir = mkdtempSync(join(tmpdir(), 'stallscope-storm-'));
  const file = join(dir, 'target');
  const out = join(dir, 'out.ndjson');
  writeFileSync(file, 'x'.repeat(65_536));
  const tool = spawn(process.execPath, [launcher, 'record', ...options, '-o', out], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(tool, 'close');
  try {
    await says(tool.stderr, /stallscope: recording /);
    await sleep(1_000);
    const before = costsOf(tool.pid);
    const startMs = performance.now();
    const { stdout, stderr } = await run('perl', ['-e', STORM, file, String(PER_SECOND), String(SECONDS)]);
    const [, forked, seconds] = /^forked (\d+) in ([\d.]+)$/m.exec(stdout) ?? [];
    if (forked === undefined) throw new Error(`the storm failed: ${stderr}`);
    const after = costsOf(tool.pid);
    const tookMs = performance.now() - startMs;
    // The last of them are reported with the next sample.
    await sleep(2_500);
    tool.kill('SIGINT');
    await ended;
    const costOver = (name) => ({
      rssBytes: after[name]?.rssBytes ?? 0,
      cpuPercent:
        before[name] === undefined || after[name]?.pid !== before[name].pid
          ? null
          : (100_000 * (after[name].cpuSeconds - before[name].cpuSeconds)) / tookMs,
    });
    return {
      forked: Number(forked),
      perSecond: Number(forked) / Number(seconds),
      tool: costOver('tool'),
      tracer: costOver('tracer'),
      ...reported(out),
    };
  } finally {
    tool.kill('SIGKILL');
    rmSync(dir, { recursive: true, force: true });
  }
};

const costsOf = (toolPid) => {
  const [tracerPid] = childrenOf(toolPid).filter((pid) => nameOf(pid) === 'bpftrace');
  return {
    tool: { pid: toolPid, ...costOf(toolPid) },
    ...(tracerPid === undefined ? {} : { tracer: { pid: tracerPid, ...costOf(tracerPid) } }),
  };
};

const run = async (file, args) => {
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (text) => {
    stdout += text;
  });
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  await once(child, 'close');
  return { stdout, stderr };
};

/** What the recording says of them. */
const reported = (path) => {
  const { stdout } = spawnSync(process.execPath, [launcher, 'summary', '--json', path], {
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
  });
  const { totals, coverage, losses } = JSON.parse(stdout);
  return {
    counted: totals['iomap.seek_hole'] ?? 0,
    coverage: coverage['iomap.seek_hole']?.coverage ?? 'not counted',
    lost: Object.entries(losses.byKind).map(([kind, count]) => `${kind} ${count}`),
    gaps: losses.gaps.length,
  };
};
