/**
 * Every bundled variant that this host can run, compiled, attached, and its counts proved with workloads whose
 * numbers are known. Perl makes the system calls, because it is on every Debian and Ubuntu.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  copyFileSync,
  fsyncSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statfsSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assemble } from '../../src/probes/assemble.ts';
import { findProbe, loadCatalogue } from '../../src/probes/catalogue.ts';
import { reasonAgainst, selectVariant } from '../../src/probes/select.ts';
import type { Selected } from '../../src/probes/types.ts';
import { HAS_TIME } from '../helpers/requires.ts';
import { facts, type Outcome, trace, whyNot } from './trace.ts';

const BLOCK = 4096;
const IOMAP_FILE_SYSTEMS: ReadonlySet<number> = new Set([0xef53, 0x58465342]);

const catalogue = loadCatalogue();
const select = (id: string): Selected => {
  const { manifest, folder } = findProbe(catalogue, id);
  return selectVariant(manifest, folder, facts);
};
const everyProbe = catalogue.map(({ manifest }) => select(manifest.id));

/** A directory on ext4 or XFS, where extents are walked; null when there is none. */
const extentDir = [tmpdir(), process.cwd()].find((dir) => IOMAP_FILE_SYSTEMS.has(statfsSync(dir).type));
const dir = mkdtempSync(join(extentDir ?? tmpdir(), 'probes-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** Runs a program to its end and says its PID. */
const run = async (file: string, ...args: readonly string[]): Promise<{ pid: number; stdout: string }> => {
  const child = execa(file, args, { stdin: 'ignore' });
  const { stdout } = await child;
  return { pid: child.pid ?? 0, stdout };
};
const perl = (script: string, ...args: readonly string[]) => run('perl', '-e', script, ...args);

/** A program that waits for a line before it does anything, so that its PID is known before tracing begins. */
const waiting = (file: string, ...args: readonly string[]) => {
  const child = spawn(file, args, { stdio: ['pipe', 'ignore', 'inherit'] });
  return {
    pid: child.pid ?? 0,
    go: async (): Promise<void> => {
      child.stdin.end('go\n');
      await once(child, 'close');
    },
  };
};

const SEEK = 'open(my $f, "<", $ARGV[0]); sysseek($f, 0, $ARGV[1]) for 1 .. $ARGV[2];';
const SEEK_DATA = '3';
const SEEK_HOLE = '4';

/** Raw numbers of exit system calls, and a perl with threads. */
const hasThreads = await perl('use threads; print "yes"').then(
  ({ stdout }) => stdout === 'yes' && facts.arch === 'x86_64' && facts.btf,
  () => false,
);
const whyNoThreads = hasThreads ? '' : ' [needs x86-64, BTF and a perl with threads]';

const why = whyNot === null ? '' : ` [needs ${whyNot}]`;
describe.skipIf(whyNot !== null)(`probes on this kernel${why}`, () => {
  describe('attaching', () => {
    it('runs every one of them here', () => {
      expect(everyProbe.filter(({ variant }) => variant === null)).toEqual([]);
    });

    it('attaches all of them in one program, with as many probes as it said', async () => {
      const program = assemble({
        selected: everyProbe,
        filter: { kind: 'all' },
        intervalMs: 200,
        mapKeys: 16384,
        facts,
      });
      const outcome = await trace(everyProbe, { filter: { kind: 'all' } }, async () => undefined);
      expect(outcome.attachedProbes).toBe(program.attachPoints);
    });

    const runnable = catalogue.flatMap(({ manifest, folder }) =>
      manifest.variants
        .map(({ id }) => selectVariant(manifest, folder, facts, { only: id }))
        .filter(({ variant }) => variant !== null)
        .map((selected) => ({ name: `${manifest.id}/${selected.variant?.id}`, ...selected })),
    );
    const FRAMES = [
      { filter: { kind: 'tree', rootPid: process.pid } },
      { filter: { kind: 'pids', pids: [process.pid, 0] }, startTime: 'none' },
    ] as const;
    // Where time is short, each of them in one way, and both ways in turns.
    const framesOf = (index: number) => (HAS_TIME ? FRAMES : FRAMES.slice(index % 2).slice(0, 1));
    it.each(runnable.map((one, index) => ({ ...one, frames: framesOf(index) })))(
      'attaches $name alone',
      async ({ frames, ...selected }) => {
        for (const options of frames) {
          const program = assemble({
            selected: [selected],
            intervalMs: 200,
            mapKeys: 4096,
            facts,
            ...options,
          });
          const outcome = await trace([selected], { mapKeys: 4096, ...options }, async () => undefined);
          expect(outcome.attachedProbes).toBe(program.attachPoints);
        }
      },
    );

    // From 0.22 on, -d attaches what it shows.
    const canDry = /^0\.(1[4-9]|2[01])\./.test(facts.bpftrace?.version ?? '');
    const others = catalogue.flatMap(({ manifest, folder }) =>
      manifest.variants
        .filter((variant) => reasonAgainst(variant, facts) !== null)
        .map((variant) => ({ name: `${manifest.id}/${variant.id}`, file: join(folder, variant.file) })),
    );
    it.skipIf(!canDry).each(others)(
      `finds nothing wrong in $name but what this host lacks${canDry ? '' : ' [needs bpftrace 0.14 to 0.21]'}`,
      async ({ file }) => {
        const { stderr } = await execa(facts.bpftrace?.path ?? '', ['-d', file], { reject: false });
        const errors = stderr.split('\n').filter((line) => /ERROR: (?!.*RLIMIT_MEMLOCK)|syntax/.test(line));
        const lacking =
          /kfunc\/kretfunc not available for your kernel|tracepoint not found: (iomap:iomap_apply|xfs:kmem_alloc)|target file '\/usr\/bin\/python3'/;
        expect(errors.filter((line) => !lacking.test(line))).toEqual([]);
      },
    );
  });

  describe('inode', () => {
    let outcome: Outcome;
    let pid = 0;
    beforeAll(async () => {
      outcome = await trace([select('inode')], { filter: { kind: 'all' } }, async () => {
        const script = `
          chdir $ARGV[0];
          for (1 .. 23) { open(my $f, ">", "a") or die; close $f; rename("a", "b") or die; unlink("b") or die; }
          for (1 .. 7) { mkdir("d") or die; rmdir("d") or die; }
          open(my $f, "<", "/etc/passwd");
          for (1 .. 5) { unlink("nowhere"); mkdir("/proc/1"); rename("nowhere", "x"); open(my $g, ">", "/no/x"); }
        `;
        ({ pid } = await perl(script, dir));
      });
    });

    it('counts what succeeded, and nothing else', () => {
      expect(outcome.counts['inode.create']?.[pid]).toBe(23 + 7);
      expect(outcome.counts['inode.unlink']?.[pid]).toBe(23 + 7);
      expect(outcome.counts['inode.rename']?.[pid]).toBe(23);
    });

    it('adds up their time', () => {
      for (const metric of ['inode.create_ns', 'inode.unlink_ns', 'inode.rename_ns']) {
        const ns = outcome.counts[metric]?.[pid] ?? 0;
        expect(ns).toBeGreaterThan(23 * 100);
        expect(ns).toBeLessThan(10e9);
      }
    });

    it('reports of the end of the process, with its start and name', () => {
      const line = outcome.lines.find((text) => text.startsWith(`exit ${pid} `)) ?? '';
      const [, at, start, comm] = /^exit \d+ (\d+) (\d+) (.*)$/.exec(line) ?? [];
      expect(comm).toBe('perl');
      if (facts.btf) {
        const livedMs = (Number(at) - Number(start)) / 1e6;
        expect(livedMs).toBeGreaterThan(0);
        expect(livedMs).toBeLessThan(10_000);
      }
    });

    it('prints cumulative maps between tick and tock, and never less than before', () => {
      const series = outcome.ticks.map((tick) => tick['inode.create']?.[pid] ?? 0);
      expect(series).toEqual([...series].sort((a, b) => a - b));
      // bpftrace's own PID, and that of whoever started it: this process.
      expect(outcome.lines[0]).toMatch(new RegExp(`^begin \\d+ [1-9]\\d* ${facts.btf ? process.pid : 0}$`));
      // Probes are still attached when it ends: others may end after it, or on a CPU that is read later. So may a tick be.
      const end = outcome.lines.findIndex((line) => /^end \d+$/.test(line));
      expect(end).toBeGreaterThan(0);
      const late = /^(?:(?:exit|forget|name) \d+ |tick \d+$|tock$)/;
      expect(outcome.lines.slice(end + 1).filter((line) => !late.test(line))).toEqual([]);
      const frame = outcome.lines.filter((line) => /^(tick|tock)/.test(line)).map((line) => line.slice(0, 4));
      expect(frame).toEqual(frame.map((_, index) => (index % 2 === 0 ? 'tick' : 'tock')));
    });
  });

  const whyNoExtents = extentDir === undefined ? ' [needs ext4 or XFS here]' : '';
  describe.skipIf(extentDir === undefined)(`iomap${whyNoExtents}`, () => {
    const dense = join(dir, 'dense');
    const striped = join(dir, 'striped');
    const STRIPES = 29;
    let extents = 0;

    beforeAll(async () => {
      writeInTurns(dense, join(dir, 'neighbour'), 31);
      writeFileSync(striped, '');
      // Holes and preallocated blocks in turns hold no data at all, so a search for data walks them all.
      for (let stripe = 0; stripe < STRIPES; stripe += 1) {
        await run('fallocate', '-o', `${(2 * stripe + 1) * BLOCK}`, '-l', `${BLOCK}`, striped);
      }
      const { stdout } = await run('filefrag', '-v', dense);
      extents = stdout.split('\n').filter((line) => /^\s*\d+:/.test(line)).length;
    });

    it('counts seeks and every step of them, exactly', async () => {
      let hole = 0;
      let data = 0;
      const { counts } = await trace([select('iomap')], { filter: { kind: 'all' } }, async () => {
        hole = (await perl(SEEK, dense, SEEK_HOLE, '23')).pid;
        data = (await perl(SEEK, striped, SEEK_DATA, '17')).pid;
        await run('filefrag', '-v', dense);
      });
      expect(extents).toBeGreaterThan(0);
      expect(counts['iomap.seek_hole']?.[hole]).toBe(23);
      expect(counts['iomap.seek_data']?.[data]).toBe(17);
      // One step for each extent and one to end the walk. FIEMAP (filefrag) walks too, and is not counted.
      expect(counts['iomap.iter']?.[hole]).toBe(23 * (extents + 1));
      expect(counts['iomap.iter']?.[data]).toBe(17 * (2 * STRIPES + 1));
      const total = counts['iomap.seek_ns']?.[data] ?? 0;
      const longest = counts['iomap.seek_max_ns']?.[data] ?? 0;
      expect(longest).toBeGreaterThan(0);
      expect(total).toBeGreaterThanOrEqual(longest);
      expect(total).toBeLessThanOrEqual(17 * longest);
    });

    it('loses none of many short processes, and sees each of them end', async () => {
      const wanted = new Map<string, number>();
      const outcome = await trace([select('iomap')], { filter: { kind: 'all' } }, async () => {
        for (let batch = 0; batch < 10; batch += 1) {
          const ended = await Promise.all(
            Array.from({ length: 4 }, () => perl(SEEK, striped, SEEK_DATA, '40')),
          );
          for (const { pid } of ended) wanted.set(String(pid), 40);
        }
      });
      // Those of them who ended first may have been forgotten by now.
      expect(outcome.reached['iomap.seek_data']).toMatchObject(Object.fromEntries(wanted));
      for (const pid of wanted.keys()) {
        expect(outcome.reached['iomap.iter']?.[pid]).toBe(40 * (2 * STRIPES + 1));
        expect(outcome.lines.filter((line) => line.startsWith(`exit ${pid} `))).toHaveLength(1);
      }
    });

    it('follows a process and its descendants, and nobody else', async () => {
      const script = `read line; for i in 1 2 3; do sh -c 'perl -e "$0" "$@"; :' '${SEEK}' "$@"; done`;
      const root = waiting('sh', '-c', script, 'sh', striped, SEEK_DATA, '13');
      const { counts } = await trace(
        [select('iomap')],
        { filter: { kind: 'tree', rootPid: root.pid } },
        async () => {
          await perl(SEEK, striped, SEEK_DATA, '5');
          await root.go();
        },
      );
      expect(Object.values(counts['iomap.seek_data'] ?? {})).toEqual([13, 13, 13]);
      expect(Object.values(counts['iomap.iter'] ?? {})).toEqual([1, 2, 3].map(() => 13 * (2 * STRIPES + 1)));
    });

    it.skipIf(whyNoThreads !== '')(
      `keeps following when the first thread has ended${whyNoThreads}`,
      async () => {
        const script = `
        use threads; my $line = <STDIN>;
        threads->create(sub {
          select(undef, undef, undef, 0.3);
          open(my $f, "<", $ARGV[0]); sysseek($f, 0, 3) for 1 .. 19;
          syscall(231, 0);
        })->detach;
        syscall(60, 0);
      `;
        const root = waiting('perl', '-e', script, striped);
        const outcome = await trace([select('iomap')], { filter: { kind: 'tree', rootPid: root.pid } }, () =>
          root.go(),
        );
        expect(outcome.counts['iomap.seek_data']).toEqual({ [root.pid]: 19 });
        expect(outcome.lines.filter((line) => line.startsWith('exit '))).toHaveLength(1);
      },
    );

    it('counts only the processes named', async () => {
      const script = `my $line = <STDIN>; ${SEEK}`;
      const [one, two, three] = [1, 2, 3].map(() => waiting('perl', '-e', script, striped, SEEK_DATA, '7'));
      const pids = [one!.pid, three!.pid];
      const { counts } = await trace([select('iomap')], { filter: { kind: 'pids', pids } }, async () => {
        await Promise.all([one!.go(), two!.go(), three!.go()]);
      });
      expect(counts['iomap.seek_data']).toEqual({ [one!.pid]: 7, [three!.pid]: 7 });
    });
  });

  describe('faults', () => {
    const MIB = 4;
    const drop = (path: string) => run('dd', `if=${path}`, 'iflag=nocache', 'count=0', 'status=none');
    const onDisk = extentDir !== undefined;
    const whyNoDisk = onDisk ? '' : ' [needs ext4 or XFS here]';

    it.skipIf(!onDisk)(`counts pages into the cache and bytes from the disk${whyNoDisk}`, async () => {
      const file = join(dir, 'cold');
      writeFileSync(file, Buffer.alloc(MIB << 20, 7));
      await run('sync', file);
      const read = `open(my $f, "<", $ARGV[0]); my $b; 1 while sysread($f, $b, 65536);`;
      await perl(read, file);
      let reader = 0;
      const { counts } = await trace([select('faults')], { filter: { kind: 'all' } }, async () => {
        await drop(file);
        reader = (await perl(read, file)).pid;
      });
      expect(counts['faults.page_cache_added']?.[reader]).toBe((MIB << 20) / BLOCK);
      expect(sumOf(counts['faults.read_bytes'])).toBeGreaterThanOrEqual(MIB << 20);
    });

    it.skipIf(!onDisk)(`counts major faults as the kernel does${whyNoDisk}`, async () => {
      const programs = Array.from({ length: 11 }, (_, index) => join(dir, `cold-${index}`));
      for (const path of programs) copyFileSync('/bin/true', path);
      await run('sync', ...programs);
      for (const path of programs) await drop(path);
      const reported = join(dir, 'reported');
      // Fields 12 and 13 of its own stat: major faults of its own, and of the children it has waited for.
      const script = `
        sub faults { open(my $p, "<", "/proc/self/stat"); my @s = split(/ /, <$p>); $s[11] + $s[12] }
        my $line = <STDIN>; my $before = faults(); my $out = shift @ARGV;
        for (@ARGV) { system($_) == 0 or die; }
        open(my $f, ">", $out); print $f faults() - $before;`;
      const root = waiting('perl', '-e', script, reported, ...programs);
      const { counts } = await trace(
        [select('faults')],
        { filter: { kind: 'tree', rootPid: root.pid } },
        () => root.go(),
      );
      const majors = Number(readFileSync(reported, 'utf8'));
      expect(majors).toBeGreaterThanOrEqual(programs.length);
      expect(sumOf(counts['faults.major'])).toBe(majors);
    });

    it.skipIf(!onDisk)(`counts bytes written${whyNoDisk}`, async () => {
      const file = join(dir, 'written');
      const { counts } = await trace([select('faults')], { filter: { kind: 'all' } }, async () => {
        await run('dd', 'if=/dev/zero', `of=${file}`, 'bs=1M', `count=${MIB}`, 'conv=fsync', 'status=none');
      });
      expect(sumOf(counts['faults.write_bytes'])).toBeGreaterThanOrEqual(MIB << 20);
    });
  });

  describe('page-alloc', () => {
    it('adds up the time of compaction', async () => {
      let pid = 0;
      const startedAtMs = performance.now();
      const { counts } = await trace([select('page-alloc')], { filter: { kind: 'all' } }, async () => {
        pid = (await run('sh', '-c', 'echo 1 > /proc/sys/vm/compact_memory')).pid;
      });
      const ns = counts['page-alloc.compact_ns']?.[pid] ?? 0;
      expect(ns).toBeGreaterThan(0);
      expect(ns).toBeLessThan((performance.now() - startedAtMs) * 1e6);
      // Direct compaction is for an allocation; this one was asked for.
      expect(counts['page-alloc.compact_stalls']?.[pid]).toBeUndefined();
    });
  });

  describe('the frame', () => {
    const churn = 'open(my $f, ">", "$ARGV[0]/churn"); close $f; unlink "$ARGV[0]/churn";';

    // Of every probe more maps are forgotten than one program can delete from: the first and the last of them.
    it.each([
      ['one probe', [select('inode')], ['inode.create']],
      ['every probe', everyProbe, ['inode.create', 'sync.calls']],
    ] as const)(
      'forgets the dead of %s after two readings, when others end on their CPU',
      async (_, selected, metrics) => {
        let first = 0;
        let second = 0;
        // Few keys, so that a batch is of one, and a large map all the same.
        const options = {
          filter: { kind: 'pids', pids: [] as number[] },
          mapKeys: 4,
          capacity: 4096,
        } as const;
        const work = `use IO::Handle; my $line = <STDIN>; ${churn} open(my $g, "<", $ARGV[0]); $g->sync;`;
        const one = waiting('perl', '-e', work, dir);
        const two = waiting('perl', '-e', work, dir);
        const outcome = await trace(
          selected,
          { ...options, filter: { kind: 'pids', pids: [one.pid, two.pid] } },
          async ({ ticksFromNow, hasSaid }) => {
            first = one.pid;
            await one.go();
            for (let round = 0; round < 50 && !hasSaid(`forget ${first} `); round += 1) {
              await ticksFromNow(1);
              await endOnEachCpu();
            }
            second = two.pid;
            await two.go();
          },
        );
        expectKept(outcome, first);
        expect(outcome.lines.some((line) => line.startsWith(`forget ${first} `))).toBe(true);
        for (const metric of metrics) {
          const printed = outcome.ticks.filter((tick) => tick[metric]?.[first] === 1);
          expect(printed.length, metric).toBeGreaterThanOrEqual(2);
          expect(outcome.counts[metric] ?? {}, metric).not.toHaveProperty(String(first));
          expect(outcome.reached[metric]?.[second], metric).toBe(1);
        }
        // So are the buckets of its histograms, of which no deletion knows in advance which there are.
        const owners = (counts: Readonly<Record<string, number>> = {}) =>
          new Set(Object.keys(counts).map((key) => Number(key.split(',')[0])));
        expect(outcome.ticks.some((tick) => owners(tick['inode.create_latency']).has(first))).toBe(true);
        expect(owners(outcome.counts['inode.create_latency'])).not.toContain(first);
        expect(owners(outcome.reached['inode.create_latency'])).toContain(second);
      },
    );

    it('keeps the keys of those who died a moment ago', async () => {
      const pids: number[] = [];
      const outcome = await trace(
        [select('inode')],
        { filter: { kind: 'tree', rootPid: process.pid }, mapKeys: 4, capacity: 4096 },
        async () => {
          for (let i = 0; i < 5; i += 1) pids.push((await perl(churn, dir)).pid);
        },
      );
      for (const pid of pids) {
        expect(outcome.reached['inode.create']?.[pid]).toBe(1);
        expectKept(outcome, pid);
      }
    });

    it('limits the lines of a storm, and counts what it did not say', async () => {
      const STORM = 4_100;
      const script = 'read line; i=0; while [ $i -lt $1 ]; do ( : > "$0/s$i" ); i=$((i+1)); done';
      const root = waiting('sh', '-c', script, dir, String(STORM));
      const outcome = await trace(
        [select('inode')],
        { filter: { kind: 'tree', rootPid: root.pid }, intervalMs: 600_000 },
        () => root.go(),
      );
      const reported = outcome.lines.filter((line) => line.startsWith('exit ')).length;
      expect(outcome.exits).toBe(STORM);
      expect(reported).toBe(4_000);
      expect(Object.keys(outcome.counts['inode.create'] ?? {})).toHaveLength(STORM);
    });
  });
});

/** A process ends on each: whoever waits in the line of that CPU may be forgotten then. */
const endOnEachCpu = async (): Promise<void> => {
  for (let cpu = 0; cpu < availableParallelism(); cpu += 1)
    await execa('taskset', ['-c', String(cpu), 'true']);
};

/** Two readings at least began between its end and the deletion of its keys, if they were deleted. */
const expectKept = ({ lines }: Outcome, pid: number): void => {
  const timeOf = (word: string): number =>
    Number(
      new RegExp(`^${word} ${pid} (\\d+)`).exec(
        lines.find((line) => line.startsWith(`${word} ${pid} `)) ?? '',
      )?.[1],
    );
  const exitNs = timeOf('exit');
  const forgetNs = timeOf('forget');
  expect(exitNs).toBeGreaterThan(0);
  if (Number.isNaN(forgetNs)) return;
  const ticksNs = lines.flatMap((line) => (line.startsWith('tick ') ? [Number(line.slice(5))] : []));
  expect(ticksNs.filter((ns) => ns > exitNs && ns < forgetNs).length).toBeGreaterThanOrEqual(2);
};

const sumOf = (values: Readonly<Record<string, number>> = {}): number =>
  Object.values(values).reduce((sum, value) => sum + value, 0);

/** Two files written block by block in turns, each block on disk before the next: their extents alternate. */
const writeInTurns = (one: string, other: string, blocks: number): void => {
  const files = [one, other].map((path) => openSync(path, 'w'));
  const block = Buffer.alloc(BLOCK, 1);
  for (let index = 0; index < blocks; index += 1) {
    for (const file of files) {
      writeSync(file, block, 0, BLOCK, index * BLOCK);
      fsyncSync(file);
    }
  }
  for (const file of files) closeSync(file);
};
