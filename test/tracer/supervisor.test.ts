import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ProbeInUse } from '../../src/core/record.ts';
import { failure } from '../../src/errors.ts';
import type { Batch } from '../../src/tracer/batches.ts';
import type { BesideOptions } from '../../src/tracer/beside.ts';
import type { Child } from '../../src/tracer/child.ts';
import { createSupervisor, type Supervisor } from '../../src/tracer/supervisor.ts';
import {
  ENVIRONMENT,
  FAKE_BPFTRACE,
  type FakeLife,
  isGroupAlive,
  LAUNCHER,
  line,
  map,
  scriptOf,
} from '../helpers/fake-tracer.ts';
import { until } from '../helpers/until.ts';

const PROBES: readonly ProbeInUse[] = [
  { id: 'iomap', variant: 'tracepoint', state: 'attached' },
  { id: 'kswapd', variant: 'tracepoint', state: 'attached' },
  { id: 'python', variant: null, state: 'refused', reason: 'no uprobes' },
];

let running: Supervisor | null = null;
afterEach(async () => {
  vi.useRealTimers();
  await running?.stop();
  running = null;
});

/** Time that the supervisor lets pass between tries passes when a test says so; that of processes goes on. */
const holdClock = (): void => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
};

const start = (
  planFor: (ids: readonly string[]) => FakeLife | { file: string; lives: FakeLife[] },
  change = {},
) => {
  const heard = { batches: [] as Batch[], log: [] as string[], asked: [] as string[] };
  const supervisor = createSupervisor(
    {
      launcher: LAUNCHER,
      bpftrace: FAKE_BPFTRACE,
      environment: ENVIRONMENT,
      unnamed: null,
      mapKeys: 64,
      attachTimeoutMs: 5_000,
      owner: '1:1',
      clock: { bootUs: () => 0 },
      probes: PROBES,
      assemble: (ids) => {
        heard.asked.push(ids.join(','));
        return scriptOf(planFor(ids));
      },
      simplify: () => null,
      beside: null,
      onStatus: (text) => heard.log.push(`status ${text}`),
      ...change,
    },
    {
      batch: (batch) => heard.batches.push(batch),
      process: (event) => heard.log.push(`process ${event.kind} ${event.pid}`),
      loss: () => undefined,
      leaving: () => heard.log.push('leaving'),
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

  it('tries by itself each that the complaint may be about, and leaves out the one that is refused alone', async () => {
    const stderr = 'ERROR: Error loading program: tracepoint:x:y (try -v)\n';
    const { supervisor, asked } = start((ids) => (ids.includes('kswapd') ? { refuse: 1, stderr } : {}), {
      assemble: (ids: readonly string[]) => {
        asked.push(ids.join(','));
        const plan = scriptOf(ids.includes('kswapd') ? { refuse: 1, stderr } : {});
        const clauses = ids.map(() => 'tracepoint:x:y').join('\n');
        return {
          ...plan,
          script: `${plan.script.split('\n')[0]}\n${clauses}\n`,
          ownerOfLine: (line: number) => ids[line - 2] ?? null,
        };
      },
    });
    await supervisor.attach();
    expect(asked).toEqual(['iomap,kswapd', 'iomap', 'kswapd', 'iomap']);
    expect(supervisor.probes().map(({ id, state }) => [id, state])).toContainEqual(['kswapd', 'refused']);
    expect(supervisor.probes()[1]?.reason).toContain('Error loading program');
  });

  it('fails with the error of the last one', async () => {
    const { supervisor } = start((ids) => {
      const line = ids.includes('kswapd') ? 6 : 3;
      return { refuse: 1, stderr: `stdin:${line}:1-3: ERROR: nothing here\n` };
    });
    await expect(supervisor.attach()).rejects.toMatchObject({ code: 'E_PROBE_COMPILE', exit: 4 });
  });

  it('asks less of the kernel when what it refuses belongs to no probe, and says when it cannot', async () => {
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
    void supervisor.stop();
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
  it('is reported as detached with the reason, started again, and reported as attached', async () => {
    holdClock();
    const plan = lives({ dieAfter: 2, stderr: 'out of something\n' }, {});
    const { supervisor, log, batches } = start(() => plan);
    await supervisor.attach();
    const first = supervisor.tracerPid();
    await until(() => log.some((line) => line.endsWith('in 1 s')));
    await vi.advanceTimersByTimeAsync(1_000);
    await until(() => log.some((line) => line.startsWith('reattached')));
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
    holdClock();
    const refused: FakeLife = { refuse: 1, stderr: 'stdin:1:1-3: ERROR: not now\n' };
    const plan = lives({ dieAfter: 1 }, refused, {});
    const { supervisor, log, asked } = start(() => plan);
    await supervisor.attach();
    await until(() => log.some((line) => line.endsWith('in 1 s')));
    await vi.advanceTimersByTimeAsync(999);
    expect(asked).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    await until(() => log.some((line) => line.endsWith('in 2 s')));
    await vi.advanceTimersByTimeAsync(1_999);
    expect(asked).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(1);
    await until(() => log.some((line) => line.startsWith('reattached')));
  });

  it('is not started again after stop', async () => {
    holdClock();
    const plan = lives({ dieAfter: 1 }, {});
    const { supervisor, log, asked } = start(() => plan);
    await supervisor.attach();
    await until(() => log.some((line) => line.endsWith('in 1 s')));
    await supervisor.stop();
    await vi.advanceTimersByTimeAsync(3_600_000);
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
      'leaving',
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

describe('replacing the tracer by one that is started beside it', () => {
  const letGo: ProbeInUse = { id: 'kswapd', variant: null, state: 'detached' };
  const besideOf = (
    hasPrograms: (pid: number) => boolean,
    hasRoom = true,
    prioritize: BesideOptions['prioritize'] = () => undefined,
  ) => ({
    beside: { hasRoom: () => hasRoom, hasPrograms, prioritize, niceness: () => 0 },
  });
  const ticking = (value: number): FakeLife => ({
    ticks: [{ maps: [map('@n', { 7: value })] }],
    end: [map('@n', { 7: value + 1 })],
  });
  const valuesOf = (batches: readonly Batch[]) =>
    batches.map(({ counters }) => counters.get('iomap.iter')?.[0]?.[1]);

  it('takes the maps of the old one until the new one may have counted, and then none but the new one’s', async () => {
    let isCounting = false;
    const { supervisor, batches, log } = start(
      (ids) => (ids.length === 2 ? ticking(5) : { ...ticking(9), attachMs: 400 }),
      besideOf(() => isCounting),
    );
    await supervisor.attach();
    const before = supervisor.tracerPid() ?? 0;
    const replaced = supervisor.replace([letGo], 'over the budget');
    // Nobody is to judge what is on its way out.
    await until(() => supervisor.tracerPid() === null);
    expect(supervisor.script()).toBeNull();
    const seen = batches.length;
    await until(() => batches.length > seen + 2);
    isCounting = true;
    const taken = batches.length;
    await replaced;
    expect(batches.length).toBeLessThanOrEqual(taken);
    await until(() => valuesOf(batches).includes(9) && !isGroupAlive(before));
    const values = valuesOf(batches);
    expect(new Set(values)).toEqual(new Set([5, 9]));
    expect(values.lastIndexOf(5)).toBeLessThan(values.indexOf(9));
    expect(supervisor.probes()[1]).toEqual(letGo);
    expect(log.filter((text) => !text.startsWith('status'))).toEqual([
      'detached : over the budget',
      'reattached iomap',
    ]);
  });

  it('reports of the processes that the new one saw end once it counts', async () => {
    const early = [line('exit 31 $NS 0 short')];
    const { supervisor, log } = start(
      (ids) => (ids.length === 2 ? {} : { early, attachMs: 100 }),
      besideOf(() => true),
    );
    await supervisor.attach();
    await supervisor.replace([letGo], 'over the budget');
    expect(log.filter((text) => !text.startsWith('status'))).toEqual([
      'detached : over the budget',
      'reattached iomap',
      'process exit 31',
    ]);
  });

  it('lets it come before others until it counts', async () => {
    const priorities: [number, number][] = [];
    const { supervisor } = start(
      () => ({}),
      besideOf(
        () => true,
        true,
        (pid, niceness) => priorities.push([pid, niceness]),
      ),
    );
    await supervisor.attach();
    expect(priorities).toEqual([]);
    await supervisor.replace([letGo], 'over the budget');
    const pid = supervisor.tracerPid();
    expect(priorities).toEqual([
      [pid, -10],
      [pid, 0],
    ]);
  });

  it('falls back to one after the other when the new one is refused, and where there is no room for two', async () => {
    const refusing: FakeLife = { refuse: 1, stderr: 'stdin:1:1-3: ERROR: not now\n' };
    for (const [second, hasRoom] of [
      [refusing, true],
      [{}, false],
    ] as const) {
      const plan = hasRoom ? lives(ticking(5), second, ticking(9)) : lives(ticking(5), ticking(9));
      const { supervisor, batches, log } = start(
        () => plan,
        besideOf(() => true, hasRoom),
      );
      await supervisor.attach();
      await supervisor.replace([letGo], 'over the budget');
      expect(batches.filter(({ final }) => final).length).toBe(1);
      expect(log.filter((text) => !text.startsWith('status'))).toEqual([
        'leaving',
        'detached : over the budget',
        'reattached iomap',
      ]);
      await supervisor.stop();
    }
  });

  it('tries again where the new one cannot even be made', async () => {
    holdClock();
    let isBroken = false;
    const { supervisor, log } = start(() => ({}), {
      ...besideOf(() => true),
      assemble: () => {
        if (isBroken) throw new Error('nothing can be read');
        return scriptOf({});
      },
    });
    await supervisor.attach();
    isBroken = true;
    await supervisor.replace([letGo], 'over the budget');
    expect(log.at(-1)).toBe('status nothing can be read; starting it again in 1 s');
    isBroken = false;
    await vi.advanceTimersByTimeAsync(1_000);
    await until(() => log.at(-1) === 'reattached iomap');
  });

  it('can be stopped in the middle: the old one has the last word, and nothing is left', async () => {
    const { supervisor, batches } = start(
      (ids) => (ids.length === 2 ? ticking(5) : { ...ticking(9), attachMs: 60_000 }),
      besideOf(() => true),
    );
    await supervisor.attach();
    const before = supervisor.tracerPid() ?? 0;
    const replaced = supervisor.replace([letGo], 'over the budget');
    await until(() => supervisor.tracerPid() === null);
    await supervisor.stop();
    await replaced;
    expect(isGroupAlive(before)).toBe(false);
    expect(valuesOf(batches).at(-1)).toBe(6);
    expect(supervisor.tracerPid()).toBeNull();
  });
});

describe('a host that is not reached', () => {
  const unreachable = failure('E_SSH', { host: 'db7', why: 'Connection refused' });
  /** As one that is to be started where nobody answers. */
  const notStarted = (): Child => {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    stdout.end();
    stderr.end();
    const ended = Promise.resolve({
      code: null,
      signal: null,
      stoppedWith: null,
      how: unreachable.message,
      lost: unreachable,
    });
    return { pid: -1, ids: () => ({ tracer: -1, self: -1 }), stdout, stderr, ended, stop: () => ended };
  };

  it('says nothing of the script: nothing is left out of it, and it is not tried again at once', async () => {
    const simplified: string[] = [];
    const { supervisor, asked } = start(() => ({}), {
      start: notStarted,
      simplify: () => {
        simplified.push('simpler');
        return [];
      },
    });
    await expect(supervisor.attach()).rejects.toBe(unreachable);
    expect({ asked, simplified }).toEqual({ asked: ['iomap,kswapd'], simplified: [] });
    expect(supervisor.probes().map(({ state }) => state)).toEqual(['attached', 'attached', 'refused']);
  });
});
