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
    expect(line).toMatch(/^cpu 95\.0% {2}waits cpu 3\.1% io 61\.2% mem 12\.0% {2}load 9\.41 .*avail /);
    expect(line.length).toBeLessThanOrEqual(80);
  });

  it('shows steal, I/O wait and forks where there are any, and keeps CPUs and waits on the narrowest', () => {
    const busy = { 'cpu.busy_ms': 2_000, 'cpu.steal_ms': 300, 'cpu.iowait_ms': 500, 'tasks.forked': 1_200 };
    expect(lineAt(160, busy)).toMatch(
      /^cpu 100% {2}steal 15\.0% {2}iowait 25\.0% {2}forks 1,200\/s {2}waits /,
    );
    expect(lineAt(44, busy)).toMatch(/^cpu 100% {2}waits cpu 3\.1% io 61\.2% mem 12\.0%$/);
  });
});
