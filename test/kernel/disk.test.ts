/**
 * Requests to a disk, counted beside a program that knows how many it makes: on a loop device of its own, whose image
 * lies on a file system of its own, which is frozen where a request is to take its time.
 */
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { execaSync } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { belowUs, callsIn } from '../../src/core/histogram.ts';
import { expectHistogram } from '../helpers/histograms.ts';
import { describeWith, TRACING } from '../helpers/requires.ts';
import { READY, runTool, type Summary, startTool, summaryOf } from '../helpers/tool.ts';
import { WORKLOADS } from '../helpers/workloads.ts';

const TIMES = 23;
const BLOCK = 4096;
const MIB = 2 ** 20;

type Account = { pid: number; requests: number; bytes: number; ns: number };

describeWith([...TRACING, 'cc', 'loop device', 'mkfs.ext4'], 'requests to a disk', () => {
  const dir = mkdtempSync(join(tmpdir(), 'disk-'));
  const mount = join(dir, 'beneath');
  const file = join(dir, 'session.ndjson');
  const program = join(dir, 'disks');
  let device: string;

  beforeAll(() => {
    execaSync('cc', ['-O2', '-pthread', '-o', program, WORKLOADS.disks]);
    const outer = imageOf(join(dir, 'outer'), 64 * MIB);
    execaSync('mkfs.ext4', ['-q', '-F', outer]);
    mkdirSync(mount);
    execaSync('mount', ['-o', 'loop', outer, mount]);
    const inner = imageOf(join(mount, 'inner'), 32 * MIB);
    // Without holes: what is written to one is a change of the file system beneath.
    writeFileSync(inner, Buffer.alloc(32 * MIB, 7));
    device = execaSync('losetup', ['--find', '--show', inner]).stdout.trim();
  });
  afterAll(() => {
    execaSync('fsfreeze', ['--unfreeze', mount], { reject: false });
    if (device !== undefined) execaSync('losetup', ['--detach', device], { reject: false });
    execaSync('umount', ['--lazy', mount], { reject: false });
    rmSync(dir, { recursive: true, force: true });
  });

  const options = (variant: string) => [
    ...['--force', '-o', file, '--probe', 'disk', '--variant', `disk=${variant}`, '--budget', 'off'],
  ];

  /** One process for each way, in one recording: what each says of itself, and what was counted. */
  const recordOf = async (ways: readonly string[], variant = 'tracepoint') => {
    const read = `dd if=${device} of=/dev/null bs=1M status=none`;
    const once = `blockdev --flushbufs ${device}; ${program} ${device} $way ${TIMES} || exit; ${read}`;
    const each = `for way in ${ways.join(' ')}; do ${once}; done`;
    // Whatever of the programs is not in memory is read before it counts.
    execaSync('sh', ['-c', `way=read; ${once}`]);
    const { code, stdout, stderr } = await runTool([
      'record',
      '--force',
      ...options(variant),
      '--',
      'sh',
      '-c',
      each,
    ]);
    expect(code, stderr).toBe(0);
    const accounts = stdout
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Account);
    expect(accounts).toHaveLength(ways.length);
    return { accounts, summary: await summaryOf(file) };
  };

  it.for(['none', 'mq-deadline'])(
    'are as many as the program makes, with its bytes, and take no longer than by its clock: scheduler %s',
    async (scheduler, context) => {
      const setting = `/sys/class/block/${device.replace('/dev/', '')}/queue/scheduler`;
      if (!readFileSync(setting, 'utf8').includes(scheduler)) return context.skip(`no ${scheduler} here`);
      writeFileSync(setting, scheduler);
      const before = statsOf(device);
      const ways = ['read', 'write', 'big', 'threads'];
      const { accounts, summary } = await recordOf(ways);
      for (const [index, { pid, requests, bytes, ns }] of accounts.entries()) {
        const row = rowOf(summary, pid);
        const way = ways[index] ?? '';
        const expected = way === 'write' ? [0, requests, 0, bytes] : [requests, 0, bytes, 0];
        // What another BPF program on the same CPU keeps from being counted is reported, and is no more than that.
        if (summary.coverage['disk.reads']?.coverage === 'exact')
          expect(countsOf(row), way).toEqual(expected);
        for (const [at, count] of countsOf(row).entries())
          expect(count, way).toBeLessThanOrEqual(expected[at] ?? 0);
        expect(row['disk.ns'], way).toBeGreaterThan(0);
        expect(row['disk.ns'], way).toBeLessThanOrEqual(ns);
        expect(row['disk.max_ns'], way).toBeGreaterThan(0);
        expect(row['disk.max_ns'], way).toBeLessThanOrEqual(row['disk.ns'] ?? 0);
        const timed = ['disk.reads', 'disk.writes'].reduce((sum, metric) => sum + (row[metric] ?? 0), 0);
        expectDevice(personOf(summary, pid), device);
        expectHistogram(personOf(summary, pid), 'disk.latency', timed, row['disk.ns'] ?? 0);
      }
      const after = statsOf(device);
      // Whoever asked: the programs, and what read the device between them; no more than the device itself says it did.
      const done = after.reads + after.writes - before.reads - before.writes;
      expectCallsOf(summary, device, sumOf(accounts), done);
      expect(after.reads - before.reads).toBeGreaterThanOrEqual(sumOf(accounts.filter((_, n) => n !== 1)));
      expect(after.writes - before.writes).toBe(TIMES);
      expect(summary.losses.lostEvents).toBe(0);
    },
  );

  it('for the same block at the same time are no more than there are, and reported as missed', async () => {
    const { accounts, summary } = await recordOf(['same']);
    for (const { pid, requests, ns } of accounts) {
      const row = rowOf(summary, pid);
      expect(row['disk.reads']).toBeGreaterThanOrEqual(1);
      expect(row['disk.reads']).toBeLessThanOrEqual(requests);
      expect(row['disk.read_bytes']).toBe((row['disk.reads'] ?? 0) * BLOCK);
      expect(row['disk.ns']).toBeLessThanOrEqual(ns);
      if ((row['disk.reads'] ?? 0) < requests)
        expect(summary.coverage['disk.reads']?.coverage).toBe('lower-bound');
    }
  });

  it('count alone by issues', async () => {
    const { accounts, summary } = await recordOf(['read', 'write', 'threads'], 'issues');
    const [read, write, threads] = accounts.map(({ pid }) => countsOf(rowOf(summary, pid)));
    expect(read).toEqual([TIMES, 0, TIMES * BLOCK, 0]);
    expect(write).toEqual([0, TIMES, 0, TIMES * BLOCK]);
    expect(threads).toEqual([4 * TIMES, 0, 4 * TIMES * BLOCK, 0]);
    expect(summary.coverage).not.toHaveProperty(['disk.ns']);
  });

  it('are those of who has the data written, not of who wrote it into the page cache', async () => {
    // Held open, so that the end of a program is not the end of the device.
    const held = openSync(device, 'r');
    const { accounts, summary } = await recordOf(['cached', 'error']).finally(() => closeSync(held));
    for (const { pid } of accounts) expect(countsOf(rowOf(summary, pid))).toEqual([0, 0, 0, 0]);
    expect(summary.totals['disk.write_bytes']).toBeGreaterThanOrEqual(TIMES * BLOCK);
  });

  it('are counted for a process that has ended before they were done', async () => {
    const held = openSync(device, 'r');
    const { accounts, summary } = await recordOf(['ahead']).finally(() => closeSync(held));
    for (const { pid } of accounts)
      expect(countsOf(rowOf(summary, pid))).toEqual([TIMES, 0, TIMES * BLOCK, 0]);
  });

  it('count when they are done, though their process has ended before', async () => {
    const held = openSync(device, 'r');
    const tool = startTool(['record', '--force', ...options('tracepoint'), '-i', '200ms']);
    await tool.says(READY);
    const startMs = performance.now();
    // What is written beneath has to wait.
    execaSync('fsfreeze', ['--freeze', mount]);
    const { stdout } = execaSync(program, [device, 'leave', String(TIMES)]);
    const leftMs = performance.now();
    await delay(1_000);
    const waitedNs = (performance.now() - leftMs) * 1e6;
    execaSync('fsfreeze', ['--unfreeze', mount]);
    execaSync('blockdev', ['--flushbufs', device]);
    const tookNs = (performance.now() - startMs) * 1e6;
    tool.kill('SIGINT');
    await tool.ended;
    closeSync(held);
    const row = rowOf(await summaryOf(file), (JSON.parse(stdout) as Account).pid);
    expect(countsOf(row)).toEqual([0, TIMES, 0, TIMES * BLOCK]);
    expect(row['disk.max_ns']).toBeGreaterThan(waitedNs);
    expect(row['disk.max_ns']).toBeLessThan(tookNs);
    expect(row['disk.ns']).toBeGreaterThan(TIMES * waitedNs);
    // They are the device's still when the process's keys may be gone: in the buckets of that time, and no others.
    const slow = latencyOf(await summaryOf(file), device).reduce(
      (sum, calls, bucket) => (belowUs(bucket) * 1000 > waitedNs ? sum + calls : sum),
      0,
    );
    expect(slow).toBeGreaterThanOrEqual(TIMES);
  });
});

const imageOf = (path: string, bytes: number): string => {
  writeFileSync(path, '');
  truncateSync(path, bytes);
  return path;
};

const rowOf = (summary: Summary, pid: number): Readonly<Record<string, number>> =>
  summary.pids.find((row) => row.pid === pid)?.metrics ?? {};

/** All that it did was on this device, and no more than it did. */
const expectDevice = ({ metrics, breakdown }: Summary['pids'][number], device: string): void => {
  const sum = (...names: string[]): number =>
    names.reduce((total, name) => total + (metrics[`disk.${name}`] ?? 0), 0);
  for (const [name, total] of [
    ['requests', sum('reads', 'writes')],
    ['bytes', sum('read_bytes', 'write_bytes')],
    ['ns', sum('ns')],
  ] as const)
    expect(breakdown[`disk.device_${name}`], name).toEqual([{ key: [numberOf(device)], total }]);
};

const numberOf = (device: string): number => {
  const [major = 0, minor = 0] = readFileSync(`/sys/class/block/${device.replace('/dev/', '')}/dev`, 'utf8')
    .split(':')
    .map(Number);
  return major * 2 ** 20 + minor;
};

const latencyOf = (summary: Summary, device: string): readonly number[] =>
  summary.devices?.find((one) => one.device === device.replace('/dev/', ''))?.histograms[
    'disk.device_latency'
  ] ?? [];

/** As many as all processes together had there, each once, and no fewer than `least`, no more than the kernel did. */
const expectCallsOf = (summary: Summary, device: string, least: number, most: number): void => {
  const calls = callsIn(latencyOf(summary, device));
  const number = numberOf(device);
  const counted = summary.pids
    .flatMap(({ breakdown }) => breakdown['disk.device_requests'] ?? [])
    .filter(({ key }) => key[0] === number)
    .reduce((sum, { total }) => sum + total, 0);
  expect(calls).toBe(counted);
  expect(calls).toBeLessThanOrEqual(most);
  if (summary.coverage['disk.device_latency']?.coverage === 'exact')
    expect(calls).toBeGreaterThanOrEqual(least);
};

const personOf = (summary: Summary, pid: number): Summary['pids'][number] => {
  const person = summary.pids.find((row) => row.pid === pid);
  if (person === undefined) throw new Error(`nothing of ${pid}`);
  return person;
};

const countsOf = (row: Readonly<Record<string, number>>): readonly number[] =>
  ['disk.reads', 'disk.writes', 'disk.read_bytes', 'disk.write_bytes'].map((metric) => row[metric] ?? 0);

const sumOf = (accounts: readonly Account[]): number =>
  accounts.reduce((sum, { requests }) => sum + requests, 0);

/** Of the device itself, by the kernel. */
const statsOf = (device: string): { reads: number; writes: number } => {
  const fields = readFileSync(`/sys/class/block/${device.replace('/dev/', '')}/stat`, 'utf8')
    .trim()
    .split(/\s+/);
  return { reads: Number(fields[0]), writes: Number(fields[4]) };
};
