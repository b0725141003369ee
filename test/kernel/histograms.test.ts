/** Calls by how long each took, counted beside a program that times its own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execaSync } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { expectHistogram, expectNoSlower, histogramIn, sumOfHistograms } from '../helpers/histograms.ts';
import { describeWith, TRACING } from '../helpers/requires.ts';
import { runTool, summaryOf } from '../helpers/tool.ts';
import { WORKLOADS } from '../helpers/workloads.ts';

/** Of each kind, in each of two threads. */
const TIMES = 23;
const KINDS = [
  ['create', 'inode.create_latency', 'inode.create_ns', 'inode.create'],
  ['seek', 'iomap.seek_latency', 'iomap.seek_ns', 'iomap.seek_hole'],
  ['sync', 'sync.latency', 'sync.ns', 'sync.calls'],
] as const;

type Account = { pid: number } & Record<(typeof KINDS)[number][0], number[]>;

describeWith([...TRACING, 'cc'], 'how long calls took', () => {
  const dir = mkdtempSync(join(tmpdir(), 'latencies-'));
  const file = join(dir, 'session.ndjson');
  const program = join(dir, 'latencies');
  beforeAll(() => {
    execaSync('cc', ['-O2', '-pthread', '-o', program, WORKLOADS.latencies]);
  });
  afterAll(() => rmSync(dir, { recursive: true }));

  it('is counted of every call, in two threads at once, and no longer than by the clock of who called', async () => {
    const { code, stdout, stderr } = await runTool([
      ...['record', '--force', '-o', file, '--probe', 'inode,iomap,sync', '--budget', 'off', '-i', '200ms'],
      ...['--', 'sh', '-c', `${program} ${dir} ${TIMES} && ${program} ${dir} ${TIMES}`],
    ]);
    expect(code, stderr).toBe(0);
    const accounts = stdout
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Account);
    expect(accounts).toHaveLength(2);
    const summary = await summaryOf(file);
    for (const [kind, latency, ns, calls] of KINDS) {
      for (const account of accounts) {
        const row = summary.pids.find(({ pid }) => pid === account.pid);
        if (row === undefined) throw new Error(`nothing of ${account.pid}`);
        expect(row.metrics[calls], calls).toBe(2 * TIMES);
        expectHistogram(row, latency, 2 * TIMES, row.metrics[ns] ?? 0);
        expectNoSlower(histogramIn(row, latency), account[kind]);
      }
      expect(summary.coverage[latency]?.coverage, latency).toBe('exact');
      const everybody = sumOfHistograms(summary.pids.map((row) => histogramIn(row, latency)));
      expect(summary.histograms[latency], latency).toEqual(everybody);
    }
  });
});
