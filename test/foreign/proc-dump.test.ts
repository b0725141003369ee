/** What loops have beside the files that tracing reads: slabs, processes, and files that nobody dated. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { recognise } from '../../src/foreign/formats.ts';
import { readProcLoop } from '../../src/foreign/proc-loop.ts';
import type { Asked } from '../../src/foreign/source.ts';
import { root } from '../docs/sections.ts';
import { one, opened } from '../helpers/points.ts';

const asked: Asked = { zone: null, bootUs: null, writtenMs: null, endedMs: Date.UTC(2024, 10, 30, 12) };
const captured = readFileSync(join(root, 'test/fixtures/captured/proc-loop-6.18/pids-slabs.txt'), 'utf8');

const read = async (text: string, more: Partial<Asked> = {}) =>
  opened(await readProcLoop(one(text), { ...asked, ...more }));

describe('a loop over /proc', () => {
  it('has processes by their stat: memory, CPU time, faults, and whether they wait', async () => {
    expect(recognise(captured)?.id).toBe('proc-loop');
    const got = await read(captured);
    const lines = [...captured.matchAll(/^(\d+) \((a name \(with\)[^)]*)\) (\w) (.*)$/gm)];
    expect(lines.length).toBe(4);
    const pid = Number(lines[0]?.[1]);
    const field = (number: number): number[] =>
      lines.map(([, , , , rest = '']) => Number(rest.split(' ')[number - 4]));
    expect(got.valuesOf('proc.rss_bytes', pid)).toEqual(field(24).map((pages) => pages * 4096));
    expect(got.valuesOf('proc.minor_faults', pid)).toEqual(field(10));
    expect(got.valuesOf('proc.cpu_ms', pid)).toEqual(
      field(14).map((ticks, at) => (ticks + (field(15)[at] ?? 0)) * 10),
    );
    const [run] = got.table.processes.get(pid) ?? [];
    // The loop has /proc/stat, which says when the boot was.
    const boot = Number(/^btime (\d+)$/m.exec(captured)?.[1]) * 1e6;
    expect(run?.startUs).toBe(boot + (field(22)[0] ?? 0) * 10_000);
  });

  it('has slabs by name', async () => {
    const got = await read(captured);
    const lines = [...captured.matchAll(/^dentry +(\d+) +(\d+) +(\d+) /gm)];
    expect(lines.length).toBe(4);
    expect(got.valuesOf('slab.dentry.bytes')).toEqual(
      lines.map(([, , all, size]) => Number(all) * Number(size)),
    );
  });

  it('keeps two processes of one PID apart, and takes lines that stand twice once', async () => {
    const stat = (start: number, pages: number): string =>
      `7 (java) D 1 7 7 0 -1 0 1 0 2 0 30 40 0 0 20 0 1 0 ${start} 1000 ${pages} 0 0 0 0 0 0 0 0 0 0\n`;
    const got = await read(
      `2024-11-30T12:00:00Z\n${stat(100, 5)}${stat(100, 5)}2024-11-30T12:00:01Z\n${stat(900, 9)}`,
    );
    expect(got.table.processes.get(7)?.map(({ startUs }) => startUs)).toEqual([1_000_000, 9_000_000]);
    expect(got.valuesOf('proc.d_state', 7)).toEqual([1, 1]);
    expect(got.lost.join()).toMatch(/5 lines that stood twice/);
  });

  it.each([
    ['meminfo', 'MemTotal:       65859408 kB\nMemFree:         1083020 kB\n', 'mem.free', 1_083_020],
    [
      'zoneinfo',
      'Node 0, zone   Normal\n  pages free     270758\n        min      16895\n        scanned  0\n        spanned  8388608\n        present  8273920\n    nr_free_pages 270758\n',
      'zone.0.Normal.free',
      270_758,
    ],
    ['buddyinfo', 'Node 0, zone   Normal  61834  14512      0      0 \n', 'buddy.0.Normal.1', 14_512],
  ])('is of when its file was written where it is %s alone', async (_, text, metric, value) => {
    expect(recognise(text)?.id).toBe('proc-loop');
    const got = await read(text);
    expect(got.valuesOf(metric)).toEqual([value]);
    expect(got.table.times.us).toEqual([Date.UTC(2024, 10, 30, 12) * 1000]);
    await expect(read(text, { endedMs: null })).rejects.toThrow(/put a line with the date above it/);
  });

  it('are refused where one stands twice: what is between may be a date in a form that is not known', async () => {
    const section = (second: number) =>
      `Sa 30. Nov 12:00:0${second} UTC 2024\nMemTotal: 9 kB\nMemFree: ${second} kB\n`;
    await expect(read(section(1) + section(2))).rejects.toThrow(/twice, and no line between says when/);
  });
});
