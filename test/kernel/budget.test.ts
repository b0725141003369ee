/** What tracing costs the traced, on this kernel: steps that are had for nothing, and a budget that is kept. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HeaderRecord, StreamRecord } from '../../src/core/record.ts';
import { describeWith, TRACING } from '../helpers/requires.ts';
import { countsOf, READY, runTool, startTool, summaryOf, tracersGone } from '../helpers/tool.ts';
import { type FragmentedXfs, mountFragmentedXfs } from '../helpers/xfs.ts';
import { facts } from './trace.ts';

const STATISTICS = '/proc/sys/kernel/bpf_stats_enabled';
const setting = (): string => readFileSync(STATISTICS, 'utf8').trim();

const out = mkdtempSync(join(tmpdir(), 'stallscope-budget-'));
afterAll(() => rmSync(out, { recursive: true, force: true }));

const recordsIn = (file: string): { header: HeaderRecord; records: readonly StreamRecord[] } => {
  const [header, ...records] = readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as StreamRecord | HeaderRecord);
  return { header: header as HeaderRecord, records: records as readonly StreamRecord[] };
};

/** Searches from the middle of a file, which no one knows the steps of but the file system. */
const SEEK = 'open(my $f, "<", $ARGV[0]); sysseek($f, $ARGV[1], 4) for 1 .. $ARGV[2];';

describeWith(
  [...TRACING, 'mkfs.xfs', 'loop device', 'perl'],
  'extent steps without an event for each',
  () => {
    const EXTENTS = 1009;
    const knowsXfs = facts.memberOffset('xfs_inode', 'i_vnode') !== null;
    const why = knowsXfs ? '' : " [needs XFS in the kernel's own types]";
    describe.skipIf(!knowsXfs)(`iomap/counters${why}`, () => {
      let xfs: FragmentedXfs & { close(): Promise<void> };
      beforeAll(async () => {
        xfs = await mountFragmentedXfs(EXTENTS);
      });
      afterAll(() => xfs?.close());

      const record = async (name: string, variant: string, script: string) => {
        const file = join(out, `${name}.ndjson`);
        const options = ['--probe', 'iomap', '--variant', `iomap=${variant}`, '--budget', 'off'];
        const end = await runTool([
          'record',
          '-o',
          file,
          ...options,
          '--',
          'sh',
          '-c',
          script,
          SEEK,
          xfs.file,
        ]);
        expect(end, end.stderr).toMatchObject({ code: 0 });
        return summaryOf(file);
      };

      it('are exact for one who searches parts of a file, and the same as by events', async () => {
        const script = 'perl -e "$0" "$1" 409600 7';
        const wanted = [7 * (EXTENTS - 100 + 1)];
        const cheap = await record('cheap', 'counters', script);
        expect(countsOf(cheap, 'iomap.iter')).toEqual(wanted);
        expect(cheap.coverage['iomap.iter']?.coverage).toBe('exact');
        expect(countsOf(await record('dear', 'tracepoint', script), 'iomap.iter')).toEqual(wanted);
      });

      it('add up for several at once, and say that they were shared out', async () => {
        const script = 'perl -e "$0" "$1" 409600 300 & perl -e "$0" "$1" 2048000 300 & wait';
        const summary = await record('both', 'counters', script);
        expect(summary.totals['iomap.iter']).toBe(300 * (EXTENTS - 100 + 1) + 300 * (EXTENTS - 500 + 1));
        expect(countsOf(summary, 'iomap.seek_hole')).toEqual([300, 300]);
        // Only if they ran one after the other there was nothing to share.
        const shared = summary.losses.byKind['shared-steps'] ?? 0;
        expect(summary.coverage['iomap.iter']?.coverage).toBe(shared > 0 ? 'estimate' : 'exact');
      });
    });
  },
);

describeWith([...TRACING, '/usr/bin/python3'], 'a budget', () => {
  const WORK = 'import time\nend = time.time() + 8\nwhile time.time() < end: [(n, [n]) for n in range(1000)]';

  it('takes the costly variant down while it is needed least, keeps its totals, and tells all of it', async () => {
    const file = join(out, 'steps.ndjson');
    const options = ['--probe', 'python', '--variant', 'python=api', '--budget', '2%'];
    const end = await runTool(['record', '-o', file, ...options, '--', '/usr/bin/python3', '-c', WORK]);
    expect(end, end.stderr).toMatchObject({ code: 0 });
    const { header, records } = recordsIn(file);
    expect(header.budget).toBe(0.02);
    const step = records.find((record) => record.type === 'probe');
    expect(step).toMatchObject({ id: 'python', variant: 'tracepoint', state: 'attached' });
    expect(step).toMatchObject({
      reason: expect.stringMatching(/^over the budget: its events took [\d.]+ % of a CPU/),
    });
    const summary = await summaryOf(file);
    expect(summary.totals['python.api_object'] ?? 0).toBeGreaterThan(0);
    expect(summary.coverage['python.api_object']).toMatchObject({ coverage: 'lower-bound' });
    expect(summary.coverage['python.api_object']?.reasons.join()).toContain('cost more than the budget');
    const replayed = await runTool(['replay', file, '--json']);
    expect(replayed.stdout).toContain('"probeMs":{"python":');
    expect(setting()).toBe('0');
  });

  it('leaves the statistics of the kernel as they were, also when it is killed', async () => {
    expect(setting()).toBe('0');
    const tool = startTool([
      'record',
      '--budget',
      '2%',
      '--probe',
      'kswapd',
      '-o',
      join(out, 'killed.ndjson'),
    ]);
    await tool.says(READY);
    // Killed while they are on: they are for a tenth of each second.
    const limit = performance.now() + 30_000;
    while (setting() !== '1') {
      if (performance.now() > limit) throw new Error('the statistics were never on');
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    tool.kill('SIGKILL');
    await tool.ended;
    await tracersGone(tool.pid, 20_000);
    while (setting() !== '0') {
      if (performance.now() > limit) throw new Error('the statistics are still on');
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(setting()).toBe('0');
  });
});
