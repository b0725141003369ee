import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { ProbeInUse } from '../../src/core/record.ts';
import { createSupervisor, type Supervisor } from '../../src/sources/supervisor.ts';
import type { Batch } from '../../src/sources/tracer.ts';
import { FAKE_BPFTRACE, type FakeLife, isGroupAlive, map, scriptOf, until } from '../helpers/fake-tracer.ts';

const PROBES: readonly ProbeInUse[] = [
  { id: 'iomap', variant: 'tracepoint', state: 'attached' },
  { id: 'kswapd', variant: 'tracepoint', state: 'attached' },
  { id: 'python', variant: null, state: 'refused', reason: 'no uprobes' },
];

let running: Supervisor | null = null;
afterEach(async () => {
  await running?.stop();
  running = null;
});

const start = (
  planFor: (ids: readonly string[]) => FakeLife | { file: string; lives: FakeLife[] },
  change = {},
) => {
  const heard = { batches: [] as Batch[], log: [] as string[], asked: [] as string[] };
  const supervisor = createSupervisor(
    {
      bpftrace: FAKE_BPFTRACE,
      mapKeys: 64,
      attachTimeoutMs: 5_000,
      owner: '1:1',
      probes: PROBES,
      assemble: (ids) => {
        heard.asked.push(ids.join(','));
        return scriptOf(planFor(ids));
      },
      simplify: () => null,
      onStatus: (text) => heard.log.push(`status ${text}`),
      ...change,
    },
    {
      batch: (batch) => heard.batches.push(batch),
      process: () => undefined,
      loss: () => undefined,
      detached: (probes, reason) =>
        heard.log.push(`detached ${probes.map(({ id }) => id).join(',')}: ${reason}`),
      reattached: (probes) => heard.log.push(`reattached ${probes.map(({ id }) => id).join(',')}`),
    },
  );
  running = supervisor;
  return { supervisor, ...heard };
};

const lives = (...list: FakeLife[]) => ({
  file: join(mkdtempSync(join(tmpdir(), 'supervisor-')), 'lives'),
  lives: list,
});

describe('attaching', () => {
  it('leaves out the probe that bpftrace refuses, and tries the others again', async () => {
    const stderr = 'stdin:6:1-3: ERROR: nothing here\n';
    const { supervisor, asked } = start((ids) => (ids.includes('kswapd') ? { refuse: 1, stderr } : {}));
    await supervisor.attach();
    expect(asked).toEqual(['iomap,kswapd', 'iomap']);
    expect(supervisor.probes().map(({ id, state }) => [id, state])).toEqual([
      ['iomap', 'attached'],
      ['kswapd', 'refused'],
      ['python', 'refused'],
    ]);
    expect(supervisor.probes()[1]?.reason).toContain('nothing here');
  });

  it('fails with the error of the last one', async () => {
    const { supervisor } = start((ids) => {
      const line = ids.includes('kswapd') ? 6 : 3;
      return { refuse: 1, stderr: `stdin:${line}:1-3: ERROR: nothing here\n` };
    });
    await expect(supervisor.attach()).rejects.toMatchObject({ code: 'E_PROBE_COMPILE', exit: 4 });
  });

  it('asks less of the kernel when what it refuses belongs to no probe, and tells when it cannot', async () => {
    let simple = false;
    const change = {
      simplify: () => {
        if (simple) return null;
        simple = true;
        return [{ id: 'iomap', variant: 'plainer', state: 'attached' as const }];
      },
    };
    const refusing = (): FakeLife => ({ refuse: 1, stderr: 'stdin:1:1-3: ERROR: no field\n' });
    const { supervisor, asked } = start(() => (simple ? {} : refusing()), change);
    await supervisor.attach();
    expect(asked).toHaveLength(2);
    expect(supervisor.probes()[0]?.variant).toBe('plainer');

    const second = start(refusing);
    await expect(second.supervisor.attach()).rejects.toMatchObject({ code: 'E_PROBE_COMPILE' });
  });

  it('stopped in the middle ends with an AbortError and no process', async () => {
    const { supervisor } = start(() => ({ notify: 'never' }));
    const attaching = supervisor.attach();
    await until(() => supervisor.tracerPid() !== null);
    const pid = supervisor.tracerPid() ?? 0;
    setTimeout(() => void supervisor.stop(), 200);
    await expect(attaching).rejects.toMatchObject({ name: 'AbortError' });
    expect(isGroupAlive(pid)).toBe(false);
  });

  it('passes on no maps from before every probe was attached', async () => {
    const early = [
      '{"type": "printf", "data": "tick $NS\\n"}',
      map('@n', { 7: 99 }),
      '{"type": "printf", "data": "tock\\n"}',
    ];
    const { supervisor, batches } = start(() => ({
      early,
      attachMs: 200,
      ticks: [{ maps: [map('@n', { 7: 100 })] }],
    }));
    await supervisor.attach();
    await until(() => batches.length > 0);
    expect([...(batches[0]?.counters.values() ?? [])]).toEqual([[[7, 100]]]);
  });
});

describe('a tracer that dies', () => {
  it('is told as detached with the reason, started again, and told as attached', async () => {
    const plan = lives({ dieAfter: 2, stderr: 'out of something\n' }, {});
    const { supervisor, log, batches } = start(() => plan);
    await supervisor.attach();
    const first = supervisor.tracerPid();
    await until(() => log.some((line) => line.startsWith('reattached')), 8_000);
    expect(supervisor.tracerPid()).not.toBe(first);
    const events = log.filter((line) => !line.startsWith('status attaching'));
    expect(events[0]).toMatch(
      /^detached iomap,kswapd: bpftrace ended: killed by SIGSEGV \(.*out of something/,
    );
    expect(events[1]).toMatch(/starting it again in 1 s$/);
    expect(events[2]).toBe('reattached iomap,kswapd');
    const seen = batches.length;
    await until(() => batches.length > seen);
  });

  it('waits longer before the second try', async () => {
    const refused: FakeLife = { refuse: 1, stderr: 'stdin:1:1-3: ERROR: not now\n' };
    const plan = lives({ dieAfter: 1 }, refused, {});
    const { supervisor, log } = start(() => plan);
    await supervisor.attach();
    await until(() => log.some((line) => line.endsWith('in 2 s')), 8_000);
    expect(log.filter((line) => line.includes('starting it again')).map((line) => line.slice(-4))).toEqual(
      ['1 s', '2 s'].map((text) => ` ${text}`),
    );
  });

  it('is not started again after stop', async () => {
    const plan = lives({ dieAfter: 1 }, {});
    const { supervisor, log, asked } = start(() => plan);
    await supervisor.attach();
    await until(() => log.some((line) => line.startsWith('detached')));
    await supervisor.stop();
    await new Promise((resolve) => setTimeout(resolve, 1_300));
    expect(asked).toHaveLength(1);
    expect(supervisor.tracerPid()).toBeNull();
  });
});

describe('replacing the tracer', () => {
  it('delivers what it counted to its end, and goes on with the probes as they are now', async () => {
    const { supervisor, asked, batches, log } = start(() => ({ end: [map('@n', { 7: 5 })] }));
    await supervisor.attach();
    const before = supervisor.tracerPid();
    const changed: ProbeInUse = { id: 'kswapd', variant: null, state: 'detached', reason: 'over the budget' };
    await supervisor.replace([changed], 'over the budget');
    expect(batches.filter(({ final }) => final)).toHaveLength(1);
    expect(asked).toEqual(['iomap,kswapd', 'iomap']);
    expect(supervisor.tracerPid()).not.toBe(before);
    expect(isGroupAlive(before ?? 0)).toBe(false);
    expect(supervisor.probes()[1]).toEqual(changed);
    expect(log.filter((text) => !text.startsWith('status'))).toEqual([
      'detached : over the budget',
      'reattached iomap',
    ]);
  });

  it('runs none when no probe is left, and one again when one is back', async () => {
    const { supervisor, asked } = start(() => ({}), {
      probes: [{ id: 'iomap', variant: 'tracepoint', state: 'attached' }],
    });
    await supervisor.attach();
    await supervisor.replace([{ id: 'iomap', variant: null, state: 'detached' }], 'over the budget');
    expect(supervisor.tracerPid()).toBeNull();
    expect(supervisor.script()).toBeNull();
    await supervisor.replace([{ id: 'iomap', variant: 'seeks', state: 'attached' }], 'back');
    expect(supervisor.tracerPid()).not.toBeNull();
    expect(asked).toEqual(['iomap', 'iomap']);
  });

  it('can be stopped in the middle, and leaves nothing', async () => {
    const { supervisor } = start((ids) => (ids.length === 1 ? { attachMs: 60_000 } : {}));
    await supervisor.attach();
    const before = supervisor.tracerPid() ?? 0;
    const replaced = supervisor.replace(
      [{ id: 'kswapd', variant: null, state: 'detached' }],
      'over the budget',
    );
    await until(() => supervisor.tracerPid() !== null && supervisor.tracerPid() !== before);
    const after = supervisor.tracerPid() ?? 0;
    await supervisor.stop();
    await replaced;
    expect([before, after].filter(isGroupAlive)).toEqual([]);
  });
});
