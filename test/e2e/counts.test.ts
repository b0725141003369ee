/** The promise the tool stands on: what it reports is what happened, process by process, to the last call. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWith, HAS_TIME, TRACING } from '../helpers/requires.ts';
import { countsOf, expectNoLosses, runTool, type Summary, summaryOf } from '../helpers/tool.ts';
import { WORKLOADS } from '../helpers/workloads.ts';
import { type FragmentedXfs, mountFragmentedXfs, withFragmentedXfs } from '../helpers/xfs.ts';

const { fanOut, seekHoles, churn } = WORKLOADS;
const repeat = (value: number, times: number): number[] => Array.from({ length: times }, () => value);

describeWith([...TRACING, 'mkfs.xfs', 'loop device', 'perl'], 'counts of a command and its children', () => {
  const EXTENTS = 1009;
  let out: string;
  let xfs: FragmentedXfs & { close(): Promise<void> };
  beforeAll(async () => {
    out = mkdtempSync(join(tmpdir(), 'stallscope-counts-'));
    xfs = await mountFragmentedXfs(EXTENTS);
  });
  afterAll(async () => {
    rmSync(out, { recursive: true, force: true });
    await xfs?.close();
  });

  const record = async (name: string, options: readonly string[], command: readonly string[]) => {
    const file = join(out, `${name}.ndjson`);
    const end = await runTool([
      'record',
      '--force',
      '-o',
      file,
      '--budget',
      'off',
      ...options,
      '--',
      ...command,
    ]);
    expect(end, end.stderr).toMatchObject({ code: 0 });
    return { file, summary: await summaryOf(file) };
  };
  const IOMAP = ['--probe', 'iomap'];

  it('counts 8 short processes of 40 SEEK_HOLE each over a file of 28,495 extents', async () => {
    const extents = 28_495;
    const { summary } = await withFragmentedXfs(extents, ({ file }) =>
      record('storm', IOMAP, [fanOut, '8', 'perl', seekHoles, file, '40']),
    );
    expect(countsOf(summary, 'iomap.seek_hole')).toEqual(repeat(40, 8));
    expect(countsOf(summary, 'iomap.iter')).toEqual(repeat(40 * (extents + 1), 8));
    expectNoLosses(summary);
    expect(summary.recording.complete).toBe(true);
    expect(summary.coverage['iomap.iter']?.coverage).toBe('exact');
  });

  const CROWD = HAS_TIME ? 200 : 60;
  it(`counts and names ${CROWD} processes of some 20 ms each`, async () => {
    const { summary } = await record('crowd', IOMAP, [
      ...[fanOut, String(CROWD), 'perl', seekHoles, xfs.file, '7', '20ms'],
    ]);
    expect(countsOf(summary, 'iomap.seek_hole')).toEqual(repeat(7, CROWD));
    expect(countsOf(summary, 'iomap.iter')).toEqual(repeat(7 * (EXTENTS + 1), CROWD));
    expect(new Set(counting(summary).map(({ comm }) => comm))).toEqual(new Set(['perl']));
    // The command is there though it does nothing that is counted: it was asked for.
    expect(summary.pids.filter(({ comm }) => comm !== 'perl')).toMatchObject([
      { comm: 'fan-out.sh', exited: true },
    ]);
    expectNoLosses(summary);
  });

  it('stays exact with every probe attached, and counts what the others count', async () => {
    const { summary } = await record(
      'all',
      [],
      [...['sh', '-c', 'perl "$1" "$2" 11; perl "$3" "$4" 500', 'sh', seekHoles, xfs.file, churn, xfs.dir]],
    );
    expect(countsOf(summary, 'iomap.seek_hole')).toEqual([11]);
    expect(summary.totals['iomap.iter']).toBe(11 * (EXTENTS + 1));
    expect(countsOf(summary, 'inode.create')).toEqual([500]);
    expect(countsOf(summary, 'inode.unlink')).toEqual([500]);
    expect(countsOf(summary, 'inode.rename')).toEqual([500]);
    expectNoLosses(summary);
  });

  it('replays a session as intervals that add up to the totals', async () => {
    const command = 'for i in 1 2 3 4 5 6; do perl "$1" "$2" 13 150ms & sleep 0.4; done; wait';
    const { file, summary } = await record(
      'intervals',
      [...IOMAP, '-i', '200ms'],
      [...['sh', '-c', command, 'sh', seekHoles, xfs.file]],
    );
    const replayed = await runTool(['replay', file, '--json']);
    expect(replayed.code).toBe(0);
    const lines = replayed.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as ReplayLine);
    expect(lines.at(0)?.type).toBe('session');
    expect(lines.at(-1)).toMatchObject({ type: 'end', complete: true });
    const seen = new Map<number, number>();
    for (const { pid, delta } of lines.flatMap((line) => line.pids ?? [])) {
      seen.set(pid, (seen.get(pid) ?? 0) + (delta['iomap.iter'] ?? 0));
    }
    const reported = summary.pids.map(({ pid, metrics }): [number, number] => [
      pid,
      metrics['iomap.iter'] ?? 0,
    ]);
    expect([...seen].sort(byPid)).toEqual(reported.sort(byPid));
    expect(counting(summary)).toHaveLength(6);
    const busy = lines.filter((line) =>
      (line.pids ?? []).some(({ delta }) => (delta['iomap.iter'] ?? 0) > 0),
    );
    expect(busy.length, 'the work lasted several intervals').toBeGreaterThan(2);
  });
});

const counting = ({ pids }: Summary): Summary['pids'] =>
  pids.filter(({ metrics }) => Object.keys(metrics).some((id) => id.startsWith('iomap.')));

type ReplayLine = {
  readonly type: string;
  readonly complete?: boolean;
  readonly pids?: readonly { readonly pid: number; readonly delta: Readonly<Record<string, number>> }[];
};

const byPid = (a: readonly [number, number], b: readonly [number, number]): number => a[0] - b[0];
