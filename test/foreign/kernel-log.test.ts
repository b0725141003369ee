/** Kernel logs in the forms they are kept in: the same events at the same instants, or a word on what cannot be known. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { recognise } from '../../src/foreign/formats.ts';
import { readKernelLog } from '../../src/foreign/kernel-log/read.ts';
import type { Asked } from '../../src/foreign/source.ts';
import { zoneOf } from '../../src/foreign/zone.ts';
import { root } from '../docs/sections.ts';

const WRITTEN_MS = Date.UTC(2024, 10, 30, 20);

async function* chunked(text: string) {
  // In pieces that cut lines and characters.
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += 97) yield bytes.subarray(at, at + 97);
}

const read = async (text: string, asked: Partial<Asked> = {}) => {
  const got = await readKernelLog(chunked(text), {
    zone: null,
    bootUs: null,
    writtenMs: WRITTEN_MS,
    ...asked,
  });
  if ('why' in got) throw new Error(`${got.where}: ${got.why}`);
  const counts = new Map<string, number>();
  for (const { metric, pid, length, values } of got.table.columns.values()) {
    const sum = values.subarray(0, length).reduce((a, b) => a + b, 0);
    counts.set(pid === null ? metric : `${metric} ${pid}`, sum);
  }
  return {
    ...got,
    counts: Object.fromEntries(counts),
    marks: got.table.marks.map(
      ({ realUs, text: words }) => `${new Date(realUs / 1000).toISOString()} ${words}`,
    ),
    notes: [...got.table.notes].join('\n'),
    lost: [...got.table.leftOut].map(([why, count]) => `${count} ${why}`),
  };
};

const fixture = (name: string): string =>
  readFileSync(join(root, 'test/fixtures/documented/kernel-log', name), 'utf8');

const HUNG = 'INFO: task java:4711 blocked for more than 120 seconds.';
const AT = '2024-11-30T12:30:00.000Z java (4711): waits for more than 120 s';

describe('a kernel log', () => {
  it.each<[string, string, Partial<Asked>]>([
    [
      'dmesg',
      `[    1.000000] x: setting system clock to 2024-11-30T12:00:00 UTC (1732968000)\n[ 1801.000000] ${HUNG}`,
      {},
    ],
    ['dmesg with a time of boot', `[ 1800.000000] ${HUNG}`, { bootUs: 1_732_968_000e6 }],
    ['dmesg -x', `kern  :err   : [ 1800.000000] ${HUNG}`, { bootUs: 1_732_968_000e6 }],
    ['the callers of printk', `[ 1800.000000][   T61] ${HUNG}`, { bootUs: 1_732_968_000e6 }],
    ['dmesg -T', `[Sat Nov 30 12:30:00 2024] ${HUNG}`, {}],
    ['dmesg --time-format iso', `2024-11-30T13:30:00,000000+01:00 ${HUNG}`, {}],
    ['journalctl -k', `Nov 30 12:30:00 db3 kernel: ${HUNG}`, {}],
    ['journalctl -o short-iso', `2024-11-30T13:30:00+0100 db3 kernel: ${HUNG}`, {}],
    ['journalctl -o short-full', `Sat 2024-11-30 12:30:00 UTC db3 kernel: ${HUNG}`, {}],
    ['journalctl -o short-unix', `1732969800.000000 db3 kernel: ${HUNG}`, {}],
    ['journalctl -o short-monotonic', `[ 1800.000000] db3 kernel: ${HUNG}`, { bootUs: 1_732_968_000e6 }],
    [
      'journalctl -o json',
      JSON.stringify({ __REALTIME_TIMESTAMP: '1732969800000000', _TRANSPORT: 'kernel', MESSAGE: HUNG }),
      {},
    ],
    ['messages', `Nov 30 12:29:00 db3 sshd[1]: x\nNov 30 12:30:00 db3 kernel: [ 1800.000000] ${HUNG}`, {}],
    ['rsyslog with a zone', `2024-11-30T07:30:00.000000-05:00 db3 kernel: [ 1800.000000] ${HUNG}`, {}],
    ['a local time of a zone', `Nov 30 13:30:00 db3 kernel: ${HUNG}`, { zone: zoneOf('Europe/Berlin') }],
  ])('as %s has the same event at the same instant', async (_, text, asked) => {
    expect(recognise(text)?.id).toBe('kernel-log');
    const got = await read(text, asked);
    expect(got.counts).toEqual({ 'klog.hung_tasks': 1, 'klog.by.hung_tasks 4711': 1 });
    expect(got.marks).toEqual([AT]);
  });

  it.each(['UTC', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe'])(
    'is the same read in TZ=%s',
    async (tz) => {
      const before = process.env.TZ;
      process.env.TZ = tz;
      try {
        expect((await read(`Nov 30 12:30:00 db3 kernel: ${HUNG}`)).marks).toEqual([AT]);
      } finally {
        if (before === undefined) delete process.env.TZ;
        else process.env.TZ = before;
      }
    },
  );

  it('that begins before a new year counts its years from the end', async () => {
    const lines = ['Dec 31 23:59:59', 'Jan  1 00:00:01', 'Feb 29 10:00:00'].map(
      (at) => `${at} db3 kernel: ${HUNG}`,
    );
    const got = await read(lines.join('\n'), { writtenMs: Date.UTC(2024, 2, 5) });
    expect(got.marks.map((mark) => mark.slice(0, 20))).toEqual([
      '2023-12-31T23:59:59.',
      '2024-01-01T00:00:01.',
      '2024-02-29T10:00:00.',
    ]);
    const impossible = await read(lines.join('\n'), { writtenMs: Date.UTC(2023, 2, 5) });
    expect(impossible.marks).toHaveLength(2);
    expect(impossible.lost.join()).toMatch(/1 events whose time nobody can know/);
  });

  it('goes once through the hour that clocks went back over', async () => {
    const at = ['01:59:59', '02:30:00', '02:59:59', '02:00:01', '02:45:00', '03:00:00'];
    const lines = at.map((time) => `Oct 27 ${time} db3 kernel: ${HUNG}`);
    const got = await read(lines.join('\n'), { zone: zoneOf('Europe/Berlin') });
    expect(got.marks.map((mark) => mark.slice(11, 19))).toEqual([
      '23:59:59',
      '00:30:00',
      '00:59:59',
      '01:00:01',
      '01:45:00',
      '02:00:00',
    ]);
    expect(got.notes).toMatch(/an hour was there twice/);
  });

  it('since a boot that nobody knows the time of says so', async () => {
    const got = await read(`[ 1800.000000] ${HUNG}`);
    expect(got.isUnanchored).toBe(true);
    expect(got.notes).toMatch(/nothing in it says when that was/);
    const two = await read(`[ 1800.000000] ${HUNG}\n[    5.000000] ${HUNG}`);
    expect(two.counts['klog.hung_tasks']).toBe(1);
    expect(two.lost.join()).toMatch(/of another boot/);
  });

  it('of RHEL 6: failures by who asked, interrupts included, and what was free', async () => {
    const got = await read(fixture('rhel6-messages.log'));
    expect(got.counts).toMatchObject({
      'klog.page_alloc_failures': 4,
      'klog.page_alloc_failures_high': 4,
      'klog.by.page_alloc_failures 0': 3,
      'klog.by.page_alloc_failures 4711': 1,
      'buddy.0.Normal.0': 512_340,
      'buddy.0.Normal.2': 0,
    });
    expect(got.lost).toEqual(['17 messages that the kernel itself left out']);
    expect(got.host.hostname).toBe('db3');
  });

  it('of a hypervisor: lines without and with a process, and what a task waits in', async () => {
    const got = await read(fixture('xfs-2017.log'));
    expect(got.counts).toEqual({
      'klog.xfs_alloc_deadlocks': 4,
      'klog.by.xfs_alloc_deadlocks 6902': 1,
      'klog.hung_tasks': 1,
      'klog.by.hung_tasks 6902': 1,
    });
    expect(got.marks.join('\n')).toContain(
      'qemu-system-x86 (6902): waits for more than 120 s in xfs_ilock < xfs_file_dio_aio_write < do_aio_write',
    );
    expect(got.notes).toMatch(/some xfs_alloc_deadlocks name no process/);
  });

  it('of a container: a kill with its group, its table and its memory, and errors of disks', async () => {
    const got = await read(fixture('oom-dmesg.log'));
    expect(got.counts).toMatchObject({
      'klog.oom_kills': 1,
      'klog.oom_group_kills': 1,
      'klog.by.oom_anon_kib 19388': 552_020,
      'klog.by.soft_lockups 211': 1,
      'klog.io_errors': 1,
      'klog.io_timeouts': 1,
      'klog.fs_errors': 2,
    });
    const [boot, kill] = got.marks;
    expect(boot).toBe('2024-01-17T05:59:58.796Z boot of Linux 5.15.0-91-generic');
    expect(kill).toContain('at the limit of control group /kubepods/pod1');
    expect(kill).toContain('held most: node (19388) 138005 pages, npm start (19331) 29603 pages');
  });

  it.each([
    ['Out of memory: Killed process 99 (java).', 99],
    ['Killed process 99 (java) total-vm:9kB, anon-rss:7kB, file-rss:1kB', 99],
    ['Killed process 99, UID 500, (java) total-vm:9kB, anon-rss:7kB, file-rss:1kB', 99],
    [
      'Memory cgroup out of memory: Killed process 99 (a (b) c) total-vm:9kB, anon-rss:7kB, file-rss:1kB, shmem-rss:0kB',
      99,
    ],
  ])('counts a kill once: %s', async (line, pid) => {
    const announced = `Nov 30 12:30:00 h kernel: Out of memory: Kill process ${pid} (java) score 900 or sacrifice child`;
    const got = await read(`${announced}\nNov 30 12:30:00 h kernel: ${line}`);
    expect(got.counts['klog.oom_kills']).toBe(1);
    expect(got.counts[`klog.by.oom_kills ${pid}`]).toBe(1);
  });

  it('in which syslog says that a line came again counts it as often', async () => {
    const line =
      'Nov 30 12:30:00 h kernel: XFS: possible memory allocation deadlock in kmem_alloc (mode:0x250)';
    const got = await read(`${line}\nNov 30 12:30:09 h kernel: last message repeated 4 times`);
    expect(got.counts['klog.xfs_alloc_deadlocks']).toBe(5);
  });

  it('as JSON with a message in bytes, and PIDs of newer kernels', async () => {
    const got = await read(fixture('journal.ndjson'));
    expect(got.counts).toMatchObject({
      'klog.by.xfs_alloc_deadlocks 911': 1,
      'klog.by.page_alloc_failures_high 11754': 1,
      'klog.by.oom_kills 15784': 1,
    });
    expect(got.host).toEqual({ hostname: 'db3', kernel: '6.8.0-31-generic' });
  });

  it.each([
    ['nothing of the kernel', 'Nov 30 12:30:00 h sshd[1]: x\n', /no line is of the kernel/],
    ['no time', 'hello\nworld\n', /no line has a time/],
  ])('with %s is refused', async (_, text, why) => {
    const got = await readKernelLog(chunked(text), { zone: null, bootUs: null, writtenMs: 0 });
    expect('why' in got ? got.why : '').toMatch(why);
  });
});
