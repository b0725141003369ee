/**
 * Extent steps by the counters that XFS keeps for itself, beside a witness that is none of ours: a one-liner that counts
 * the kernel's own calls, an event for each. What the tool calls exact must be equal, process by process; what it calls
 * a bound must hold.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadCatalogue } from '../../src/probes/catalogue.ts';
import { selectVariant } from '../../src/probes/select.ts';
import { describeWith, TRACING } from '../helpers/requires.ts';
import { runTool, summaryOf } from '../helpers/tool.ts';
import { type FragmentedXfs, mountFragmentedXfs } from '../helpers/xfs.ts';
import { facts } from './trace.ts';

const EXTENTS = 2_003;

const iomap = loadCatalogue().find(({ manifest }) => manifest.id === 'iomap');
const runsHere =
  iomap !== undefined &&
  selectVariant(iomap.manifest, iomap.folder, facts, { only: 'counters' }).variant !== null;

/** FILE FROM TIMES [WHENCE]; 4 is SEEK_HOLE, 3 SEEK_DATA. */
const SEEK =
  'open(my $f, "<", $ARGV[0]) or die "$ARGV[0]: $!"; sysseek($f, $ARGV[1], $ARGV[3] // 4) for 1 .. $ARGV[2];';
/** FILE: from data to hole to data. */
const WALK = `open(my $f, "<", $ARGV[0]) or die; my ($at, $end) = (0, -s $f);
  while ($at < $end) { $at = sysseek($f, $at, 3) // last; $at = sysseek($f, $at, 4) // last }`;
/** FILE: lseek(2) with what nobody looks at in the upper halves of its 32-bit arguments. */
const GARBAGE = `open(my $f, "<", $ARGV[0]) or die;
  syscall(8, fileno($f) | 0xdead << 32, 0, 4 | 1 << 40) for 1 .. 10; syscall(8, 999, 0, 4); syscall(8, 70_000, 0, 4)`;
/** FILE: holds it open while it is written through the same mount. */
const COPY_UP = `open(my $f, "<", $ARGV[0]) or die; sysseek($f, 0, 4) for 1 .. 5;
  open(my $w, ">>", $ARGV[0]) or die; sysseek($f, 0, 4) for 1 .. 5`;

const PRELUDE = `
set -e; cd "$1"
seek() { perl -e "$SEEK" "$@"; }
`;

const EXACT: Readonly<Record<string, string>> = {
  'all of a file, and part of it': 'seek fragmented 0 20; seek fragmented 409600 20',
  'delayed allocation, appended': `cp --reflink=always fragmented delayed
    dd if=/dev/zero of=delayed bs=4k count=3 oflag=append conv=notrunc; seek delayed 0 20`,
  'allocated beyond the end': `cp --reflink=always fragmented beyond
    for i in 1 3 5 7; do fallocate -n -o $(((${EXTENTS} + i) * 4096)) -l 4096 beyond; done; seek beyond 0 20`,
  'two on one mount, more busy than there are CPUs': `
    for i in 1 2 3; do perl -e 'my $end = time + 3; 1 while time < $end' & done
    seek fragmented 0 1500 & seek fragmented 4096 1500 & wait`,
  'extents listed by somebody else': `( for i in 1 2 3 4 5; do filefrag fragmented; done ) & seek fragmented 0 200; wait`,
  'written and written back meanwhile': `( for i in 1 2 3; do dd if=/dev/zero of=other bs=64k count=100 conv=fsync; done ) &
    seek fragmented 0 300; wait`,
  'holes, unwritten extents, data in the cache and on disk': `fallocate -l 2m mixed; truncate -s 4m mixed
    for i in 0 9 30 200 600; do dd if=/dev/zero of=mixed bs=4k count=2 seek=$i conv=notrunc; done
    perl -e "$WALK" mixed; sync mixed; perl -e "$WALK" mixed; seek mixed 0 10 3`,
  'garbage in the upper halves of arguments': 'perl -e "$GARBAGE" fragmented',
  'beyond the end, and a directory': 'seek fragmented 99999999999 5; seek . 0 5',
  'on overlayfs, with another on the file system below': `
    seek ../merged/fragmented 0 200 & seek fragmented 0 100 & wait`,
  'on ext4': `perl -e 'open(my $f, ">", "../ext4/sparse"); for (0 .. 99) { sysseek($f, $_ * 8192, 0); syswrite($f, "x" x 4096) }'
    perl -e "$WALK" ../ext4/sparse; sync ../ext4/sparse; perl -e "$WALK" ../ext4/sparse`,
};

const AT_LEAST: Readonly<Record<string, string>> = {
  'statistics cleared meanwhile': `( while :; do echo 1 > "$CLEAR"; sleep 0.01; done ) & clearing=$!
    seek fragmented 0 3000; kill $clearing`,
  'copied up after it was opened': 'perl -e "$COPY_UP" ../merged/fragmented',
};

const AT_MOST: Readonly<Record<string, string>> = {
  'data waiting for copy-on-write over a hole': `
    dd if=/dev/zero of=cow bs=4k count=1; dd if=/dev/zero of=cow bs=4k count=1 seek=16; truncate -s 1m cow
    cp --reflink=always cow shared; xfs_io -c 'cowextsize 128k' cow
    dd if=/dev/zero of=cow bs=4k count=1 conv=notrunc; seek cow 0 20`,
};

const why = runsHere ? '' : ' [needs the types of XFS, and x86]';
describeWith([...TRACING, 'mkfs.xfs', 'loop device', 'perl'], 'extent steps beside a witness', () => {
  describe.skipIf(!runsHere)(`iomap/counters${why}`, () => {
    const out = mkdtempSync(join(tmpdir(), 'stallscope-steps-'));
    const at = (name: string): string => join(out, name);
    let xfs: FragmentedXfs & { close(): Promise<void> };
    const mounted: string[] = [];
    const mount = async (...args: readonly string[]): Promise<void> => {
      mkdirSync(args.at(-1) ?? '', { recursive: true });
      await execa('mount', args);
      mounted.unshift(args.at(-1) ?? '');
    };
    beforeAll(async () => {
      xfs = await mountFragmentedXfs(EXTENTS);
      writeFileSync(at('image'), '');
      await execa('truncate', ['-s', '64M', at('image')]);
      await execa('mkfs.ext4', ['-q', '-F', at('image')]);
      await mount('-o', 'loop', at('image'), at('ext4'));
      await mount('--bind', xfs.dir, at('xfs'));
      for (const name of ['upper', 'work']) mkdirSync(at(join('ext4', name)));
      const layers = `lowerdir=${xfs.dir},upperdir=${at('ext4/upper')},workdir=${at('ext4/work')}`;
      await mount('-t', 'overlay', 'overlay', '-o', layers, at('merged'));
    });
    afterAll(async () => {
      for (const dir of mounted) await execa('umount', ['--lazy', dir]);
      rmSync(out, { recursive: true, force: true });
      await xfs?.close();
    });

    /** What the tool reported, and what the witness saw, of every process that either of them knows. */
    const beside = async (name: string, cases: Readonly<Record<string, string>>) => {
      const device = (await execa('findmnt', ['-no', 'SOURCE', xfs.dir])).stdout.split('/').at(-1);
      const env = { SEEK, WALK, GARBAGE, COPY_UP, CLEAR: `/sys/fs/xfs/${device}/stats/stats_clear` };
      const script = [PRELUDE, ...Object.values(cases).map((lines) => `${lines}\nsleep 1.1`)].join('\n');
      const witness = await startWitness();
      const file = at(`${name}.ndjson`);
      const options = ['--probe', 'iomap', '--variant', 'iomap=counters', '--budget', 'off', '-o', file];
      const end = await runTool(
        ['record', '--force', ...options, '--', 'sh', '-c', script, 'sh', at('xfs')],
        { env },
      );
      const seen = await witness.stop();
      expect(end, end.stderr).toMatchObject({ code: 0 });
      const summary = await summaryOf(file);
      const reported = new Map(summary.pids.map(({ pid, metrics }) => [pid, metrics['iomap.iter'] ?? 0]));
      const both = [...reported].map(([pid, steps]) => ({ pid, steps, true: seen.get(pid) ?? 0 }));
      return { summary, both };
    };

    it(`are the same: ${Object.keys(EXACT).join('; ')}`, async () => {
      const { summary, both } = await beside('exact', EXACT);
      expect(both.length).toBeGreaterThan(15);
      expect(both.filter(({ steps, true: seen }) => steps !== seen)).toEqual([]);
      expect(summary.coverage['iomap.iter']).toEqual({ coverage: 'exact', reasons: [] });
      expect(Math.max(...both.map(({ steps }) => steps))).toBe(1500 * (EXTENTS + 1));
    });

    it(`are no more, and said to be the least: ${Object.keys(AT_LEAST).join('; ')}`, async () => {
      const { summary, both } = await beside('least', AT_LEAST);
      expect(both.filter(({ steps, true: seen }) => steps > seen)).toEqual([]);
      expect(both.some(({ steps, true: seen }) => steps < seen)).toBe(true);
      expect(summary.coverage['iomap.iter']?.coverage).toBe('lower-bound');
      expect(summary.losses.byKind['least-steps']).toBeGreaterThanOrEqual(5);
    });

    it(`are too high by what is said, at most: ${Object.keys(AT_MOST).join('; ')}`, async () => {
      const { summary, both } = await beside('most', AT_MOST);
      const most = summary.losses.byKind['over-steps'] ?? 0;
      expect(summary.coverage['iomap.iter']?.coverage).toBe('estimate');
      expect(most).toBeGreaterThan(0);
      for (const { steps, true: seen } of both) {
        expect(steps).toBeGreaterThanOrEqual(seen);
        expect(steps - most).toBeLessThanOrEqual(seen);
      }
    });
  });
});

const WITNESS = 'tracepoint:iomap:iomap_iter /args->flags & 4/ { @steps[pid] = count(); }';

const startWitness = async () => {
  const child = execa(facts.bpftrace?.path ?? 'bpftrace', ['-f', 'json', '-e', WITNESS], {
    stdin: 'ignore',
    reject: false,
    cleanup: true,
    env: { __BPFTRACE_NOTIFY_PROBES_ATTACHED: '1' },
  });
  await new Promise<void>((resolve, reject) => {
    const look = (chunk: Buffer): void => {
      if (chunk.includes('__BPFTRACE_NOTIFY_PROBES_ATTACHED')) resolve();
    };
    child.stdout.on('data', look);
    child.stderr.on('data', look);
    child.then(({ stderr }) => reject(new Error(stderr)), reject);
  });
  return {
    stop: async (): Promise<ReadonlyMap<number, number>> => {
      child.kill('SIGINT');
      const { stdout } = await child;
      const line = stdout.split('\n').find((one) => one.includes('@steps')) ?? '{}';
      const { data } = JSON.parse(line) as {
        data?: Readonly<Record<string, Readonly<Record<string, number>>>>;
      };
      return new Map(Object.entries(data?.['@steps'] ?? {}).map(([pid, count]) => [Number(pid), count]));
    },
  };
};
