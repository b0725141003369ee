/**
 * Major faults, also those that the kernel makes for a process: as many as the kernel itself counts, whoever brings
 * the pages in.
 */
import { mkdtempSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { findProbe, loadCatalogue } from '../../src/probes/catalogue.ts';
import { selectVariant } from '../../src/probes/select.ts';
import { compile } from '../helpers/compile.ts';
import { describeWith, TRACING } from '../helpers/requires.ts';
import { WORKLOADS } from '../helpers/workloads.ts';
import { facts, trace } from './trace.ts';

const PAGES = 1_009;
const PAGE = 4096;
const UNAVAILABLE = 77;
const HOWS = ['touch', 'populate', 'copy', 'threads'];
const ON_DISK: ReadonlySet<number> = new Set([0xef53, 0x58465342]);

const diskDir = [tmpdir(), process.cwd()].find((dir) => ON_DISK.has(statfsSync(dir).type));
const whyNoDisk = diskDir === undefined ? ' [needs ext4 or XFS here]' : '';

describeWith([...TRACING, 'cc'], 'major faults', () => {
  const dir = mkdtempSync(join(diskDir ?? tmpdir(), 'major-faults-'));
  const file = join(dir, 'file');
  let program: string;
  beforeAll(async () => {
    program = compile(dir, 'major-faults', readFileSync(WORKLOADS.majorFaults, 'utf8'), '-pthread');
    // Twice as many, because the threads take half each.
    writeFileSync(file, Buffer.alloc(2 * PAGES * PAGE, 7));
    await execa('sync', [file]);
  });
  afterAll(() => rmSync(dir, { recursive: true }));

  const { manifest, folder } = findProbe(loadCatalogue(), 'faults');
  it.skipIf(diskDir === undefined).each(['tracepoint', 'io'])(
    `are counted by variant %s as by getrusage${whyNoDisk}`,
    async (variant) => {
      const selected = selectVariant(manifest, folder, facts, { only: variant });
      const reported: Record<string, number> = {};
      const pids: Record<string, number> = {};
      const { counts } = await trace([selected], { filter: { kind: 'all' } }, async () => {
        for (const how of HOWS) {
          const child = execa(program, [file, how], { reject: false });
          const { exitCode, stdout } = await child;
          if (exitCode === UNAVAILABLE) continue;
          expect(exitCode).toBe(0);
          reported[how] = Number(stdout);
          pids[how] = child.pid ?? 0;
        }
      });
      expect(reported.touch).toBeGreaterThanOrEqual(2 * PAGES);
      const counted = Object.entries(pids).map(([how, pid]) => [how, counts['faults.major']?.[pid] ?? 0]);
      expect(Object.fromEntries(counted)).toEqual(reported);
    },
  );
});
