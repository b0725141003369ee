/**
 * Uninterruptible sleep, counted beside programs that sleep so for times they know: in vfork until a child has ended,
 * which is no I/O, and in reads past the page cache, which is.
 */
import { mkdtempSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { SampleRecord, Waits } from '../../src/core/record.ts';
import { compile } from '../helpers/compile.ts';
import { describeWith, TRACING } from '../helpers/requires.ts';
import { READY, runTool, type Summary, startTool, summaryOf } from '../helpers/tool.ts';
import { WORKLOADS } from '../helpers/workloads.ts';

const WAITS = 23;
const WAIT_MS = 20;
const THREADS = 4;
const MS = 1e6;
const ON_DISK: ReadonlySet<number> = new Set([0xef53, 0x58465342]);

const diskDir = [tmpdir(), process.cwd()].find((dir) => ON_DISK.has(statfsSync(dir).type));
const whyNoDisk = diskDir === undefined ? ' [needs ext4 or XFS here]' : '';

describeWith([...TRACING, 'cc'], 'uninterruptible sleep', () => {
  const dir = mkdtempSync(join(diskDir ?? tmpdir(), 'blocked-'));
  const file = join(dir, 'session.ndjson');
  let program: string;
  beforeAll(() => {
    program = compile(dir, 'blocked', readFileSync(WORKLOADS.blocked, 'utf8'), '-pthread');
  });
  afterAll(() => rmSync(dir, { recursive: true }));

  const recordOf = async (variant: string, args: readonly string[]) => {
    const options = ['--probe', 'blocked', '--variant', `blocked=${variant}`, '--budget', 'off'];
    const { code, stdout, stderr } = await runTool([
      'record',
      '--force',
      ...['-o', file, ...options, '--', program, ...args],
    ]);
    expect(code, stderr).toBe(0);
    // What the command prints goes to stdout, and our own words to stderr.
    const truth = JSON.parse(stdout.split('\n').find((line) => line.startsWith('{')) ?? '{}');
    const summary = await summaryOf(file);
    return {
      wallNs: Number(truth.wallNs),
      waits: Number(truth.waits),
      summary,
      row: rowOf(summary, Number(truth.pid)),
    };
  };

  it.each(['tracepoint', 'plain', 'switch'])(
    'is counted by %s: each wait, and the time of all',
    async (variant) => {
      const { wallNs, waits, row, summary } = await recordOf(variant, [String(WAITS), String(WAIT_MS)]);
      // Its vforks, and no wait that the kernel itself does not know of: a page of its file may have to be read, too.
      expect(row['blocked.count']).toBeGreaterThanOrEqual(WAITS);
      expect(row['blocked.count']).toBeLessThanOrEqual(waits);
      expect(row['blocked.ns']).toBeGreaterThan(WAITS * WAIT_MS * MS);
      expect(row['blocked.ns']).toBeLessThan(wallNs);
      expect(row['blocked.max_ns']).toBeGreaterThan(WAIT_MS * MS);
      if (row['blocked.count'] === WAITS) expect(row['blocked.io_ns'] ?? 0).toBe(0);
      expect(row['blocked.now'] ?? 0).toBe(0);
      const { coverage, reasons = [] } = summary.coverage['blocked.ns'] ?? {};
      if (variant === 'switch' || summary.losses.byKind['missed-runs'] !== undefined)
        expect({ coverage, reasons }).toMatchObject({ coverage: 'estimate', reasons: [expect.any(String)] });
      else expect(coverage).toBe('exact');
      expect(summary.losses.lostEvents).toBe(0);
    },
  );

  it('of several threads adds up', async () => {
    const { wallNs, row } = await recordOf('tracepoint', [String(WAITS), String(WAIT_MS), String(THREADS)]);
    // Threads of one process may also wait for each other, in the kernel, for its memory map.
    expect(row['blocked.count']).toBeGreaterThanOrEqual(THREADS * WAITS);
    expect(row['blocked.ns']).toBeGreaterThan(THREADS * WAITS * WAIT_MS * MS);
    expect(row['blocked.ns']).toBeLessThan(wallNs * 1.02);
  });

  it.skipIf(diskDir === undefined)(`for block I/O is distinguished${whyNoDisk}`, async () => {
    const data = join(dir, 'data');
    writeFileSync(data, Buffer.alloc(WAITS << 20, 7));
    await execa('sync', [data]);
    const { row } = await recordOf('tracepoint', [String(WAITS), '1', '1', data]);
    expect(row['blocked.count']).toBeGreaterThan(WAITS);
    expect(row['blocked.io_ns']).toBeGreaterThan(0);
    expect(row['blocked.ns']).toBeGreaterThan((row['blocked.io_ns'] ?? 0) + WAITS * MS);
  });

  it('that goes on is counted while it does', async () => {
    const tool = startTool(['record', '--force', '-o', file, '--probe', 'blocked', '-i', '200ms']);
    await tool.says(READY);
    const startMs = performance.now();
    const child = execa(program, ['1', '120000'], { reject: false, forceKillAfterDelay: false });
    const pid = await childOf(child.pid ?? 0);
    await asleep(pid);
    const asleepMs = performance.now();
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await expect.poll(() => waitsIn(file).length, { timeout: 60_000 }).toBeGreaterThan(0);
    const stoppedMs = performance.now();
    tool.kill('SIGINT');
    await tool.ended;
    const endedMs = performance.now();
    await execa('pkill', ['-KILL', '-x', 'blocked'], { reject: false });
    await child;
    const row = rowOf(await summaryOf(file), pid);
    expect(row['blocked.now']).toBe(1);
    expect(row['blocked.count']).toBe(1);
    expect(row['blocked.ns']).toBeGreaterThan((stoppedMs - asleepMs) * MS);
    expect(row['blocked.ns']).toBeLessThan((endedMs - startMs) * MS);
    expect(row['blocked.max_ns']).toBe(row['blocked.ns']);
    // Where it waits: in the function that vfork waits in, under the name that this kernel gives it.
    const places = waitsIn(file).flatMap(({ channels }) => channels.filter(({ pids }) => pids.includes(pid)));
    expect(places.length).toBeGreaterThan(0);
    for (const { name, threads } of places)
      expect([name, threads]).toEqual([expect.stringMatching(/fork|clone/), 1]);
  });

  it('that went on before the command is counted for as long as it is seen, and where it is', async () => {
    const child = execa(program, ['1', '120000'], { reject: false, forceKillAfterDelay: false });
    const pid = await childOf(child.pid ?? 0);
    await asleep(pid);
    const startMs = performance.now();
    const tool = startTool(['record', '--force', '-o', file, '--probe', 'blocked', '-i', '200ms']);
    await tool.says(READY);
    await expect.poll(() => waitsIn(file).length, { timeout: 60_000 }).toBeGreaterThan(3);
    await execa('pkill', ['-KILL', '-x', 'blocked'], { reject: false });
    await child;
    tool.kill('SIGINT');
    await tool.ended;
    const endedMs = performance.now();
    const row = rowOf(await summaryOf(file), pid);
    // From the first sample to one of the last; three samples lie at least half an interval apart.
    expect(row['blocked.ns']).toBeGreaterThan(3 * 100 * MS);
    expect(row['blocked.ns']).toBeLessThan((endedMs - startMs) * MS);
    expect(row['blocked.count'] ?? 0).toBe(0);
    const [place] = waitsIn(file).flatMap(({ channels }) =>
      channels.filter(({ pids }) => pids.includes(pid)),
    );
    expect(place).toMatchObject({ name: expect.stringMatching(/fork|clone/), threads: 1 });
  });

  it('that went on before the command is nobody else’s who was asked for', async () => {
    const child = execa(program, ['1', '120000'], { reject: false, forceKillAfterDelay: false });
    await asleep(await childOf(child.pid ?? 0));
    const args = ['-o', file, '--probe', 'blocked', '-i', '200ms', '-d', '2s', '--pid', `${process.pid}`];
    const { code, stderr } = await runTool(['record', '--force', ...args]);
    await execa('pkill', ['-KILL', '-x', 'blocked'], { reject: false });
    await child;
    expect(code, stderr).toBe(0);
    const { pids } = await summaryOf(file);
    expect(pids.map(({ pid }) => pid).filter((pid) => pid !== process.pid)).toEqual([]);
  });
});

const rowOf = (summary: Summary, pid: number): Readonly<Record<string, number>> =>
  summary.pids.find((row) => row.pid === pid)?.metrics ?? {};

const waitsIn = (path: string): readonly Waits[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('{"type":"sample"') && line.endsWith('}'))
    .flatMap((line) => (JSON.parse(line) as SampleRecord).waits ?? []);

const childOf = async (pid: number): Promise<number> => {
  for (;;) {
    const [child] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ');
    if (child) return Number(child);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};

/** Until the kernel says that it sleeps uninterruptibly. */
const asleep = async (pid: number): Promise<void> => {
  while (!/\) D /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};
