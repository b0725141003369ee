/** Reclaim inside a memory cgroup: what is read beyond its limit, somebody has to throw out of it. */
import { existsSync, mkdirSync, mkdtempSync, rmdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, describe, expect, it } from 'vitest';
import { findProbe, loadCatalogue } from '../../src/probes/catalogue.ts';
import { selectVariant } from '../../src/probes/select.ts';
import { until } from '../helpers/until.ts';
import { facts, trace, whyNot } from './trace.ts';

const MIB = 1 << 20;
const PAGE = 4096;
const LIMIT_MIB = 16;
const FILE_MIB = 53;
const PASSES = 3;
const ON_DISK: ReadonlySet<number> = new Set([0xef53, 0x58465342]);

/** Where a memory cgroup can be made, and the name of its limit. */
const HIERARCHIES = [
  { at: '/sys/fs/cgroup/memory', limit: 'memory.limit_in_bytes' },
  { at: '/sys/fs/cgroup', limit: 'memory.max' },
];

const makeCgroup = (): string | null => {
  for (const { at, limit } of HIERARCHIES) {
    const made = join(at, `stallscope-${process.pid}`);
    if (!existsSync(join(at, 'cgroup.procs'))) continue;
    try {
      mkdirSync(made);
      writeFileSync(join(made, limit), String(LIMIT_MIB * MIB));
      return made;
    } catch {
      rmSync(made, { force: true, recursive: true });
    }
  }
  return null;
};

const isRemoved = (made: string): boolean => {
  try {
    rmdirSync(made);
    return true;
  } catch {
    return false;
  }
};

const cgroup = whyNot === null ? makeCgroup() : null;
const diskDir = [tmpdir(), process.cwd()].find((dir) => ON_DISK.has(statfsSync(dir).type));
const why = [
  ...(whyNot === null ? [] : [whyNot]),
  ...(cgroup === null ? ['memory cgroups'] : []),
  ...(diskDir === undefined ? ['ext4 or XFS here'] : []),
];

describe.skipIf(why.length > 0)(
  `reclaim of a cgroup${why.length > 0 ? ` [needs ${why.join(', ')}]` : ''}`,
  () => {
    const dir = mkdtempSync(join(diskDir ?? tmpdir(), 'reclaim-'));
    afterAll(async () => {
      rmSync(dir, { recursive: true });
      // Who was in it may be on its way out.
      await until(() => cgroup === null || isRemoved(cgroup));
    });

    it('is counted in who reads beyond the limit, with the pages it threw out', async () => {
      const file = join(dir, 'file');
      writeFileSync(file, Buffer.alloc(FILE_MIB * MIB, 7));
      await execa('sync', [file]);
      await execa('dd', [`if=${file}`, 'iflag=nocache', 'count=0', 'status=none']);
      const selected = ['kswapd', 'faults'].map((id) => {
        const { manifest, folder } = findProbe(loadCatalogue(), id);
        return selectVariant(manifest, folder, facts);
      });
      const script = 'echo $$ > "$0/cgroup.procs"; exec perl -e "$1" "$2"';
      const read = `for (1 .. ${PASSES}) { open(my $f, "<", $ARGV[0]); my $b; 1 while sysread($f, $b, 1048576); }`;
      let pid = 0;
      const { counts } = await trace(selected, { filter: { kind: 'all' } }, async () => {
        const child = execa('sh', ['-c', script, cgroup ?? '', read, file]);
        await child;
        pid = child.pid ?? 0;
      });
      const of = (metric: string): number => counts[`kswapd.${metric}`]?.[pid] ?? 0;
      // What came in had to go out again, but for what the cgroup may hold. Read ahead, some of it came in twice.
      const added = counts['faults.page_cache_added']?.[pid] ?? 0;
      const held = (LIMIT_MIB * MIB) / PAGE;
      expect(added).toBeGreaterThanOrEqual((PASSES * FILE_MIB * MIB) / PAGE);
      expect(of('memcg_reclaimed_pages')).toBeGreaterThanOrEqual(added - held);
      expect(of('memcg_reclaimed_pages')).toBeLessThanOrEqual(added + held);
      expect(of('memcg_reclaims')).toBeGreaterThan(0);
      expect(of('memcg_reclaim_ns')).toBeGreaterThan(of('memcg_reclaims') * 1_000);
      expect(of('memcg_reclaim_ns')).toBeLessThan(60e9);
      expect(of('direct_reclaims')).toBe(0);
    });
  },
);
