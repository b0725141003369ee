/** Where the time of a process goes, as shares that add up, beside the kernel's own accounts of the same process. */
import { mkdtempSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { compile } from '../helpers/compile.ts';
import { describeWith, TRACING } from '../helpers/requires.ts';
import { READY, startTool, summaryOf } from '../helpers/tool.ts';
import { WORKLOADS } from '../helpers/workloads.ts';
import { type Account, shareClaims } from '../vm/guest/share-claims.mjs';
import { heldOpen } from '../vm/guest/work.mjs';

const PHASE_MS = 500;
const ON_DISK: ReadonlySet<number> = new Set([0xef53, 0x58465342]);

const diskDir = [tmpdir(), process.cwd()].find((dir) => ON_DISK.has(statfsSync(dir).type));

describeWith([...TRACING, 'cc'], 'the shares of a process', () => {
  const dir = mkdtempSync(join(diskDir ?? tmpdir(), 'shares-'));
  afterAll(() => rmSync(dir, { recursive: true }));

  it.skipIf(diskDir === undefined)(
    'add up to the life of its threads, each as the kernel has it',
    async () => {
      const program = compile(dir, 'shares', readFileSync(WORKLOADS.shares, 'utf8'), '-pthread');
      const file = join(dir, 'session.ndjson');
      const tool = startTool(['record', '--force', '-o', file, '--probe', 'blocked', '--budget', 'off']);
      await tool.says(READY);
      const work = await heldOpen(program, String(PHASE_MS), dir);
      tool.kill('SIGINT');
      await tool.ended;
      await work.end();
      const account = JSON.parse(work.said) as Account;
      const metrics = (await summaryOf(file)).pids.find(({ pid }) => pid === account.pid)?.metrics ?? {};
      const claims = shareClaims(account, (metric) => metrics[metric] ?? 0);
      expect(claims).toHaveLength(5);
      expect(claims.filter(({ verdict }) => verdict !== 'passed')).toEqual([]);
    },
  );
});
