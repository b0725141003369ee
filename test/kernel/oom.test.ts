/** A process that the kernel kills for memory is counted with what it held; one that anybody else kills is not. */
import { execa } from 'execa';
import { afterAll, describe, expect, it } from 'vitest';
import { findProbe, loadCatalogue } from '../../src/probes/catalogue.ts';
import { selectVariant } from '../../src/probes/select.ts';
import { makeGroup, memoryOf } from '../helpers/cgroups.ts';
import { facts, trace, whyNot } from './trace.ts';

const LIMIT_MIB = 24;
const GROW = 'my @held; push @held, "x" x (1 << 20) while 1';

const group = whyNot === null ? makeGroup('oom', memoryOf(LIMIT_MIB)) : null;
const why = [...(whyNot === null ? [] : [whyNot]), ...(group === null ? ['memory cgroups'] : [])];

describe.skipIf(why.length > 0)(`OOM kills${why.length > 0 ? ` [needs ${why.join(', ')}]` : ''}`, () => {
  afterAll(() => group?.remove());

  it('are counted in the victim, with what it held when it was chosen', async () => {
    const { manifest, folder } = findProbe(loadCatalogue(), 'oom');
    const selected = selectVariant(manifest, folder, facts);
    const pids = { victim: 0, killed: 0, ended: 0 };
    const { counts } = await trace([selected], { filter: { kind: 'all' } }, async () => {
      const ended = execa('perl', ['-e', 'exit 0']);
      const killed = execa('sh', ['-c', 'kill -9 $$'], { reject: false });
      const victim = execa('sh', ['-c', `${group?.join}; exec perl -e "$0"`, GROW], { reject: false });
      Object.assign(pids, { victim: victim.pid, killed: killed.pid, ended: ended.pid });
      await Promise.all([ended, killed, victim]);
      expect((await victim).signal).toBe('SIGKILL');
    });
    expect(counts['oom.kills']?.[pids.victim]).toBe(1);
    expect(counts['oom.kills']?.[pids.killed]).toBeUndefined();
    expect(counts['oom.kills']?.[pids.ended]).toBeUndefined();
    if (selected.variant?.id !== 'tracepoint') return;
    // At its limit, but for what else the group is charged for: page tables, the program's own pages.
    const heldKib = counts['oom.anon_kib']?.[pids.victim] ?? 0;
    expect(heldKib).toBeGreaterThan(LIMIT_MIB * 1024 * 0.5);
    expect(heldKib).toBeLessThanOrEqual(LIMIT_MIB * 1024);
  });
});
