/** Calls that wait until data is on the disk, counted beside a program that counts and times its own. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { execa, execaSync } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWith, TRACING } from '../helpers/requires.ts';
import { READY, runTool, type Summary, startTool, summaryOf } from '../helpers/tool.ts';
import { until } from '../helpers/until.ts';

const TIMES = 23;
const MS = 1e6;
/** In half of it bpftrace 0.17 ended where each call deleted its key. */
const STORM_MS = 15_000;
const SOURCE = resolve('test', 'honest', 'workloads', 'syncs.c');

type Account = { pid: number; calls: number; whole: number; errors: number; ns: number; max_ns: number };

describeWith([...TRACING, 'cc'], 'calls that wait for the disk', () => {
  const dir = mkdtempSync(join(tmpdir(), 'syncs-'));
  const file = join(dir, 'session.ndjson');
  const program = join(dir, 'syncs');
  beforeAll(() => {
    execaSync('cc', ['-O2', '-pthread', '-o', program, SOURCE]);
  });
  afterAll(() => rmSync(dir, { recursive: true }));

  /** One process for each way, in one recording: what each says of itself, and what was counted. */
  const recordOf = async (variant: string, ways: readonly string[], more = '') => {
    const each = `for way in ${ways.join(' ')}; do ${program} ${dir} $way ${TIMES} ${more} || [ $? = 77 ] || exit; done`;
    const { code, stdout, stderr } = await runTool([
      'record',
      '--force',
      ...['-o', file, '--probe', 'sync', '--variant', `sync=${variant}`, '--budget', 'off'],
      ...['--', 'sh', '-c', each],
    ]);
    expect(code, stderr).toBe(0);
    const accounts = stdout
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Account);
    const summary = await summaryOf(file);
    return { accounts, summary };
  };

  const PLAIN = ['fsync', 'fdatasync', 'msync', 'sync_file_range', 'syncfs', 'sync', 'refused', 'threads'];

  it.each([
    ['tracepoint', [...PLAIN, 'children', 'uring-fsync', 'uring-range']],
    ['syscalls', [...PLAIN, 'children']],
  ])(
    'are counted by %s as the program counts them, and no longer than by its clock',
    async (variant, ways) => {
      const { accounts, summary } = await recordOf(variant, ways);
      expect(accounts.length).toBeGreaterThanOrEqual(PLAIN.length + TIMES + 1);
      for (const { pid, calls, whole, errors, ns, max_ns } of accounts) {
        const row = rowOf(summary, pid);
        expect(countsOf(row), `PID ${pid}`).toEqual([calls, whole, errors]);
        expect(row['sync.ns'] ?? 0, `PID ${pid}`).toBeLessThanOrEqual(ns);
        expect(row['sync.max_ns'] ?? 0, `PID ${pid}`).toBeLessThanOrEqual(max_ns);
        if (calls > 0) expect(row['sync.max_ns'], `PID ${pid}`).toBeGreaterThan(0);
        expect(row['sync.now'] ?? 0, `PID ${pid}`).toBe(0);
      }
      expect(summary.coverage['sync.ns']?.coverage).toBe('exact');
      expect(summary.losses.lostEvents).toBe(0);
    },
  );

  it('leave nothing of threads that ended: a process with many of them fills no map', async () => {
    const [keys, group, groups] = [64, 16, 8];
    const tool = startTool([
      ...['record', '--force', '-o', file, '--probe', 'sync', '--map-keys', String(keys), '-i', '250ms'],
      ...['--budget', 'off', '--', program, dir, 'spawned', String(group * groups), String(group)],
    ]);
    await tool.says(READY);
    // What ended while the maps were printed goes with the next end after that: at the latest those of the next group.
    for (let next = 1; next < groups; next += 1) {
      const before = samplesIn(file);
      await until(() => samplesIn(file) >= before + 4, 60_000);
      writeFileSync(join(dir, `go-${next}`), '');
    }
    const { code, stdout, stderr } = await tool.ended;
    expect(code, stderr).toBe(0);
    const { pid } = JSON.parse(stdout.split('\n').find((line) => line.startsWith('{')) ?? '') as Account;
    const summary = await summaryOf(file);
    expect(countsOf(rowOf(summary, pid))).toEqual([group * groups, 0, 0]);
    expect(summary.losses.mapFull).toEqual([]);
  });

  it('do not end the tracer where they are many thousands a second', async (context) => {
    const memory = mkdtempSync(join('/dev/shm', 'syncs-'));
    context.onTestFinished(() => rmSync(memory, { recursive: true }));
    const tool = startTool([
      ...['record', '--force', '-o', file, '--probe', 'sync', '--budget', 'off', '-i', '100ms'],
    ]);
    await tool.says(READY);
    const storms = ['1', '2'].map(() => execa(program, [memory, 'until', '1']));
    await delay(STORM_MS);
    for (const storm of storms) storm.kill('SIGTERM');
    const said = await Promise.all(storms);
    tool.kill('SIGINT');
    const { stderr } = await tool.ended;
    const { losses, pids } = await summaryOf(file);
    expect(losses.gaps, stderr).toEqual([]);
    for (const { stdout } of said) {
      const { pid, calls } = JSON.parse(
        stdout.split('\n').find((line) => line.startsWith('{')) ?? '',
      ) as Account;
      expect(calls).toBeGreaterThan(STORM_MS);
      expect(pids.find((row) => row.pid === pid)?.metrics['sync.calls']).toBe(calls);
    }
  });

  it('are counted alone by calls', async () => {
    const { accounts, summary } = await recordOf('calls', PLAIN);
    for (const { pid, calls, whole } of accounts)
      expect(countsOf(rowOf(summary, pid))).toEqual([calls, whole, 0]);
    expect(summary.coverage).not.toHaveProperty(['sync.ns']);
  });

  it('count for no less than a file system takes for them', async () => {
    const { accounts, summary } = await recordOf('tracepoint', ['slow'], '20');
    for (const { pid, ns } of accounts) {
      const row = rowOf(summary, pid);
      expect(row['sync.calls']).toBe(TIMES);
      expect(row['sync.ns']).toBeGreaterThan(TIMES * 20 * MS);
      expect(row['sync.ns']).toBeLessThan(ns);
      expect(row['sync.max_ns']).toBeGreaterThan(20 * MS);
    }
  });

  it('are not what waits without such a call', async () => {
    const { accounts, summary } = await recordOf('tracepoint', ['none', 'fsync']);
    const [none, some] = accounts.map(({ pid }) => rowOf(summary, pid));
    expect(none?.['sync.calls'] ?? 0).toBe(0);
    expect(some?.['sync.calls']).toBe(TIMES);
  });

  it('count while they go on', async (context) => {
    const tool = startTool(['record', '--force', '-o', file, '--probe', 'sync', '-i', '200ms']);
    await tool.says(READY);
    const startMs = performance.now();
    const child = execa(program, [dir, 'slow', '1', '120000'], { reject: false });
    const waiting = await Promise.race([saying(child, 'waiting'), child.then(() => false)]);
    if (!waiting) context.skip('FUSE is not there');
    const waitingMs = performance.now();
    await delay(1_000);
    const stoppedMs = performance.now();
    tool.kill('SIGINT');
    await tool.ended;
    const endedMs = performance.now();
    const pid = child.pid ?? 0;
    for (const server of childrenOf(pid)) process.kill(server, 'SIGKILL');
    await child;
    const row = rowOf(await summaryOf(file), pid);
    expect(countsOf(row)).toEqual([1, 0, 0]);
    expect(row['sync.now']).toBe(1);
    expect(row['sync.ns']).toBeGreaterThan((stoppedMs - waitingMs) * MS);
    expect(row['sync.ns']).toBeLessThan((endedMs - startMs) * MS);
    expect(row['sync.max_ns']).toBe(row['sync.ns']);
  });
});

const rowOf = (summary: Summary, pid: number): Readonly<Record<string, number>> =>
  summary.pids.find((row) => row.pid === pid)?.metrics ?? {};

const countsOf = (row: Readonly<Record<string, number>>): readonly number[] =>
  ['sync.calls', 'sync.whole', 'sync.errors'].map((metric) => row[metric] ?? 0);

const samplesIn = (recording: string): number =>
  existsSync(recording) ? readFileSync(recording, 'utf8').split('"type":"sample"').length - 1 : 0;

const saying = (child: { stdout: NodeJS.ReadableStream }, word: string): Promise<boolean> =>
  new Promise((fulfil) => {
    child.stdout.on('data', (text: Buffer) => {
      if (text.includes(word)) fulfil(true);
    });
  });

const childrenOf = (pid: number): readonly number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);
