import { describe, expect, it } from 'vitest';
import type { Reading } from '../../src/core/snapshot.ts';
import { pressureLine } from '../../src/screen/pressure.ts';
import { buildSnapshot } from '../helpers/snapshot.ts';
import { buildView, textOf } from '../helpers/view.ts';

const lineAt = (columns: number, host: Readonly<Record<string, number>>): string => {
  const base = buildSnapshot();
  const readings = Object.fromEntries(
    Object.entries(host).map(([metric, delta]): [string, Reading] => [metric, { total: delta, delta }]),
  );
  const cpus = 2;
  const snapshot = {
    ...base,
    host: { ...base.host, 'tasks.blocked': { total: 0, delta: 0 }, ...readings },
    header: { ...base.header, host: { ...base.header.host, cpus } },
  };
  return textOf([pressureLine(snapshot, buildView({ snapshot, size: { columns, rows: 24 } }))]);
};

describe('the line of the machine', () => {
  it('shows CPUs, waits, load and memory at 80 columns', () => {
    const line = lineAt(80, { 'cpu.busy_ms': 1_900, 'cpu.steal_ms': 2, 'cpu.iowait_ms': 4 });
    expect(line).toMatch(/^cpu 95% {2}waits cpu 3\.1% io 61% mem 12% {2}load 9\.41 .*avail /);
    expect(line.length).toBeLessThanOrEqual(80);
  });

  it('shows steal, I/O wait and forks where there are any, and keeps CPUs and waits on the narrowest', () => {
    const busy = { 'cpu.busy_ms': 2_000, 'cpu.steal_ms': 300, 'cpu.iowait_ms': 500, 'tasks.forked': 1_200 };
    expect(lineAt(160, busy)).toMatch(/^cpu 100% {2}steal 15% {2}iowait 25% {2}forks 1,200\/s {2}waits /);
    // All of it, before load and memory, where 80 columns are not enough for everything.
    expect(lineAt(80, busy)).toMatch(
      /^cpu 100% {2}steal 15% {2}iowait 25% {2}forks 1,200\/s {2}waits cpu 3\.1% io 61% mem 12%/,
    );
    expect(lineAt(44, busy)).toMatch(/^cpu 100% {2}waits cpu 3\.1% io 61% mem 12%$/);
  });

  it('shows what the network carries where there is room, and at 80 columns what it loses', () => {
    const carried = {
      'cpu.busy_ms': 300,
      'net.eth0.rx_bytes': 5_000_000,
      'net.eth1.rx_bytes': 5_485_760,
      'net.eth0.tx_bytes': 2_097_152,
      'net.eth0.drops': 0,
      'tcp.retransmits': 0.4,
    };
    expect(lineAt(120, carried)).toMatch(/ net in 10\.0MiB\/s out 2\.00MiB\/s$/);
    expect(lineAt(80, carried)).not.toContain('net');
    const lossy = { ...carried, 'net.eth0.drops': 40, 'net.eth1.errors': 2, 'tcp.retransmits': 120 };
    expect(lineAt(80, lossy)).toMatch(/ {2}retrans 120\/s {2}net drops 42\/s$/);
  });

  it('shows at 80 columns how long the canary takes', () => {
    expect(lineAt(80, { 'cpu.busy_ms': 300, 'canary.latency_us': 12_000 })).toMatch(/ {2}canary 12ms$/);
    expect(lineAt(60, { 'cpu.busy_ms': 300, 'canary.latency_us': 4_200_000 })).toMatch(/ {2}canary 4\.2s$/);
  });
});
