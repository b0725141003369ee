// The same work, counted twice at once: from this host, over ssh, and by the executable in the guest. Both must say what is
// known of it, and in every count the same.
import { readFileSync, writeFileSync } from 'node:fs';
import { between, exactly, impossible } from '../guest/claims.mjs';
import { waitFor } from './guest.mjs';
import { begun, PATIENCE, recordGuest, runTool, summaryOf } from './tool.mjs';

const PROBES = ['iomap', 'inode', 'faults', 'sync', 'blocked', 'python'];
const XFS_EXTENTS = 28_495;
const SEEKS = 23;
const FEW = 23;
const MANY = 5_003;
const COLD_MIB = 16;
const LOCAL = '/var/tmp/local.ndjson';
const TRACE = ['--force', '--budget', 'off', '--probe', PROBES.join(',')];
const SAMPLES_MS = 60_000;

/** What the work is done on. A link of the newer bpftrace, where there is one, comes before the release's own. */
const SET_UP = `set -e
for newer in /opt/*/bpftrace; do [ -x "$newer" ] && ln -sf "$newer" /usr/local/bin/bpftrace; done
mkdir -p /var/tmp/xfs /var/tmp/churn
truncate -s 2G /var/tmp/xfs.img
mkfs.xfs -q /var/tmp/xfs.img
mount -o loop /var/tmp/xfs.img /var/tmp/xfs
perl /tool/workloads/fragment.pl /var/tmp/xfs/fragmented ${XFS_EXTENTS}
dd if=/dev/urandom of=/var/tmp/cold bs=1M count=${COLD_MIB} conv=fsync status=none
`;

const READ_COLD = `import os
fd = os.open("/var/tmp/cold", os.O_RDONLY)
os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
while os.read(fd, 1 << 20): pass
io = dict(line.split(": ") for line in open("/proc/self/io").read().splitlines())
print(io["read_bytes"].strip())`;

/** Each in a line: what, its PID, what it says of itself. */
const WORK = `work() {
  name=$1
  shift
  "$@" >/var/tmp/said 2>/var/tmp/errors </dev/null &
  p=$!
  wait $p || { cat /var/tmp/errors >&2; exit 1; }
  echo "$name $p $(tail -n 1 /var/tmp/said)"
}
python3 -c '${READ_COLD}' >/dev/null
work seeks perl /tool/workloads/seek-holes.pl /var/tmp/xfs/fragmented ${SEEKS}
work few perl /tool/workloads/churn.pl /var/tmp/churn ${FEW}
work many perl /tool/workloads/churn.pl /var/tmp/churn ${MANY}
work cold python3 -c '${READ_COLD}'
work direct dd if=/dev/zero of=/var/tmp/direct oflag=direct bs=4096 count=${FEW} status=none
work syncs /tool/workloads/syncs /var/tmp fsync ${FEW}
work waits /tool/workloads/blocked ${FEW} 50 1
work objects python3 /tool/workloads/python-truth.py objects
`;

/** @param found what the other trials go on with */
export async function* tryCounts(guest, found) {
  yield none('node and npm in the guest', await guest.run('command -v node npm nodejs || :'));
  await guest.run(SET_UP);
  const doctor = JSON.parse((await runTool(guest, 'doctor', '--host', guest.name, '--json')).stdout);
  const bpftrace = doctor.checks.find(({ id }) => id === 'bpftrace-version');
  yield { metric: 'doctor', ...same('ok', bpftrace.state) };

  const before = await guest.run(PLACES);
  const file = guest.file('counts.ndjson');
  const [remote, local] = await Promise.all([
    recordGuest(guest, file, ...TRACE),
    begun(
      guest.start(
        `echo $$ >/var/tmp/local.pid; exec stallscope record ${[...TRACE, ...PATIENCE].join(' ')} -o ${LOCAL}`,
      ),
    ),
  ]);
  const work = readWork(await guest.run(WORK));
  // Both have seen the end of it, and a sample after it.
  const samples = () => readFileSync(file, 'utf8').split('{"type":"sample"').length;
  const worked = samples();
  await waitFor(() => samples() >= worked + 3, SAMPLES_MS, 'no samples after the work');
  remote.interrupt();
  await guest.run('kill -INT $(cat /var/tmp/local.pid)');
  await Promise.all([remote.closed, local.closed]);
  yield none('left there of the session', newIn(before, await guest.run(PLACES)));
  yield none('left here of the session', guest.remains().join(' '));

  writeFileSync(guest.file('local.ndjson'), await guest.run(`cat ${LOCAL}`));
  const [there, here] = await Promise.all([summaryOf(guest.file('local.ndjson')), summaryOf(file)]);
  found.recording = { recording: LOCAL, pid: work.get('many').pid, created: MANY };
  yield* claims(work, here);
  yield* sameCounts(work, here, there);
  yield { metric: 'losses', ...same('none', here.lost || 'none') };
}

/** Where something of a session could be left: processes, files, settings. */
const PLACES = `ps -e -o args= | grep -E 'bpftrace|stallscope' | grep -v grep
ls -A /tmp /run /dev/shm
cat /sys/kernel/tracing/uprobe_events /sys/kernel/tracing/kprobe_events /proc/sys/kernel/bpf_stats_enabled
`;

const newIn = (before, after) => {
  const known = new Set(before.split('\n'));
  return after
    .split('\n')
    .filter((line) => !known.has(line))
    .join(' | ');
};

const none = (metric, found) => ({ metric, ...same('none', found.trim() || 'none') });

const same = (expected, counted) => ({
  expected,
  counted,
  verdict: counted === expected ? 'passed' : 'failed',
});

const readWork = (text) =>
  new Map(
    text
      .trim()
      .split('\n')
      .map((line) => line.split(' '))
      .map(([name, pid, ...said]) => [name, workOf(Number(pid), said.join(' '))]),
  );

/** One that works in a child says whose PID that is. */
const workOf = (pid, said) => ({ pid: Number(/"pid": ?(\d+)/.exec(said)?.[1] ?? pid), said });

/** What is known of the work, or said by it. */
const claims = (work, seen) => {
  const of = (name, metric) => seen.of(work.get(name).pid, metric);
  const last = seen.variantOf('iomap').endsWith('apply') ? 0 : 1;
  const { arenas } = JSON.parse(work.get('objects').said);
  const { calls } = JSON.parse(work.get('syncs').said);
  const { waits } = JSON.parse(work.get('waits').said);
  return [
    exactly('iomap.seek_hole', SEEKS, of('seeks', 'iomap.seek_hole'), 'XFS'),
    exactly(
      'iomap.iter',
      SEEKS * (XFS_EXTENTS + last),
      of('seeks', 'iomap.iter'),
      `XFS, ${XFS_EXTENTS} extents`,
    ),
    ...['create', 'rename', 'unlink'].flatMap((name) => [
      exactly(`inode.${name}`, FEW, of('few', `inode.${name}`), 'ext4'),
      exactly(`inode.${name}`, MANY, of('many', `inode.${name}`), 'ext4'),
    ]),
    exactly(
      'faults.read_bytes',
      Number(work.get('cold').said),
      of('cold', 'faults.read_bytes'),
      '/proc/PID/io',
    ),
    exactly('faults.write_bytes', FEW * 4096, of('direct', 'faults.write_bytes'), 'O_DIRECT'),
    exactly('sync.calls', calls, of('syncs', 'sync.calls'), 'its own count'),
    between('blocked.count', FEW, waits, of('waits', 'blocked.count'), 'vforks, to all waits by getrusage'),
    uncovered(seen.summary, work.get('objects').pid)['python.arenas'] === undefined
      ? exactly('python.arenas', arenas.made, of('objects', 'python.arenas'), '_debugmallocstats')
      : impossible('python.arenas', uncovered(seen.summary, work.get('objects').pid)['python.arenas']),
  ];
};

/** Times are read by two tracers at two moments; all else is one event for both. */
const IS_COUNT = new RegExp(`^(?:${PROBES.join('|')})\\.(?!.*ns$)`);

/** Of each program of the work, every count of either that neither says it does not have. */
const sameCounts = (work, here, there) =>
  [...work].map(([name, { pid }]) => {
    const [ours, theirs] = [here, there].map(({ summary }) => countsOf(summary, pid));
    const without = { ...uncovered(here.summary, pid), ...uncovered(there.summary, pid) };
    const names = [...new Set([...Object.keys(ours), ...Object.keys(theirs)])]
      .filter((metric) => !(metric in without))
      .sort();
    const differ = names.filter((metric) => (ours[metric] ?? 0) !== (theirs[metric] ?? 0));
    return {
      metric: `${name}: as counted there`,
      expected: `${names.length} counts alike`,
      counted:
        names.length > 0 && differ.length === 0
          ? 'alike'
          : differ
              .map((metric) => `${metric} ${ours[metric] ?? 0}, there ${theirs[metric] ?? 0}`)
              .join('; ') || 'none',
      verdict: names.length > 0 && differ.length === 0 ? 'passed' : 'failed',
    };
  });

/** What is not counted of a process, and why: a Python that began after the tracer is not looked into from another host. */
const uncovered = (summary, pid) => summary.pids.find((row) => row.pid === pid)?.uncovered ?? {};

const countsOf = (summary, pid) =>
  Object.fromEntries(
    Object.entries(summary.pids.find((row) => row.pid === pid)?.metrics ?? {}).filter(([metric]) =>
      IS_COUNT.test(metric),
    ),
  );
