import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseBuddyinfo } from '../../../src/host/proc/buddyinfo.ts';
import { parseDiskstats } from '../../../src/host/proc/diskstats.ts';
import { parseLoadavg } from '../../../src/host/proc/loadavg.ts';
import { parseMeminfo } from '../../../src/host/proc/meminfo.ts';
import { netSnmp, netStat, parseNetDev } from '../../../src/host/proc/net.ts';
import { parsePressure } from '../../../src/host/proc/pressure.ts';
import { parseStat } from '../../../src/host/proc/stat.ts';
import { parseVmstat } from '../../../src/host/proc/vmstat.ts';
import { parseXfsStats } from '../../../src/host/proc/xfs.ts';
import { parseZoneinfo } from '../../../src/host/proc/zoneinfo.ts';
import { HAS_TIME } from '../../helpers/requires.ts';
import { captured } from '../captured.ts';

const RUNS = HAS_TIME ? 300 : 60;

const PARSERS = [
  { name: 'loadavg', file: 'proc-loadavg', parse: parseLoadavg },
  { name: 'stat', file: 'proc-stat', parse: parseStat },
  { name: 'pressure/io', file: 'proc-pressure-io', parse: (text: string) => parsePressure('io', text) },
  { name: 'meminfo', file: 'proc-meminfo', parse: parseMeminfo },
  { name: 'vmstat', file: 'proc-vmstat', parse: parseVmstat },
  { name: 'zoneinfo', file: 'proc-zoneinfo', parse: parseZoneinfo },
  { name: 'buddyinfo', file: 'proc-buddyinfo', parse: parseBuddyinfo },
  { name: 'diskstats', file: 'proc-diskstats', parse: parseDiskstats },
  { name: 'net/dev', file: 'proc-net-dev', parse: parseNetDev },
  { name: 'net/snmp', file: 'proc-net-snmp', parse: netSnmp.parse },
  { name: 'net/netstat', file: 'proc-net-netstat', parse: netStat.parse },
  { name: 'xfs', file: 'sys-fs-xfs-loop1-stats', parse: (text: string) => parseXfsStats('loop1', text) },
] as const;

/** Metrics that add up several lines: a shortened text may hold fewer of them. */
const SUMMED = new Set(['vm.allocstall', 'vm.workingset_refault']);

describe('captured on Linux 6.18', () => {
  test('loadavg', () => {
    expect(parseLoadavg(captured('proc-loadavg'))).toEqual({
      'load.1': 0.78,
      'load.5': 0.52,
      'load.15': 0.25,
    });
  });

  test('stat: ticks become milliseconds, guest time is not counted twice', () => {
    // cpu  8731 1786 10710 340796 1429 0 124 62 0 0
    expect(parseStat(captured('proc-stat'))).toEqual({
      'cpu.busy_ms': (8731 + 1786 + 10710 + 0 + 124 + 62) * 10,
      'cpu.iowait_ms': 14290,
      'cpu.steal_ms': 620,
      'tasks.forked': 11852,
      'tasks.switches': 1154333,
      'tasks.running': 1,
      'tasks.blocked': 0,
    });
    expect(parseStat('cpu  1 2 4 8 16 32 64 128 256 512\n')['cpu.busy_ms']).toBe(
      (1 + 2 + 4 + 32 + 64 + 128) * 10,
    );
  });

  test('pressure: totals, not averages', () => {
    expect(parsePressure('io', captured('proc-pressure-io'))).toEqual({
      'psi.io.some_us': 11472189,
      'psi.io.full_us': 10629660,
    });
    expect(parsePressure('cpu', captured('proc-pressure-cpu'))['psi.cpu.some_us']).toBe(31942144);
    expect(parsePressure('memory', captured('proc-pressure-memory'))['psi.memory.some_us']).toBe(0);
  });

  test('meminfo', () => {
    expect(parseMeminfo(captured('proc-meminfo'))).toMatchObject({
      'mem.free': 22739024,
      'mem.cached': 1812284,
      'mem.anon': 12672,
      'mem.slab': 44980,
      'mem.active_file': 76556,
      'swap.free': 0,
    });
  });

  test('vmstat: parts by zone and by kind are summed', () => {
    const text = captured('proc-vmstat');
    expect(parseVmstat(text)).toMatchObject({
      'vm.allocstall': 0,
      'vm.workingset_refault': 427984,
      'vm.pgmajfault': 2130,
      'vm.pgscan_kswapd': 0,
      'vm.oom_kill': 0,
      'vm.pageoutrun': 0,
    });
    const stalled = text
      .replace('allocstall_dma32 0', 'allocstall_dma32 5')
      .replace('allocstall_normal 0', 'allocstall_normal 182');
    expect(parseVmstat(stalled)['vm.allocstall']).toBe(187);
  });

  test('zoneinfo: zones with memory only', () => {
    expect(parseZoneinfo(captured('proc-zoneinfo'))).toEqual({
      'zone.0.DMA.free': 3840,
      'zone.0.DMA.min': 43,
      'zone.0.DMA.low': 53,
      'zone.0.DMA.high': 63,
      'zone.0.DMA32.free': 772915,
      'zone.0.DMA32.min': 8719,
      'zone.0.DMA32.low': 10898,
      'zone.0.DMA32.high': 13077,
      'zone.0.Normal.free': 234644,
      'zone.0.Normal.min': 8132,
      'zone.0.Normal.low': 10165,
      'zone.0.Normal.high': 12198,
    });
  });

  test('buddyinfo: free blocks by order', () => {
    const values = parseBuddyinfo(captured('proc-buddyinfo'));
    expect(Object.keys(values)).toHaveLength(33);
    expect(values['buddy.0.Normal.0']).toBe(3758);
    expect(values['buddy.0.Normal.2']).toBe(2084);
    expect(values['buddy.0.DMA32.10']).toBe(752);
  });

  test('diskstats: sectors become bytes', () => {
    const values = parseDiskstats(captured('proc-diskstats'));
    expect(values).toMatchObject({
      'disk.vda.reads': 87628,
      'disk.vda.read_bytes': 23421290 * 512,
      'disk.vda.writes': 37916,
      'disk.vda.write_bytes': 5381424 * 512,
      'disk.vda.in_flight': 0,
      'disk.vda.busy_ms': 17832,
      'disk.vda.queue_ms': 86356,
      'disk.loop1.write_bytes': 4135 * 512,
    });
  });

  test('net: bytes, errors and drops of each interface, both ways; TCP and UDP by name', () => {
    expect(parseNetDev(captured('proc-net-dev'))).toMatchObject({
      'net.eth0.rx_bytes': 865198443,
      'net.eth0.tx_bytes': 1472259,
      'net.lo.errors': 0,
    });
    const line = ' veth1:  10 1 2 3 4 5 6 7  80 9 20 30 40 50 60 70\n';
    expect(parseNetDev(line)).toEqual({
      'net.veth1.rx_bytes': 10,
      'net.veth1.tx_bytes': 80,
      'net.veth1.errors': 22,
      'net.veth1.drops': 33,
    });
    expect(netSnmp.parse(captured('proc-net-snmp'))).toEqual({
      'tcp.retransmits': 746,
      'tcp.segments_sent': 33796,
      'udp.full_buffers': 0,
    });
    expect(netStat.parse(captured('proc-net-netstat'))).toEqual({ 'tcp.listen_drops': 159 });
  });

  test('xfs: look_exlist is the sixth number of blk_map', () => {
    // blk_map 0 2000 0 1000 0 2030 0
    expect(parseXfsStats('loop1', captured('sys-fs-xfs-loop1-stats'))).toEqual({
      'xfs.loop1.blk_mapr': 0,
      'xfs.loop1.blk_mapw': 2000,
      'xfs.loop1.look_exlist': 2030,
      'xfs.loop1.buf_page_retries': 0,
    });
  });
});

// Built from the formats in the kernel's source, not captured: mm/vmstat.c, kernel/sched/psi.c and block/genhd.c of
// the versions named.
describe('other kernels', () => {
  test('4.9 and before: one allocstall; 5.8 and before: one workingset_refault', () => {
    expect(parseVmstat('allocstall 7\nworkingset_refault 11\nworkingset_activate 3\n')).toEqual({
      'vm.allocstall': 7,
      'vm.workingset_refault': 11,
    });
  });

  test('5.12 and before: no full line for cpu', () => {
    const text = 'some avg10=0.00 avg60=0.00 avg300=0.00 total=123\n';
    expect(parsePressure('cpu', text)).toEqual({ 'psi.cpu.some_us': 123 });
  });

  test('4.17 and before: eleven columns; names with a slash', () => {
    expect(parseDiskstats(' 104       0 cciss/c0d0 1 0 8 2 3 0 16 4 0 5 6\n')).toMatchObject({
      'disk.cciss/c0d0.read_bytes': 4096,
      'disk.cciss/c0d0.busy_ms': 5,
      'disk.cciss/c0d0.queue_ms': 6,
    });
    expect(parseDiskstats('   8       1 sda1 1 2 3 4\n')).toEqual({});
  });

  test('4.18: no boost line, per-CPU lists with a high of their own', () => {
    const text = [
      'Node 1, zone   Normal',
      '  pages free     100',
      '        min      10',
      '        low      12',
      '        high     15',
      '        spanned  4096',
      '        present  4096',
      '        managed  4000',
      '  pagesets',
      '    cpu: 0',
      '              count: 1',
      '              high:  186',
      '              batch: 31',
      '',
    ].join('\n');
    expect(parseZoneinfo(text)).toEqual({
      'zone.1.Normal.free': 100,
      'zone.1.Normal.min': 10,
      'zone.1.Normal.low': 12,
      'zone.1.Normal.high': 15,
    });
  });
});

describe.each(PARSERS)('$name', ({ file, parse }) => {
  test('a text cut anywhere gives true numbers or none', () => {
    const text = captured(file);
    const whole: Record<string, number> = parse(text);
    expect(Object.keys(whole).length).toBeGreaterThan(0);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: text.length }), (length) => {
        for (const [id, value] of Object.entries(parse(text.slice(0, length)))) {
          if (SUMMED.has(id)) expect(value).toBeLessThanOrEqual(whole[id] ?? -1);
          else expect(value).toBe(whole[id]);
        }
      }),
      { numRuns: RUNS },
    );
  });

  test('any text gives finite numbers and never an exception', () => {
    const text = captured(file);
    const damaged = fc
      .tuple(
        fc.integer({ min: 0, max: text.length }),
        fc.integer({ min: 0, max: 8 }),
        fc.string({ unit: 'binary' }),
      )
      .map(([at, dropped, added]) => text.slice(0, at) + added + text.slice(at + dropped));
    fc.assert(
      fc.property(fc.oneof(damaged, fc.string({ unit: 'binary' })), (input) => {
        expect(Object.values(parse(input)).every((value) => Number.isFinite(value) && value >= 0)).toBe(true);
      }),
      { numRuns: RUNS },
    );
  });
});
