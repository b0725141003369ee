/**
 * xfs-alloc. Small allocations do not fail on demand, and neither this kernel nor Debian's have fault injection. So the
 * shipped scripts are attached to a program with the same functions and failures to order (test/helpers/stand-in.ts
 * says what is replaced). The real kernels' part, with a module that makes kmem_alloc() fail, is test/vm's.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { findProbe, loadCatalogue } from '../../src/probes/catalogue.ts';
import type { Selected } from '../../src/probes/types.ts';
import { describeWith, TRACING } from '../helpers/requires.ts';
import { attachTo, type StandIn } from '../helpers/stand-in.ts';
import { type Outcome, trace } from './trace.ts';

const entry = findProbe(loadCatalogue(), 'xfs-alloc');
const variantOf = (id: string): Selected => {
  const variant = entry.manifest.variants.find((one) => one.id === id) ?? null;
  return { ...entry, variant, files: [], rejected: [] };
};

const KMALLOC: StandIn = {
  function: 'trace_kmalloc',
  fields: ['call_site', 'ptr', 'bytes_req', 'bytes_alloc', 'gfp_flags', 'node'],
};
const STAND_INS: Readonly<Record<string, StandIn>> = {
  'tracepoint:xfs:kmem_alloc': { function: 'kmem_alloc', fields: ['size', 'flags'] },
  // Its script reads arg0 and arg1 as they are.
  'kprobe:kmem_alloc': { function: 'kmem_alloc', fields: [] },
  'tracepoint:kmem:kmalloc': KMALLOC,
  'tracepoint:kmem:mm_page_alloc': {
    function: 'trace_mm_page_alloc',
    fields: ['pfn', 'order', 'gfp_flags', 'migratetype'],
  },
  'tracepoint:vmscan:mm_vmscan_direct_reclaim_begin': {
    function: 'trace_direct_reclaim_begin',
    fields: ['order', 'gfp_flags'],
  },
  'tracepoint:vmscan:mm_vmscan_direct_reclaim_end': {
    function: 'trace_direct_reclaim_end',
    fields: ['nr_reclaimed'],
  },
  'tracepoint:compaction:mm_compaction_try_to_compact_pages': {
    function: 'trace_try_to_compact_pages',
    fields: ['order', 'gfp_mask', 'prio'],
  },
  'tracepoint:xfs:xfs_trans_alloc': { function: 'trace_xfs_trans_alloc', fields: [] },
  'tracepoint:xfs:xfs_trans_free': { function: 'trace_xfs_trans_free', fields: [] },
  'tracepoint:xfs:xfs_buf_backing_fallback': { function: 'trace_xfs_buf_backing_fallback', fields: [] },
};

/** The counts of one PID, metric by metric; keys of a metric with dimensions are what follows the PID. */
const countsOf = (outcome: Outcome, pid: number): Record<string, number> => {
  const own: Record<string, number> = {};
  for (const [metric, values] of Object.entries(outcome.counts)) {
    for (const [key, value] of Object.entries(values)) {
      const [owner, ...dims] = key.split(',');
      if (owner === String(pid)) own[[metric.slice('xfs-alloc.'.length), ...dims].join(' ')] = value;
    }
  }
  return own;
};

describeWith([...TRACING, 'cc'], 'the scripts of xfs-alloc on a stand-in', () => {
  const dir = mkdtempSync(join(tmpdir(), 'xfs-alloc-'));
  const program = join(dir, 'kmem-alloc');
  const source = fileURLToPath(new URL('../fixtures/programs/kmem-alloc.c', import.meta.url));
  const children: ChildProcess[] = [];
  beforeAll(() => execa('cc', ['-O1', '-pthread', '-o', program, source]));
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  /** Starts it held, so that it is attached to before it begins; `go` comes back when all its threads are through. */
  const prepare = (...plan: readonly string[]) => {
    const child = spawn(program, plan, { stdio: ['pipe', 'pipe', 'inherit'] });
    children.push(child);
    const lines = createInterface({ input: child.stdout });
    return {
      pid: child.pid ?? 0,
      go: async (): Promise<{ readonly leastNs: number; readonly mostNs: number }> => {
        child.stdin.write('go\n');
        const [line] = (await once(lines, 'line')) as [string];
        const [, leastNs, mostNs] = line.split(' ').map(Number);
        return { leastNs: leastNs ?? Number.NaN, mostNs: mostNs ?? Number.NaN };
      },
    };
  };
  type Prepared = ReturnType<typeof prepare>;

  const traced = (variant: string, workload: () => Promise<unknown>, watched?: readonly Prepared[]) =>
    trace(
      [variantOf(variant)],
      {
        filter:
          watched === undefined ? { kind: 'all' } : { kind: 'pids', pids: watched.map(({ pid }) => pid) },
        rewrite: (script) => attachTo(program, script, STAND_INS),
      },
      async () => {
        await workload();
      },
    );

  it.each(['tracepoint', 'kprobe'])(
    '%s counts every failed attempt, per process and size',
    async (variant) => {
      const many = prepare(
        'alloc:256:100003',
        'alloc:64:23,alloc:64:0,alloc:4096:1',
        'alloc:65536:2,alloc:256:0',
      );
      const one = prepare('alloc:512:0,alloc:24:7,mayfail:131072,mayfail:24,alloc:24:0');
      const none = prepare('alloc:64:0,atomic:64:6,alloc:4096:0,fallback:1024:40');
      const outcome = await traced(variant, () => Promise.all([many.go(), one.go(), none.go()]));
      expect(countsOf(outcome, many.pid)).toEqual({
        failures: 100_003 + 23 + 1 + 2,
        'failures_by_size 256': 100_003,
        'failures_by_size 64': 23,
        'failures_by_size 4096': 1,
        'failures_by_size 65536': 2,
        largest_bytes: 65_536,
        stalls: 4,
        stalls_ended: 4,
        stall_ns: expect.any(Number),
      });
      expect(countsOf(outcome, one.pid)).toEqual({
        failures: 7 + 2,
        'failures_by_size 24': 7 + 1,
        'failures_by_size 131072': 1,
        largest_bytes: 131_072,
        gave_up: 2,
        stalls: 1,
        stalls_ended: 1,
        stall_ns: expect.any(Number),
      });
      expect(countsOf(outcome, none.pid)).toEqual({});
    },
  );

  it.each(['tracepoint', 'kprobe'])(
    '%s shows a stall that is not over, and its time growing',
    async (variant) => {
      const held = prepare('hang:48:23', 'hang:96:1', 'alloc:48:5', 'sleep:-2000,hang:128:300');
      const outcome = await traced(variant, () => held.go());
      expect(countsOf(outcome, held.pid)).toMatchObject({
        failures: 23 + 1 + 5 + 300,
        stalls: 4,
        stalls_ended: 1,
      });
      const times = outcome.ticks.map((tick) => tick['xfs-alloc.stall_ns']?.[held.pid] ?? 0);
      expect(new Set(times).size).toBeGreaterThanOrEqual(2);
      expect(times).toEqual([...times].sort((a, b) => a - b));
    },
  );

  it.each([
    ['tracepoint', ['alloc:64:23,alloc:4096:5', 'alloc:128:11,hang:64:7']],
    ['nofail', ['nofail:0:23,nofail:2:5', 'nofail:1:11,nofailhang:3:7']],
  ])('%s adds up the time that the program itself measures', async (variant, plan) => {
    const timed = prepare(...plan.map((steps) => `sleep:-3000,${steps}`));
    let bounds = { leastNs: Number.NaN, mostNs: Number.NaN };
    const outcome = await traced(variant, async () => {
      bounds = await timed.go();
    });
    const { stall_ns: stallNs } = countsOf(outcome, timed.pid);
    expect(bounds.leastNs).toBeGreaterThan(40 * 3e6);
    expect(stallNs).toBeGreaterThanOrEqual(bounds.leastNs);
    expect(stallNs).toBeLessThanOrEqual(bounds.mostNs);
  });

  it('keeps an allocation apart from one that its own reclaim makes', async () => {
    const plan = prepare('nested:256:23:64', 'nested:64:1:512');
    const outcome = await traced('tracepoint', () => plan.go());
    expect(countsOf(outcome, plan.pid)).toMatchObject({
      failures: 24 + 2 + 2 + 2,
      'failures_by_size 256': 24,
      'failures_by_size 64': 2 + 2,
      'failures_by_size 512': 2,
      stalls: 4,
      stalls_ended: 4,
    });
  });

  it('finds a stall that began before tracing at its tenth attempt, and nothing that has another way', async () => {
    const before = prepare('middle:64:100003', 'middle:64:9', 'middle:128:10');
    const other = prepare('fallback:64:100', 'middle:64:9,alloc:64:0,middle:64:9');
    const outcome = await traced('tracepoint', () => Promise.all([before.go(), other.go()]));
    expect(countsOf(outcome, before.pid)).toEqual({
      found: 2,
      stalls: 2,
      stalls_ended: 2,
      failures: 100_003 - 9 + 1,
      'failures_by_size 64': 100_003 - 9,
      'failures_by_size 128': 1,
      largest_bytes: 128,
      stall_ns: expect.any(Number),
    });
    expect(countsOf(outcome, other.pid)).toEqual({});
  });

  it('counts only the processes that are selected', async () => {
    const [one, other] = [prepare('alloc:64:23'), prepare('alloc:64:29')];
    const outcome = await traced('tracepoint', () => Promise.all([one.go(), other.go()]), [other]);
    expect(outcome.counts['xfs-alloc.failures']).toEqual({ [other.pid]: 29 });
  });

  it('nofail counts the rounds of what must not fail, and what was inside a transaction', async () => {
    const plan = prepare('nofail:0:100003', 'nofail:2:23,nofail:2:1,nofailhang:3:7', 'trans:1:5,trans:0:2');
    const refused = prepare('reclaim:0:23,reclaim:3:8');
    const outcome = await traced('nofail', () => Promise.all([plan.go(), refused.go()]));
    expect(countsOf(outcome, plan.pid)).toEqual({
      rounds: 100_003 + 23 + 1 + 7 + 4 * 5 + 4 * 2,
      stalls: 4 + 2 * 4,
      stalls_ended: 3 + 2 * 4,
      stall_ns: expect.any(Number),
      'stalls_by_order 0': 1 + 4,
      'stalls_by_order 1': 4,
      'stalls_by_order 2': 2,
      'stalls_by_order 3': 1,
      trans_stalls: 2 * 2,
      buf_fallbacks: 2,
    });
    expect(countsOf(outcome, refused.pid)).toEqual({});
  });
});
