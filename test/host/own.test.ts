import { spawn } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { localFiles } from '../../src/host/local-files.ts';
import { createOwnProcesses, noteHelper } from '../../src/host/own.ts';
import { readStartMs } from '../../src/host/process.ts';

/** 1 → 40 (a shell) → 50 (us) → 60 (tracer) → 61; 50 → 70 (the command) → 71. */
const PARENTS: Readonly<Record<number, number>> = { 40: 1, 50: 40, 60: 50, 61: 60, 70: 50, 71: 70 };
const own = createOwnProcesses(50, 70, (pid) => PARENTS[pid] ?? null);
const ask = (pid: number): boolean => own({ pid, startMs: 10, ppid: PARENTS[pid] ?? null });

describe('our own processes', () => {
  it('are we, and what descends from us, but neither the command nor what descends from it', () => {
    expect([50, 60, 61].map(ask)).toEqual([true, true, true]);
    expect([1, 40, 70, 71, 99].map(ask)).toEqual([false, false, false, false, false]);
  });

  it('are helpers too, known by when they began: who has the PID later is somebody else', async () => {
    const helper = spawn('/bin/sleep', ['60']);
    const { pid = 0 } = helper;
    noteHelper(localFiles, pid);
    const startMs = readStartMs(localFiles, pid);
    helper.kill();
    await new Promise((resolve) => helper.once('exit', resolve));
    expect(own({ pid, startMs, ppid: null })).toBe(true);
    expect(own({ pid, startMs: (startMs ?? 0) + 1_000, ppid: null })).toBe(false);
  });

  it('do not send a walk up the ancestors round in circles', () => {
    const circle = createOwnProcesses(50, null, (pid) => (pid === 80 ? 81 : 80));
    expect(circle({ pid: 82, startMs: 10, ppid: 81 })).toBe(false);
  });
});
