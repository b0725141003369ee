// Control groups of version 2, each run into one of its limits: CPU quota, memory, I/O of the disk. What is read of them
// beside their own files, which finding names the group and who does most in it, and what an innocent beside them gets.
import { mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { between, exactly } from './claims.mjs';
import { analyzed, recordWhile } from './session.mjs';
import { prepare, startShell } from './work.mjs';

const ROOT = '/sys/fs/cgroup';
const FILE = '/var/tmp/groups.img';
const FILE_MIB = 48;
const PLAY_MS = 25_000;
const QUOTA_PERCENT = 20;
const MEMORY_MIB = 24;
const READS_PER_SECOND = 12;

const BURN = 'while (1) { my $x = 0; $x += $_ for 1 .. 20000; }';
const READ_AGAIN = `while (1) { open(my $f, '<', '${FILE}') or die; my $b; 1 while sysread($f, $b, 65536); }`;
/** Past the page cache. */
const READ_DIRECT = `while (1) { system('dd', 'if=${FILE}', 'of=/dev/null', 'bs=64k', 'count=64', 'iflag=direct', 'status=none'); }`;
const INNOCENT = 'while (1) { my $x = 0; $x += $_ for 1 .. 5000; select(undef, undef, undef, 0.2); }';

const diskOf = (path) => {
  const { dev } = statSync(path);
  return `${(dev >> 8) & 0xfff}:${(dev & 0xff) | ((dev >> 12) & 0xfff00)}`;
};

/** `finding` is what must be named, null for a limit that has none; `grown` what its counters must say. */
const GROUPS = [
  {
    name: 'quota',
    limit: ['cpu.max', `${QUOTA_PERCENT * 1000} 100000`],
    program: BURN,
    finding: 'cgroup-cpu-throttle',
    level: ['cpu_quota', QUOTA_PERCENT],
    grown: 'throttled_periods',
    witness: ['cpu.stat', 'nr_throttled'],
  },
  {
    name: 'memory',
    limit: ['memory.max', String(MEMORY_MIB * 2 ** 20)],
    program: READ_AGAIN,
    // Who reads what the group evicts is counted there.
    probes: 'blocked,faults',
    finding: 'cgroup-memory-limit',
    level: ['memory_limit', MEMORY_MIB * 2 ** 20],
    grown: 'limit_max',
    witness: ['memory.events', 'max'],
  },
  {
    name: 'io',
    limit: ['io.max', () => `${diskOf('/var/tmp')} riops=${READS_PER_SECOND}`],
    program: READ_DIRECT,
    finding: null,
    level: ['io_limits', 1],
    grown: 'io_some_us',
    witness: ['io.pressure', 'total'],
  },
];

/** Rows of the matrix, as they come: one recording for each limit. */
export async function* tryGroups(bpftrace) {
  prepare('mount', '-t', 'cgroup2', 'none', ROOT);
  writeFileSync(`${ROOT}/cgroup.subtree_control`, '+cpu +memory +io');
  writeFileSync(FILE, '');
  truncateSync(FILE, 0);
  writeFileSync(FILE, Buffer.alloc(FILE_MIB * 2 ** 20, 7));
  prepare('sync');
  for (const group of GROUPS) yield* await tryGroup(bpftrace, group);
}

const tryGroup = async (bpftrace, trial) => {
  const {
    name,
    limit: [file, text],
    program,
    finding,
    level,
    grown,
    witness,
    probes = 'blocked',
  } = trial;
  const path = `/trial-${name}`;
  const directory = ROOT + path;
  mkdirSync(directory);
  writeFileSync(`${directory}/${file}`, typeof text === 'function' ? text() : text);
  let said = '';
  // What is cached of it is charged to nobody in the group. All else stays: a guest that has to read bpftrace and its libraries
  // anew took more than a minute to hear which version it is.
  prepare('dd', `if=${FILE}`, 'iflag=nocache', 'count=0', 'status=none');
  const innocent = startShell(['exec perl -e "$0"', INNOCENT]);
  try {
    await recordWhile(bpftrace, ['--probe', probes], async () => {
      const inside = startShell([`echo $$ > ${directory}/cgroup.procs; exec perl -e "$0"`, program]);
      await delay(PLAY_MS);
      said = readFileSync(`${directory}/${witness[0]}`, 'utf8');
      // Until the recording ends it goes on: what is read last is no less.
      await delay(3_000);
      await inside.end();
    });
  } finally {
    await innocent.end();
  }
  const after = readFileSync(`${directory}/${witness[0]}`, 'utf8');
  const { summary, findings } = analyzed(bpftrace);
  const group = summary.cgroups?.find((one) => one.path === path);
  const counted = (metric) => group?.metrics[`cgroup.${metric}`] ?? 0;
  const named = findings.filter((one) => one.cgroup === path).map(({ id }) => id);
  const row = (claim) => ({ probe: 'groups', variant: name, ...claim });
  return [
    exactly(level[0], level[1], counted(level[0]), `what ${file} says`),
    between(grown, 1, fieldOf(after, witness[1]), counted(grown), `to ${witness.join(' ')}`),
    between(
      `${grown}, most of it`,
      0.8 * fieldOf(said, witness[1]),
      fieldOf(after, witness[1]),
      counted(grown),
      'while it ran',
    ),
    exactly(
      'named',
      finding ?? 'nothing',
      [...new Set(named)].join(', ') || 'nothing',
      'finding of this group',
    ),
    ...(finding === null
      ? []
      : [exactly('suspect', 'perl', findings.find(({ id }) => id === finding)?.suspect?.comm ?? 'nobody')]),
    exactly(
      'others named',
      'none',
      [...new Set(findings.filter((one) => one.cgroup !== path).map(({ id }) => id))].join(', ') || 'none',
      'the innocent, the host',
    ),
  ].map(row);
};

const fieldOf = (text, field) => Number(new RegExp(`\\b${field}[ =](\\d+)`).exec(text)?.[1] ?? 0);
