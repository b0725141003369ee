/** Limits of control groups, real ones: what is read of them beside their own files, and what is said of who hits one. */
import { mkdtempSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { afterAll, describe, expect, it } from 'vitest';
import { createCgroupSampler } from '../../src/host/cgroup/sampler.ts';
import { localFiles } from '../../src/host/local-files.ts';
import { makeGroup, memoryOf, quotaOf, type TestGroup } from '../helpers/cgroups.ts';
import { runTool } from '../helpers/tool.ts';
import { whyNot } from './trace.ts';

const QUOTA_PERCENT = 20;
const LIMIT_MIB = 32;
const FILE_MIB = 80;
const MIB = 2 ** 20;
const ON_DISK: ReadonlySet<number> = new Set([0xef53, 0x58465342]);

const groups = {
  cpu: whyNot === null ? makeGroup('quota', quotaOf(QUOTA_PERCENT)) : null,
  memory: whyNot === null ? makeGroup('limit', memoryOf(LIMIT_MIB)) : null,
};
const diskDir = [tmpdir(), process.cwd()].find((dir) => ON_DISK.has(statfsSync(dir).type));

afterAll(async () => {
  await Promise.all([groups.cpu?.remove(), groups.memory?.remove()]);
});

const needs = (group: TestGroup | null, what: string): string[] => [
  ...(whyNot === null ? [] : [whyNot]),
  ...(group === null ? [`control groups of ${what}`] : []),
];

const describeIn = (missing: readonly string[], name: string, body: () => void): void => {
  const title = missing.length > 0 ? `${name} [needs ${missing.join(', ')}]` : name;
  describe.skipIf(missing.length > 0)(title, body);
};

const inGroup = (group: TestGroup | null, script: string, ...args: readonly string[]): string[] => [
  ...['sh', '-c', `${group?.join}; exec perl -e "$0" "$@"`, script, ...args],
];

/** Of the one followed under this path. */
const readAll = (sampler: ReturnType<typeof createCgroupSampler>, id: number): Record<string, number> =>
  Object.fromEntries(
    [...sampler.read().values].flatMap(([metric, entries]) =>
      entries.flatMap(([of, value = 0]) => (of === id ? [[metric, value]] : [])),
    ),
  );

const followed = (group: TestGroup | null) => {
  const sampler = createCgroupSampler(localFiles);
  sampler.note([group?.path]);
  const id = sampler.read().begun.find(({ path }) => path === group?.path)?.id ?? 0;
  return () => readAll(sampler, id);
};

const fieldOf = (text: string, field: string): number =>
  Number(new RegExp(`^${field} (\\d+)$`, 'm').exec(text)?.[1]);

/** Busy until its group was held back so often: it reads so itself. */
const BURN = `
  my ($stat, $times) = @ARGV;
  while (1) {
    for (1 .. 20000) { my $x = $_ * $_; }
    open(my $f, "<", $stat) or die; local $/; my $text = <$f>;
    last if $text =~ /^nr_throttled (\\d+)/m && $1 >= $times;
  }`;

describeIn(needs(groups.cpu, 'cpu'), 'a CPU quota', () => {
  it('is read as the kernel counts it', async () => {
    const read = followed(groups.cpu);
    const stat = join(groups.cpu?.directory ?? '', 'cpu.stat');
    const before = readFileSync(stat, 'utf8');
    await execa('sh', inGroup(groups.cpu, BURN, stat, String(fieldOf(before, 'nr_throttled') + 5)).slice(1));
    const from = readFileSync(stat, 'utf8');
    const values = read();
    const to = readFileSync(stat, 'utf8');
    expect(values['cgroup.cpu_quota']).toBe(QUOTA_PERCENT);
    for (const [metric, field] of [
      ['cgroup.periods', 'nr_periods'],
      ['cgroup.throttled_periods', 'nr_throttled'],
    ] as const) {
      expect(values[metric]).toBeGreaterThanOrEqual(fieldOf(from, field));
      expect(values[metric]).toBeLessThanOrEqual(fieldOf(to, field));
    }
    expect(values['cgroup.throttled_periods']).toBeGreaterThanOrEqual(fieldOf(before, 'nr_throttled') + 5);
    expect(values['cgroup.throttled_us']).toBeGreaterThan(0);
  });

  it('that is used up is named, with its group and who used it up', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'quota-'));
    try {
      const file = join(dir, 'session.ndjson');
      const stat = join(groups.cpu?.directory ?? '', 'cpu.stat');
      const times = fieldOf(readFileSync(stat, 'utf8'), 'nr_throttled') + 60;
      const { code, stderr } = await runTool([
        ...['record', '--force', '-o', file, '-i', '250ms', '--probe', 'faults', '--budget', 'off'],
        ...['--', ...inGroup(groups.cpu, BURN, stat, String(times))],
      ]);
      expect(code, stderr).toBe(0);
      const { stdout } = await runTool(['analyze', file, '--json']);
      const { findings } = JSON.parse(stdout) as {
        findings: { id: string; cgroup?: string; suspect: unknown }[];
      };
      expect(findings).toContainEqual(
        expect.objectContaining({
          id: 'cgroup-cpu-throttle',
          cgroup: groups.cpu?.path,
          suspect: expect.objectContaining({ comm: 'perl' }),
        }),
      );
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});

const READ = `
  my ($file, $passes) = @ARGV;
  for (1 .. $passes) { open(my $f, "<", $file) or die; my $b; 1 while sysread($f, $b, 65536); }`;

describeIn(
  [...needs(groups.memory, 'memory'), ...(diskDir === undefined ? ['ext4 or XFS here'] : [])],
  'a memory limit',
  () => {
    const dir = mkdtempSync(join(diskDir ?? tmpdir(), 'limit-'));
    afterAll(() => rmSync(dir, { recursive: true }));

    /** A file of which nothing is in the page cache, read so often in the group: what its counters grew by. */
    const readTimes = async (passes: number): Promise<Record<string, number>> => {
      const file = join(dir, `file-${passes}`);
      writeFileSync(file, Buffer.alloc(FILE_MIB * MIB, 7));
      await execa('sync', [file]);
      await execa('dd', [`if=${file}`, 'iflag=nocache', 'count=0', 'status=none']);
      const read = followed(groups.memory);
      const before = read();
      await execa('sh', inGroup(groups.memory, READ, file, String(passes)).slice(1));
      // The kernel adds up what its CPUs counted from time to time.
      let after = read();
      const pages = (FILE_MIB * MIB) / 4096;
      for (let tries = 0; tries < 100; tries += 1) {
        if ((after['cgroup.refaults'] ?? 0) - (before['cgroup.refaults'] ?? 0) >= (passes - 1) * pages * 0.5)
          break;
        await delay(100);
        after = read();
      }
      return Object.fromEntries(
        Object.entries(after).map(([metric, value]) => [metric, value - (before[metric] ?? 0)]),
      );
    };

    it('up to which a cache is filled is hit, and nothing is read back', async () => {
      const grown = await readTimes(1);
      expect(grown['cgroup.limit_max']).toBeGreaterThan(0);
      expect(grown['cgroup.refaults']).toBeLessThan((FILE_MIB * MIB) / 4096 / 2);
    });

    it('below what is read again and again has it read back', async () => {
      const grown = await readTimes(4);
      expect(grown['cgroup.limit_max']).toBeGreaterThan(0);
      // Three passes of four find nothing of what they need.
      expect(grown['cgroup.refaults']).toBeGreaterThan((FILE_MIB * MIB) / 4096);
      expect(followed(groups.memory)()['cgroup.memory_limit']).toBe(LIMIT_MIB * MIB);
    });
  },
);
