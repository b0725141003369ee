// Many processes at once: 20,000 that live and have counted something, and what watching them costs the tool and its
// tracer. The kernel's maps hold 65,536 keys at most; here they are given 32,768.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { childrenOf, costRows, launcher, nameOf, says, sleep } from './measure.mjs';

const PROCESSES = 20_000;
const WATCH_MS = 20_000;

/** Forks them, each searches once for a hole, and all wait for the end of the pipe. */
const CROWD = `
use strict; $| = 1;
my ($file, $count) = @ARGV;
for (1 .. $count) {
  my $pid = fork // die "fork: $!";
  next if $pid;
  open(my $handle, '<', $file) or die; sysseek($handle, 0, 4);
  sysread(STDIN, my $byte, 1);
  exit 0;
}
print "ready\\n";
sysread(STDIN, my $byte, 1);
`;

/** Lines of the section for docs/overhead.md. */
export const measureCrowd = async () => {
  const dir = mkdtempSync(join(tmpdir(), 'stallscope-crowd-'));
  const file = join(dir, 'target');
  const out = join(dir, 'out.ndjson');
  writeFileSync(file, 'x'.repeat(65_536));
  const tool = spawn(
    process.execPath,
    [launcher, 'record', '--budget', 'off', '--probe', 'iomap', '--map-keys', '32768', '-o', out],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const ended = once(tool, 'close');
  try {
    await says(tool.stderr, /recording iomap/);
    const crowd = spawn('perl', ['-e', CROWD, file, String(PROCESSES)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const gone = once(crowd, 'close');
    await says(crowd.stdout, /ready/);
    await sleep(3_000);
    const [tracerPid] = childrenOf(tool.pid).filter((pid) => nameOf(pid) === 'bpftrace');
    const costs = await costRows(
      [
        { name: 'stallscope', pid: tool.pid },
        { name: 'its tracer', pid: tracerPid },
      ],
      WATCH_MS,
    );
    crowd.stdin.end();
    await gone;
    tool.kill('SIGINT');
    await ended;
    return [
      '',
      `## ${PROCESSES.toLocaleString('en')} living processes`,
      '',
      `Each has searched once for a hole and lives on; \`record --budget off --probe iomap --map-keys 32768\`, over ${WATCH_MS / 1000} s. ${counted(out)}`,
      '',
      ...costs,
    ];
  } finally {
    tool.kill('SIGKILL');
    rmSync(dir, { recursive: true, force: true });
  }
};

/** What the recording holds of them. */
const counted = (path) => {
  const pids = new Set();
  const losses = [];
  for (const line of readFileSync(path, 'utf8').trimEnd().split('\n')) {
    const record = JSON.parse(line);
    if (record.type === 'sample') for (const [pid] of record.counters['iomap.seek_hole'] ?? []) pids.add(pid);
    if (record.type === 'loss') losses.push(`${record.kind} ${record.count}`);
  }
  return `Counted: ${pids.size.toLocaleString('en')} processes; lost: ${losses.length === 0 ? 'nothing' : losses.join(', ')}.`;
};
