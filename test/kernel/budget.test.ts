/** What tracing costs the traced, on this kernel: steps that are had for nothing, and a budget that is kept. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HeaderRecord, StreamRecord } from '../../src/core/record.ts';
import { describeWith, forLong, HAS_TIME, TRACING } from '../helpers/requires.ts';
import { type ProgramScreen, runInTerminal } from '../helpers/screen.ts';
import { countsOf, LAUNCHER, READY, runTool, startTool, summaryOf, tracersGone } from '../helpers/tool.ts';
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
    const knowsXfs = facts.memberOffset('xfs_inode', 'i_vnode', 'xfs') !== null;
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
          '--force',
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

      it('are exact for several at once', async () => {
        const script = 'perl -e "$0" "$1" 409600 300 & perl -e "$0" "$1" 2048000 300 & wait';
        const summary = await record('both', 'counters', script);
        const each = [300 * (EXTENTS - 100 + 1), 300 * (EXTENTS - 500 + 1)];
        expect(countsOf(summary, 'iomap.iter').sort((a, b) => b - a)).toEqual(each);
        expect(countsOf(summary, 'iomap.seek_hole')).toEqual([300, 300]);
        expect(summary.coverage['iomap.iter']?.coverage).toBe('exact');
      });
    });
  },
);

describeWith([...TRACING, '/usr/bin/python3'], 'a budget', () => {
  const WORK = 'import time\nend = time.time() + 4\nwhile time.time() < end: [(n, [n]) for n in range(1000)]';
  const file = join(out, 'steps.ndjson');
  const screens: ProgramScreen[] = [];
  let header: HeaderRecord;
  let records: readonly StreamRecord[] = [];
  /** How often the statistics of the kernel were found to have gone on. */
  let windows = 0;

  // A load of seconds, and then calm; where there is time, for longer than the half minute before a probe comes back.
  const CALM_SECONDS = HAS_TIME ? 50 : 4;
  beforeAll(async () => {
    let on = false;
    const watch = setInterval(() => {
      const now = setting() === '1';
      if (now && !on) windows += 1;
      on = now;
    }, 10);
    const command = ['sh', '-c', `/usr/bin/python3 -c "$0"; sleep ${CALM_SECONDS}`, WORK];
    const options = ['--probe', 'python', '--variant', 'python=api'];
    const end = await runTool(['record', '--force', '-o', file, ...options, '--', ...command]);
    clearInterval(watch);
    expect(end, end.stderr).toMatchObject({ code: 0 });
    ({ header, records } = recordsIn(file));
  }, 180_000);
  afterAll(() => {
    for (const screen of screens) screen.close();
  });

  it('is two percent unless asked otherwise, and takes the costly variant down within three samples', () => {
    expect(header).toMatchObject({ budget: 0.02 });
    const at = records.findIndex((record) => record.type === 'probe');
    expect(records[at]).toMatchObject({ id: 'python', variant: 'tracepoint', state: 'attached' });
    expect(records[at]).toMatchObject({
      reason: expect.stringMatching(/^over the budget: its events took (about )?[\d.]+ % of a CPU/),
    });
    // The first is of the moment at which tracing began.
    expect(records.slice(0, at).filter(({ type }) => type === 'sample').length).toBeLessThanOrEqual(4);
  });

  it.skipIf(!HAS_TIME)(forLong('brings it back when it was calm, and says so'), () => {
    const probes = records.filter((record) => record.type === 'probe');
    expect(probes.at(-1)).toMatchObject({ id: 'python', variant: 'api', state: 'attached' });
    expect(probes.at(-1)?.reason).toMatch(/^back: /);
    expect(records.filter(({ type }) => type === 'gap').length).toBe(2);
  });

  it('reports in every sample what the probes cost, and whether that was measured', () => {
    const samples = records.filter((record) => record.type === 'sample');
    const by = samples.slice(1).map(({ self }) => self.probeMsBy);
    // Nothing is reported while the first window is open.
    const silent = by.findIndex((one) => one !== undefined);
    expect(silent).toBeGreaterThanOrEqual(0);
    expect(silent).toBeLessThanOrEqual(3);
    const reported = by.slice(silent);
    for (const one of reported) expect(['measured', 'estimated']).toContain(one);
    expect(samples.at(-1)?.self.probeMs?.python).toBeGreaterThan(50);
    expect(reported.includes('measured')).toBe(header.costBasis === 'measured');
  });

  it('hardly ever switches the statistics of the kernel, and leaves them as they were', () => {
    const end = records.find((record) => record.type === 'trailer');
    const seconds = ((end?.bootUs ?? 0) - header.clock.bootUs) / 1e6;
    expect(seconds).toBeGreaterThan(CALM_SECONDS);
    expect(windows).toBeLessThanOrEqual(1 + seconds / 10);
    expect(setting()).toBe('0');
  });

  it('keeps the totals, and marks what was not counted', async () => {
    const summary = await summaryOf(file);
    expect(summary.totals['python.api_object'] ?? 0).toBeGreaterThan(0);
    expect(summary.coverage['python.api_object']).toMatchObject({ coverage: 'lower-bound' });
    expect(summary.coverage['python.api_object']?.reasons.join()).toContain('cost more than the budget');
  });

  it('is shown by a replay as it was: down, and where there is time up again', async () => {
    const screen = runInTerminal(process.execPath, [LAUNCHER, 'replay', file, '--speed', '4'], {
      columns: 160,
      rows: 40,
    });
    screens.push(screen);
    await screen.waitFor('python/tracepoint (budget)', 60_000);
    screen.press('i');
    await screen.waitFor('over the budget: its events took', 20_000);
    if (HAS_TIME) await screen.waitFor('back: all probes together took less than half of the budget', 60_000);
    const { stdout } = await runTool(['replay', file, '--json', '--speed', 'max']);
    expect(stdout).toContain('"probeMs":{"python":');
  });
});

describeWith([...TRACING], 'the statistics of the kernel', () => {
  it('are off again after a session that was killed while they were on', async () => {
    expect(setting()).toBe('0');
    const tool = startTool(['record', '--force', '--probe', 'kswapd', '-o', join(out, 'killed.ndjson')]);
    await tool.says(READY);
    const limit = performance.now() + 60_000;
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
