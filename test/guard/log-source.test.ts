/** The kernel's log as a source: what it counts becomes the same finding as in a recording of a log, for the same guard. */
import { expect, it } from 'vitest';
import type { KmsgLine } from '../../src/guard/log/lines.ts';
import { createLogSource } from '../../src/guard/log/source.ts';
import { observationOf } from '../../src/guard/observe.ts';
import type { Observation } from '../../src/guard/rules/policy.ts';
import { pump } from '../../src/session/pump.ts';
import { createSnapshotStore } from '../../src/session/store.ts';

const LINE = 'XFS: victim(312) possible memory allocation deadlock size 520 in kmem_alloc (mode:0x2d40)';

/** One entry for each sample. */
const watch = async (samples: readonly (readonly KmsgLine[])[]) => {
  const waiting = [...samples];
  const said: string[] = [];
  const seen: Observation[] = [];
  let bootUs = 1e9;
  const source = createLogSource({
    toolVersion: '0',
    identity: { hostname: 'host', kernel: '6.1.0', arch: 'x64', cpus: 2, memoryBytes: 2 ** 30 },
    clock: { bootUs: () => (bootUs += 1e6), realMs: () => 0 },
    intervalMs: 1,
    host: { metrics: [], sample: () => ({}) },
    open: () => ({
      read: () => {
        if (waiting.length === 1) setImmediate(() => source.stop('over'));
        return { lines: waiting.shift() ?? [], lost: false };
      },
      close: () => undefined,
    }),
    cost: () => ({ cpuMs: 0, rssBytes: 0 }),
    onStatus: (text) => said.push(text),
  });
  const last = await pump({
    source,
    sinks: [],
    store: createSnapshotStore(),
    onSample: (snapshot) => seen.push(observationOf(snapshot, ['xfs-alloc-deadlock'])),
  });
  return { seen, said, last };
};

it("lines of the kernel's become a finding, and the number a guard judges by", async () => {
  const { seen, said, last } = await watch([[], [], [{ facility: 0, message: LINE }], []]);
  const found = seen.flatMap(({ findings }) => findings);
  expect(found[0]).toMatchObject({ id: 'xfs-alloc-deadlock', confidence: 0.5, suspect: null });
  expect(seen.at(-1)?.totals).toEqual({ 'klog.xfs_alloc_deadlocks': 1 });
  expect(said).toEqual([]);
  expect(last.ended?.reason).toBe('over');
});

it('lines that a program wrote do not, and are reported once', async () => {
  const forged = [
    { facility: 1, message: LINE },
    { facility: 255, message: LINE },
  ];
  const { seen, said } = await watch([[], forged, forged, []]);
  expect(seen.flatMap(({ findings }) => findings)).toEqual([]);
  expect(seen.at(-1)?.totals).toEqual({ 'klog.xfs_alloc_deadlocks': 0 });
  expect(said).toHaveLength(1);
});
