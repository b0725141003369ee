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
const STORM = `
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

/** Lines of the section for docs/overhead.md. */
export const measureStorm = async () => {
  const dir = mkdtempSync(join(tmpdir(), 'stallscope-storm-'));
  const file = join(dir, 'target');
  const out = join(dir, 'out.ndjson');
  writeFileSync(file, 'x'.repeat(65_536));
  const tool = spawn(process.execPath, [launcher, 'record', '-o', out], {
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
    // The last of them are told with the next sample.
    await sleep(2_500);
    tool.kill('SIGINT');
    await ended;
    const percent = (name) =>
      before[name] === undefined || after[name] === undefined || after[name].pid !== before[name].pid
        ? 'was replaced meanwhile'
        : `${((100_000 * (after[name].cpuSeconds - before[name].cpuSeconds)) / tookMs).toFixed(1)} %`;
    const mib = (name) => `${((after[name]?.rssBytes ?? 0) / 1024 ** 2).toFixed(0)} MiB`;
    return [
      '',
      `## ${PER_SECOND.toLocaleString('en')} short processes a second`,
      '',
      `Each searches once for a hole and ends; asked for ${PER_SECOND.toLocaleString('en')} a second over ${SECONDS} s, this machine made ${Math.round(Number(forked) / Number(seconds)).toLocaleString('en')}; \`record\`, as it comes. ${counted(out, Number(forked))}`,
      '',
      '| | CPU | memory |',
      '| --- | --- | --- |',
      `| stallscope | ${percent('tool')} | ${mib('tool')} |`,
      `| its tracer | ${percent('tracer')} | ${mib('tracer')} |`,
    ];
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

/** What the recording says of them, in a sentence. */
const counted = (path, forked) => {
  const { stdout } = spawnSync(process.execPath, [launcher, 'summary', '--json', path], {
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
  });
  const { totals, coverage, losses } = JSON.parse(stdout);
  const lost = Object.entries(losses.byKind).map(([kind, count]) => `${kind} ${count}`);
  const gaps = losses.gaps.length === 0 ? 'no gap' : `${losses.gaps.length} gaps`;
  return `Searches made: ${forked.toLocaleString('en')}; counted: ${totals['iomap.seek_hole'].toLocaleString('en')}, called ${coverage['iomap.seek_hole'].coverage}; lost: ${lost.length === 0 ? 'nothing' : lost.join(', ')}; ${gaps}.`;
};
