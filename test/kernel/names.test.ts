/**
 * Every way the kernel has to make, remove and move names, counted as often as it really happened: each kind is a run
 * of the same program, in which every call is checked.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findProbe, loadCatalogue } from '../../src/probes/catalogue.ts';
import { selectVariant } from '../../src/probes/select.ts';
import type { Selected } from '../../src/probes/types.ts';
import { compile } from '../helpers/compile.ts';
import { describeWith, HAS_TIME, TRACING } from '../helpers/requires.ts';
import { WORKLOADS } from '../helpers/workloads.ts';
import { facts, type Outcome, trace } from './trace.ts';

/** Per call of each kind; `base` and the directory beside it are two more creates of every run. */
const KINDS: Readonly<Record<string, readonly [creates: number, unlinks: number, renames: number]>> = {
  file: [1, 1, 0],
  again: [1, 1, 0],
  opened: [0, 0, 0],
  garbage: [1, 1, 0],
  creat: [1, 1, 0],
  openat2: [1, 1, 0],
  directory: [1, 1, 0],
  regular: [1, 1, 0],
  device: [1, 1, 0],
  fifo: [1, 1, 0],
  symlink: [1, 1, 0],
  symlinkat: [1, 1, 0],
  link: [1, 1, 0],
  linkat: [1, 1, 0],
  socket: [1, 1, 0],
  unnamed: [0, 0, 0],
  tmpfile: [1, 1, 0],
  tmplink: [2, 2, 0],
  rename: [0, 0, 2],
  exchange: [0, 0, 1],
  failing: [0, 0, 0],
};
const RING_KINDS: typeof KINDS = {
  'ring-file': [1, 1, 0],
  'ring-file2': [1, 1, 0],
  'ring-tmpfile': [1, 1, 0],
  'ring-directory': [1, 1, 0],
  'ring-links': [2, 2, 0],
  'ring-rename': [0, 0, 2],
};
/** O_CREAT counts as a create where the mode of the file cannot be read: five opens of "again", two of "openat2". */
const BY_FLAGS: typeof KINDS = { ...KINDS, again: [5, 1, 0], openat2: [2, 1, 0] };

const TIMES = 23;
const UNAVAILABLE = 77;

/** Where the counts of each variant differ, and what it does not count. */
const VARIANTS = [
  { id: 'tracepoint', kinds: { ...KINDS, ...RING_KINDS } },
  { id: 'syscalls', kinds: KINDS },
  { id: 'flags', kinds: BY_FLAGS },
  { id: 'counts', kinds: KINDS },
];

const { manifest, folder } = findProbe(loadCatalogue(), 'inode');

describeWith([...TRACING, 'cc'], 'names made, removed and moved', () => {
  const dir = mkdtempSync(join(tmpdir(), 'names-'));
  let program: string;
  beforeAll(() => {
    program = compile(dir, 'names', readFileSync(WORKLOADS.names, 'utf8'), `-I${dirname(WORKLOADS.names)}`);
  });
  afterAll(() => rmSync(dir, { recursive: true }));

  /** PID of each kind's run; null where the kernel does not do it. */
  const runAll = async (
    kinds: readonly string[],
    on: string,
  ): Promise<ReadonlyMap<string, number | null>> => {
    const pids = new Map<string, number | null>();
    for (const kind of kinds) {
      const where = join(on, kind);
      mkdirSync(where);
      const child = execa(program, [kind, where, String(TIMES)], { reject: false });
      const { exitCode, stderr } = await child;
      if (exitCode !== 0 && exitCode !== UNAVAILABLE)
        throw new Error(`${kind} ended with ${exitCode}: ${stderr}`);
      pids.set(kind, exitCode === 0 ? (child.pid ?? 0) : null);
    }
    return pids;
  };

  const places = [
    ['tmpfs', '/dev/shm'],
    ['this directory', tmpdir()],
  ] as const;

  describe.each(VARIANTS)('variant $id', ({ id, kinds }) => {
    const selected: Selected = selectVariant(manifest, folder, facts, { only: id });
    const where = id === 'tracepoint' && HAS_TIME ? places : places.slice(0, 1);
    it.skipIf(selected.variant === null).each(where)('counts what happened, on %s', async (_place, root) => {
      const on = mkdtempSync(join(root, 'names-'));
      let pids: ReadonlyMap<string, number | null> = new Map();
      let outcome: Outcome;
      try {
        outcome = await trace([selected], { filter: { kind: 'all' } }, async () => {
          pids = await runAll(Object.keys(kinds), on);
        });
      } finally {
        rmSync(on, { recursive: true });
      }
      const counted = (metric: string, pid: number): number => outcome.reached[`inode.${metric}`]?.[pid] ?? 0;
      const reported = Object.fromEntries(
        [...pids].flatMap(([kind, pid]) =>
          pid === null
            ? []
            : [[kind, [counted('create', pid) - 2, counted('unlink', pid), counted('rename', pid)]]],
        ),
      );
      const happened = Object.fromEntries(
        Object.keys(reported).map((kind) => [kind, (kinds[kind] ?? []).map((each) => each * TIMES)]),
      );
      expect(reported).toEqual(happened);
      expect(Object.keys(reported).length).toBeGreaterThanOrEqual(Object.keys(KINDS).length);
    });
  });

  const MANY = HAS_TIME ? 38_113 : 9_113;
  it(`counts each of ${MANY} FIFOs made and removed`, async () => {
    const selected = selectVariant(manifest, folder, facts);
    const on = mkdtempSync('/dev/shm/names-');
    let pid = 0;
    const { counts } = await trace([selected], { filter: { kind: 'all' } }, async () => {
      const child = execa(program, ['fifo', on, String(MANY)]);
      await child;
      pid = child.pid ?? 0;
    });
    rmSync(on, { recursive: true });
    expect(counts['inode.create']?.[pid]).toBe(MANY + 2);
    expect(counts['inode.unlink']?.[pid]).toBe(MANY);
  });
});
