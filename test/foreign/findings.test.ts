/** What can be found in what was left, and what each source cannot say is listed as not measured. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runHere } from '../helpers/command.ts';

const folder = mkdtempSync(join(tmpdir(), 'import-findings-'));
afterAll(() => rmSync(folder, { recursive: true }));

type Found = {
  readonly id: string;
  readonly title: string;
  readonly suspect: { readonly pid: number } | null;
  readonly missing: readonly string[];
  readonly device?: string;
  readonly evidence: readonly { readonly metric: string; readonly value: number }[];
};

const findingsIn = async (text: string): Promise<readonly Found[]> => {
  const path = join(folder, 'source');
  const out = join(folder, 'out.ndjson');
  writeFileSync(path, text);
  const { exitCode, stderr } = await runHere('import', path, '-o', out, '--force');
  expect(exitCode, stderr).toBe(0);
  return JSON.parse((await runHere('analyze', out, '--json')).stdout).findings;
};

const clock = (index: number, everyS: number): string =>
  new Date(Date.UTC(2026, 2, 4) + index * everyS * 1000).toISOString().slice(11, 19);

/** `sar -d`, and pressure where it has that: sdb is as busy as the values say, sda is not. */
const sar = (sdb: string, pressure: string | null): string => {
  const rows = Array.from({ length: 30 }, (_, index) => index + 1);
  return [
    'Linux 5.14.0 (db-7) \t2026-03-04 \t_x86_64_\t(8 CPU)',
    '',
    `${clock(0, 60)}        DEV       tps     rkB/s     wkB/s     dkB/s   areq-sz    aqu-sz     await     %util`,
    ...rows.flatMap((row) => [
      `${clock(row, 60)}        sda    200.00   9000.00   9000.00 0.00 90.00 0.50 1.00 20.00`,
      `${clock(row, 60)}        sdb    ${row > 10 && row < 25 ? sdb : '1.00 8.00 8.00 0.00 16.00 0.01 1.00 0.50'}`,
    ]),
    ...(pressure === null
      ? []
      : [
          '',
          `${clock(0, 60)}      %sio-10   %sio-60  %sio-300      %sio    %fio-10   %fio-60  %fio-300      %fio`,
        ]),
    ...(pressure === null
      ? []
      : rows.map((row) => `${clock(row, 60)}      1.00 1.00 1.00 ${pressure} 1.00 1.00 1.00 1.00`)),
    '',
  ].join('\n');
};
const SLOW = '6.00 60.00 60.00 0.00 20.00 3.20 540.00 99.60';

describe('slow-device', () => {
  it('is found in sar -d, with what that does not know', async () => {
    const [found, ...others] = await findingsIn(sar(SLOW, null));
    expect(found).toMatchObject({ id: 'slow-device', device: 'sdb', suspect: null });
    expect(found?.title).toMatch(/whether somebody waited for it was not measured/);
    expect(found?.missing).toContain('psi.io.some_us');
    expect(others).toEqual([]);
  });

  it('says that somebody waited where sar has the pressure, and is not found where nobody did', async () => {
    const [found] = await findingsIn(sar(SLOW, '80.00'));
    expect(found?.title).toMatch(/somebody waits for I\/O$/);
    expect(found?.evidence.find(({ metric }) => metric === 'psi.io.some_us')?.value).toBeGreaterThan(7e5);
    expect(await findingsIn(sar(SLOW, '0.10'))).toEqual([]);
  });

  it('is no device that is busy with what it completes', async () => {
    expect(await findingsIn(sar('900.00 90000.00 900.00 0.00 90.00 3.20 4.00 99.60', '80.00'))).toEqual([]);
  });
});

describe('page-cache-thrash', () => {
  /** `sar -B` of 2016, with a clock of 12 hours and lines of averages. */
  const paging = (isThrashing: (row: number) => boolean, faults = '420.00'): string => {
    const at = (row: number): string => {
      const [hour = 0, minute] = [Math.floor((row * 10) / 60), (row * 10) % 60];
      return `${String(hour % 12 || 12).padStart(2, '0')}:${String(minute).padStart(2, '0')}:01 ${hour < 12 ? 'AM' : 'PM'}`;
    };
    const head = '  pgpgin/s pgpgout/s   fault/s  majflt/s  pgfree/s pgscank/s pgscand/s pgsteal/s    %vmeff';
    const rows = Array.from({ length: 100 }, (_, row) => row + 1).map((row) =>
      isThrashing(row)
        ? `${at(row)} 700000.00 900.00 30000.00 ${faults} 90000.00 375000.00 0.00 250000.00 66.67`
        : `${at(row)} 4000.00 900.00 30000.00 0.00 90000.00 0.00 0.00 0.00 0.00`,
    );
    return [
      'Linux 3.13.0-85-generic (node17) \t05/24/2016 \t_x86_64_\t(32 CPU)',
      '',
      `${at(0)}${head}`,
      ...rows.slice(0, 50),
      '',
      `${at(50)}${head}`,
      ...rows.slice(50),
      'Average: 4000.00 900.00 30000.00 1.00 90000.00 1.00 0.00 1.00 1.00',
      '',
    ].join('\n');
  };

  it('is found in sar -B, without a word on who reads', async () => {
    const [found, ...others] = await findingsIn(paging((row) => row > 40 && row < 70));
    expect(found).toMatchObject({ id: 'page-cache-thrash', suspect: null });
    expect(found?.title).toMatch(/who reads was not counted/);
    expect(found?.missing).toEqual(expect.arrayContaining(['vm.workingset_refault', 'faults.read_bytes']));
    expect(others).toEqual([]);
  });

  it('is none where files are read through memory and nobody waits for what went', async () => {
    expect(await findingsIn(paging((row) => row > 40 && row < 70, '0.00'))).toEqual([]);
  });
});

/** `atop -P PRM` of a day at 10 min: a process of 1 GiB and what it gains in each. */
const atop = (comm: string, gainKib: (index: number) => number): string =>
  Array.from({ length: 72 }, (_, index) => {
    const at = `h ${1_772_582_400 + index * 600} 2026/03/04 00:00:00 600`;
    const held = 1_048_576 + gainKib(index);
    return [
      `PRM ${at} 42 (${comm}) S 4096 9000000 ${held} 1 0 0 9 1`,
      `PRM ${at} 43 (postgres) S 4096 9000000 ${524_288 + (index % 5) * 4_000} 1 0 0 9 1`,
      'SEP',
    ].join('\n');
  }).join('\n');

describe('native-leak', () => {
  it('is found in atop, of the process that grows, without saying whose memory it is', async () => {
    const [found, ...others] = await findingsIn(atop('java', (index) => index * 20_000));
    expect(found).toMatchObject({ id: 'native-leak', suspect: { pid: 42 } });
    expect(found?.title).toMatch(/a leak, or a heap or cache on the way to its limit/);
    expect(found?.missing).toEqual(expect.arrayContaining(['python.arena_bytes', 'proc.anon_bytes']));
    expect(others).toEqual([]);
  });

  it('of a Python program leaves open whether objects or native code hold it', async () => {
    const [found] = await findingsIn(atop('python3', (index) => index * 20_000));
    expect(found?.title).toMatch(/by its objects or by native code was not counted/);
  });

  it('is no cache that fills up, and no level', async () => {
    expect(await findingsIn(atop('java', (index) => Math.min(index, 12) * 60_000))).toEqual([]);
    expect(await findingsIn(atop('java', (index) => (index % 7) * 3_000))).toEqual([]);
  });
});

describe('cgroup-memory-limit', () => {
  const kill = (at: number, hits: number): string[] => [
    `[${at}.000100] node invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=999`,
    `[${at}.000200] memory: usage 1048576kB, limit 1048576kB, failcnt ${hits}`,
    `[${at}.000300] oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=x,mems_allowed=0,oom_memcg=/pods/a,task_memcg=/pods/a/b,task=node,pid=99,uid=0`,
    `[${at}.000400] Memory cgroup out of memory: Killed process 99 (node) total-vm:9000000kB, anon-rss:900000kB, file-rss:9kB, shmem-rss:0kB`,
  ];
  const log = (...lines: string[]): string =>
    ['[    1.000000] rtc: setting system clock to 2026-03-04T00:00:00 UTC (1772582400)', ...lines, ''].join(
      '\n',
    );

  it('is found in a kernel log that says how often the limit was reached', async () => {
    const found = await findingsIn(log(...kill(3_600, 48_211), ...kill(3_700, 48_911)));
    const limit = found.find(({ id }) => id === 'cgroup-memory-limit');
    expect(limit?.title).toMatch(/whether it read back what it evicted was not measured/);
    expect(limit?.suspect).toBeNull();
    expect(limit?.missing).toEqual(expect.arrayContaining(['cgroup.refaults', 'cgroup.memory_some_us']));
    expect(found.map(({ id }) => id)).toContain('oom-kill');
  });

  it('is none where one burst ran into it', async () => {
    const found = await findingsIn(log(...kill(3_600, 12)));
    expect(found.map(({ id }) => id)).toEqual(['oom-kill']);
  });
});
