// The loads under which the cost of tracing is measured: each is a fixed amount of work that an incident does, and the
// one-liner that somebody without a tool would type to see it. What a load needs is made once and removed in the end.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, workload } from './measure.mjs';

const EXTENTS = 28_495;
const PYTHON = '/usr/bin/python3';

const UNCACHED = `
import os, sys
file = os.open(sys.argv[1], os.O_RDONLY)
os.posix_fadvise(file, 0, 0, os.POSIX_FADV_RANDOM)
size = os.fstat(file).st_size
for round in range(int(sys.argv[2])):
    os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
    for offset in range(0, size, 4096):
        os.pread(file, 4096, offset)
`;

const FORKS = 'for (1 .. $ARGV[0]) { my $pid = fork // die "fork: $!"; exit 0 unless $pid; waitpid $pid, 0 }';

/** XFS on a loop device over a sparse image, with one file of `EXTENTS` extents; null where it cannot be made. */
export const mountXfs = (dir) => {
  const image = join(dir, 'image');
  const mount = join(dir, 'xfs');
  mkdirSync(mount);
  writeFileSync(image, '');
  truncateSync(image, 2 * 1024 ** 3);
  execFileSync('mkfs.xfs', ['-q', image]);
  execFileSync('mount', ['-o', 'loop', image, mount]);
  return { mount, close: () => execFileSync('umount', ['--lazy', mount]) };
};

/** Every load that this host can run, and for each other one the reason. `close` removes what they needed. */
export const prepareLoads = () => {
  const dir = mkdtempSync(join(tmpdir(), 'stallscope-overhead-'));
  const closers = [() => rmSync(dir, { recursive: true, force: true })];
  const loads = LOADS.map((load) => {
    try {
      const { command, close } = load.prepare(dir);
      if (close !== undefined) closers.unshift(close);
      return { ...load, command };
    } catch (error) {
      return { ...load, skipped: String(error.message).split('\n')[0] };
    }
  });
  return {
    loads,
    close: () => {
      for (const close of closers) close();
    },
  };
};

/** What traces every switch costs so much before it has done anything: nothing done by bpftrace can be cheaper. */
const EMPTY_AT_SWITCHES = [
  ['bpftrace, an empty program at each switch', 'tracepoint:sched:sched_switch { }'],
  [
    'bpftrace, an empty program at each switch and each waking',
    'tracepoint:sched:sched_switch { } tracepoint:sched:sched_waking { }',
  ],
];
const RUNQLAT =
  'tracepoint:sched:sched_wakeup, tracepoint:sched:sched_wakeup_new { @q[args->pid] = nsecs; } tracepoint:sched:sched_switch { if (args->prev_state == 0) { @q[args->prev_pid] = nsecs; } $ns = @q[args->next_pid]; if ($ns) { @usecs = hist((nsecs - $ns) / 1000); } delete(@q[args->next_pid]); }';
const OFFCPUTIME =
  'tracepoint:sched:sched_switch { @s[args->prev_pid] = nsecs; $s = @s[args->next_pid]; if ($s) { @off[args->next_pid] = sum(nsecs - $s); } }';

const switches = (id, title, ...args) => ({
  id,
  title,
  probe: 'blocked',
  cheaper: ['blocked=switch'],
  event: 'sched:sched_switch',
  naive: OFFCPUTIME,
  // Of the rest of the tool a switch knows nothing, and perf counts it in the same place as bpftrace.
  leaveOut: ['perf', 'funccount', 'default', 'all'],
  beside: [...EMPTY_AT_SWITCHES, ['a one-liner like runqlat', RUNQLAT]],
  prepare: (dir) => {
    const program = join(dir, id);
    execFileSync('cc', ['-O2', '-pthread', '-o', program, join(root, 'bench', 'switches.c')]);
    return { command: [program, ...args] };
  },
});

const LOADS = [
  {
    id: 'seek',
    title: `SEEK_HOLE storm, 200 searches over a file of ${EXTENTS.toLocaleString('en')} extents (XFS)`,
    probe: 'iomap',
    exact: 'iomap=tracepoint',
    event: 'iomap:iomap_iter',
    naive: 'tracepoint:iomap:iomap_iter { @[pid,comm]=count() }',
    prepare: (dir) => {
      const { mount, close } = mountXfs(dir);
      const file = join(mount, 'fragmented');
      execFileSync('perl', [workload('fragment.pl'), file, String(EXTENTS)]);
      return { command: ['perl', workload('seek-holes.pl'), file, '200'], close };
    },
  },
  {
    id: 'thrash',
    title: 'page-cache thrash: 32,768 reads of 4 KiB, none of them cached',
    probe: 'faults',
    event: 'filemap:mm_filemap_add_to_page_cache',
    naive: 'tracepoint:filemap:mm_filemap_add_to_page_cache { @[pid,comm]=count() }',
    prepare: (dir) => {
      const file = join(dir, 'cold');
      writeFileSync(file, Buffer.alloc(64 * 1024 ** 2, 7));
      execFileSync('sync', [file]);
      return { command: [PYTHON, '-c', UNCACHED, file, '2'] };
    },
  },
  {
    id: 'churn',
    title: 'file churn: 50,000 files created, renamed and removed on tmpfs',
    probe: 'inode',
    cheaper: ['inode=calls', 'inode=sampled'],
    event: 'syscalls:sys_enter_rename',
    naive:
      'tracepoint:syscalls:sys_enter_openat, tracepoint:syscalls:sys_enter_open, tracepoint:syscalls:sys_enter_rename, tracepoint:syscalls:sys_enter_unlink { @[pid,comm,probe]=count() }',
    prepare: () => {
      const dir = mkdtempSync('/dev/shm/stallscope-churn-');
      return {
        command: ['perl', workload('churn.pl'), dir, '50000'],
        close: () => rmSync(dir, { recursive: true, force: true }),
      };
    },
  },
  {
    id: 'sync',
    title: 'fsync storm: 1,000,000 that have nothing to do, on tmpfs',
    probe: 'sync',
    exact: 'sync=tracepoint',
    cheaper: ['sync=calls'],
    event: 'syscalls:sys_enter_fsync',
    naive:
      'tracepoint:syscalls:sys_enter_fsync { @s[tid]=nsecs } tracepoint:syscalls:sys_exit_fsync /@s[tid]/ { @n[pid,comm]=count(); @t[pid,comm]=sum(nsecs-@s[tid]); delete(@s[tid]) }',
    prepare: (dir) => {
      const program = join(dir, 'syncs');
      execFileSync('cc', ['-O2', '-pthread', '-o', program, join(root, 'test/honest/workloads/syncs.c')]);
      const place = mkdtempSync('/dev/shm/stallscope-sync-');
      return {
        command: [program, place, 'fsync', '1000000'],
        close: () => rmSync(place, { recursive: true, force: true }),
      };
    },
  },
  switches('pipes', 'context switches: two processes pass a byte to and fro 200,000 times', 'pipe', '200000'),
  switches('futexes', 'context switches: 500 threads hand on 150,000 turns by futex', 'futex', '150000'),
  {
    id: 'forks',
    title: 'fork storm: 2,000 processes, one after the other',
    probe: 'faults',
    event: 'sched:sched_process_exit',
    naive: 'tracepoint:sched:sched_process_exit { @[pid,comm]=count() }',
    prepare: () => ({ command: ['perl', '-e', FORKS, '2000'] }),
  },
  {
    id: 'python',
    title: 'allocation-heavy Python',
    probe: 'python',
    exact: 'python=api',
    event: null,
    naive: `uprobe:${PYTHON}:PyObject_Malloc { @[pid,comm]=count() }`,
    prepare: () => {
      if (!existsSync(PYTHON)) throw new Error(`${PYTHON} is not there`);
      return { command: [PYTHON, join(root, 'bench', 'allocate.py')] };
    },
  },
];
