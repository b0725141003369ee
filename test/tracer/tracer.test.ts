import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { TracerScript } from '../../src/session/ports.ts';
import type { Batch } from '../../src/tracer/batches.ts';
import { startTracer, type Tracer } from '../../src/tracer/tracer.ts';
import type { ProcessEvent } from '../../src/wire/frame.ts';
import {
  ENVIRONMENT,
  FAKE_BPFTRACE,
  type FakePlan,
  isGroupAlive,
  LAUNCHER,
  line,
  map,
  scriptOf,
} from '../helpers/fake-tracer.ts';
import { forLong, HAS_TIME } from '../helpers/requires.ts';
import { until } from '../helpers/until.ts';

type Heard = {
  readonly tracer: Tracer;
  readonly batches: Batch[];
  readonly processes: ProcessEvent[];
  readonly losses: { kind: string; count: number; metric?: string; detail?: string }[];
};

const start = (plan: FakePlan, attachTimeoutMs = 10_000, change: Partial<TracerScript> = {}): Heard => {
  const heard = { batches: [] as Batch[], processes: [] as ProcessEvent[], losses: [] as Heard['losses'] };
  const tracer = startTracer({
    bpftrace: FAKE_BPFTRACE,
    launcher: LAUNCHER,
    environment: ENVIRONMENT,
    script: scriptOf(plan, change),
    mapKeys: 64,
    attachTimeoutMs,
    owner: '1:1',
    clock: { bootUs: () => 0 },
    events: {
      batch: (batch) => heard.batches.push(batch),
      process: (event) => heard.processes.push(event),
      loss: (kind, count, detail) => heard.losses.push({ kind, count, ...detail }),
    },
  });
  return { tracer, ...heard };
};

/** Runs until `ticks` batches came, then stops. */
const run = async (plan: FakePlan, ticks = 1, patienceMs = 15_000): Promise<Heard> => {
  const heard = start(plan);
  expect((await heard.tracer.ready).kind).toBe('ready');
  await until(() => heard.batches.length >= ticks, patienceMs);
  await heard.tracer.stop();
  await heard.tracer.ended;
  return heard;
};

const countsOf = (batch: Batch | undefined): unknown => Object.fromEntries(batch?.counters ?? []);

describe('readiness', () => {
  it.each(['stderr', 'stdout'] as const)(
    'is what bpftrace says on %s after the last attach',
    async (notify) => {
      const { tracer, losses } = start({ notify, attachMs: 300 });
      const readiness = await tracer.ready;
      expect(readiness.kind === 'ready' && readiness.attachMs).toBeGreaterThan(290);
      expect(losses).toEqual([]);
      await tracer.stop();
    },
  );

  it('that does not come in time is a refusal, and nothing is left running', async () => {
    const { tracer } = start({ notify: 'never' }, 400);
    const readiness = await tracer.ready;
    expect(readiness).toMatchObject({ kind: 'refused', probe: null, error: { code: 'E_TRACER_TIMEOUT' } });
    await tracer.ended;
    expect(isGroupAlive(tracer.pid)).toBe(false);
  });

  it('with fewer probes than asked for is a refusal that names the one that is missing', async () => {
    const stderr = 'stdin:4-5: WARNING: tracepoint not found: vmscan:mm_vmscan_wakeup_kswapd\n';
    const { tracer } = start({ probes: 1, stderr });
    expect(await tracer.ready).toMatchObject({
      kind: 'refused',
      probe: 'kswapd',
      error: { code: 'E_PROBE_ATTACH' },
    });
    await tracer.ended;
  });

  it('with fewer probes is a refusal too when their number is read after the ready sign', async () => {
    const stderr = 'stdin:4-5: WARNING: tracepoint not found: vmscan:mm_vmscan_wakeup_kswapd\n';
    const { tracer } = start({ probes: 1, stderr, attachedLateMs: 60 });
    expect(await tracer.ready).toMatchObject({ kind: 'refused', probe: 'kswapd' });
    await tracer.ended;
  });

  it('stopped while attaching is reported as stopped', async () => {
    const { tracer } = start({ notify: 'never' });
    void tracer.stop();
    expect(await tracer.ready).toEqual({ kind: 'stopped' });
  });

  it('stopped while it attaches and hears nothing, is ended soon: nothing it counted can be lost', async () => {
    const up = join(mkdtempSync(join(tmpdir(), 'tracer-')), 'up');
    const { tracer } = start({ notify: 'never', ignore: ['SIGINT'], up });
    await until(() => existsSync(up));
    void tracer.stop();
    expect(await tracer.ready).toEqual({ kind: 'stopped' });
    expect(await tracer.ended).toMatchObject({ stoppedWith: 'SIGTERM' });
  });

  it('waits for the last counts of one with many events, which it drops one after the other', async () => {
    // Longer than one that has not counted yet is given, and where there is time than one with few events.
    const letGoMs = HAS_TIME ? 10_400 : 2_100;
    const plan = { probes: 100, letGoMs, end: [map('@n', { 7: 1 })] };
    const { tracer, batches } = start(plan, 10_000, { attachPoints: 100 });
    await tracer.ready;
    expect(await tracer.stop()).toMatchObject({ stoppedWith: 'SIGINT' });
    expect(batches.at(-1)).toMatchObject({ final: true });
  }, 30_000);

  it('after an attach error is a refusal with its lines', async () => {
    const stderr = "ERROR: Error attaching probe: 'tracepoint:vmscan:mm_vmscan_wakeup_kswapd'\n";
    const { tracer } = start({ stderr, refuseLate: 255 });
    expect(await tracer.ready).toMatchObject({
      kind: 'refused',
      probe: 'kswapd',
      error: { code: 'E_PROBE_ATTACH' },
    });
  });

  it('of a bpftrace that is not there is a refusal, not a crash', async () => {
    const script = scriptOf({});
    const events = { batch: () => undefined, process: () => undefined, loss: () => undefined };
    const bpftrace = { path: '/nonexistent/bpftrace', version: '0.17.0' };
    const tracer = startTracer({
      bpftrace,
      launcher: LAUNCHER,
      environment: ENVIRONMENT,
      script,
      mapKeys: 64,
      attachTimeoutMs: 5_000,
      owner: '',
      clock: { bootUs: () => 0 },
      events,
    });
    expect(await tracer.ready).toMatchObject({ kind: 'refused', probe: null });
  });
});

describe('batches', () => {
  it('hold what stands between tick and tock, and at the end everything after `end`', async () => {
    const { batches } = await run({
      ticks: [{ maps: [map('@n', { 7: 1 }), map('@by', { '7,2,0': 1 }), map('@frame_exits', 3)] }],
      end: [map('@n', { 7: 5, 8: 1 }), map('@by', {})],
    });
    expect(batches[0]).toMatchObject({ final: false, exits: 3 });
    expect(countsOf(batches[0])).toEqual({ 'iomap.iter': [[7, 1]], 'iomap.by_order': [[7, 2, 0, 1]] });
    expect(batches.filter(({ final }) => final)).toHaveLength(1);
    expect(batches.at(-1)).toMatchObject({ final: true, exits: 3 });
    expect(countsOf(batches.at(-1))).toEqual({
      'iomap.iter': [
        [7, 5],
        [8, 1],
      ],
      'iomap.by_order': [],
    });
    const times = batches.map(({ bootUs }) => bootUs);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });

  it('of the end are whole though a tick was still waiting in the buffer of another CPU', async () => {
    const { batches, losses } = await run({
      ticks: [{ maps: [map('@n', { 7: 1 })] }],
      end: [
        line('tick 99'),
        map('@n', { 7: 4 }),
        line('tock'),
        map('@n', { 7: 5 }),
        map('@by', { '7,2,0': 2 }),
      ],
    });
    expect(batches.filter(({ final }) => final)).toHaveLength(1);
    expect(batches.at(-1)?.final).toBe(true);
    expect(countsOf(batches.at(-1))).toEqual({ 'iomap.iter': [[7, 5]], 'iomap.by_order': [[7, 2, 0, 2]] });
    expect(losses).toEqual([]);
  });

  it('counts also where somebody else holds its output open', async () => {
    const { batches, losses } = await run({ grandchild: 'unreachable', end: [map('@n', { 7: 3 })] });
    expect(batches.at(-1)).toMatchObject({ final: true });
    expect(countsOf(batches.at(-1))).toEqual({ 'iomap.iter': [[7, 3]] });
    expect(losses).toEqual([]);
  });

  it('arrive whole however many lines the end has', async () => {
    const heard = await run({ end: [map('@n', { $ROUND: 1 })], endRounds: 5_000 });
    expect(heard.losses).toEqual([]);
    expect(countsOf(heard.batches.at(-1))).toEqual({ 'iomap.iter': [[4_999, 1]] });
  });

  it('a torn one is left out, the torn line counted', async () => {
    const { batches, losses } = await run({
      ticks: [{ maps: [map('@n', { 7: 1 })] }],
      end: null,
      tail: `${line('tick 99000')}\n${map('@n', { 7: 9 })}\n{"type": "map", "data": {"@by": {"7,`,
    });
    expect(batches.map(countsOf)).not.toContainEqual({ 'iomap.iter': [[7, 9]] });
    expect(losses).toEqual([{ kind: 'rejected-line', count: 1, detail: expect.stringContaining('"@by"') }]);
  });

  it('do not come from scratch maps, and maps nobody asked for are reported', async () => {
    const { losses } = await run({ ticks: [{ maps: [map('@start', { 7: 1 }), map('@stranger', 1)] }, {}] });
    expect(losses).toEqual([{ kind: 'unknown-message', count: 1, detail: '@stranger' }]);
  });
});

describe('everything else it prints is accounted for', () => {
  it('5,000 processes that exit within one interval', async () => {
    const { processes, losses } = await run({
      ticks: [{ between: [line('exit $ROUND $NS 20000000 short')] }, {}],
      betweenRounds: 5_000,
    });
    expect(processes.map(({ pid }) => pid)).toEqual(Array.from({ length: 5_000 }, (_, round) => round));
    expect(losses).toEqual([]);
  });

  it('a session that bpftrace 0.17 really printed, without a loss', async () => {
    const capture = fileURLToPath(
      new URL('../fixtures/captured/bpftrace-0.17/session.ndjson', import.meta.url),
    );
    const maps = new Set(readFileSync(capture, 'utf8').match(/@(?:inode|faults)_\w+/g));
    const bindings = [...maps].map((name) => ({ map: name, metric: name.slice(1), keyParts: 1 }));
    const { tracer, batches, processes, losses } = start({ capture, probes: 33 }, 10_000, { bindings });
    expect((await tracer.ready).kind).toBe('ready');
    expect(await tracer.ended).toMatchObject({ code: 0, stoppedWith: null });
    expect(losses).toEqual([]);
    expect(processes.map(({ kind }) => kind)).toEqual(Array.from({ length: 11 }, () => 'exit'));
    const last = batches.at(-1);
    expect(last).toMatchObject({ final: true, exits: 11 });
    const sum = (metric: string): number =>
      (last?.counters.get(metric) ?? []).reduce((total, entry) => total + (entry.at(-1) ?? 0), 0);
    // touch ×4, mv ×3, rm ×4.
    expect(['inode_create', 'inode_rename', 'inode_unlink'].map(sum)).toEqual([4, 3, 4]);
  });

  it('exits and forgets as events, in order', async () => {
    const { processes } = await run({
      ticks: [{ between: [line('exit 7 5000 20000000 a b'), line('forget 7 9000')], maps: [] }],
    });
    expect(processes).toEqual([
      { kind: 'exit', pid: 7, bootUs: 5, startMs: 20, comm: 'a b' },
      { kind: 'forget', pid: 7, bootUs: 9 },
    ]);
  });

  it.each([
    ['lost events', '{"type": "lost_events", "data": {"events": 183}}', { kind: 'lost-events', count: 183 }],
    [
      'a helper error',
      '{"type": "helper_error", "helper": "map_update_elem", "retcode": -7, "line": 1, "col": 54}',
      { kind: 'helper-error', count: 1, detail: 'map_update_elem: -7' },
    ],
    [
      'a runtime error',
      '{"type": "runtime_error", "msg": "Divide by 0", "filename": "stdin", "line": 3, "col": 7}',
      { kind: 'helper-error', count: 1, detail: 'Divide by 0' },
    ],
    [
      'an unknown type',
      '{"type": "hologram", "data": 1}',
      { kind: 'unknown-message', count: 1, detail: 'hologram' },
    ],
    [
      'a known type that is not ours',
      '{"type": "time", "data": "x"}',
      { kind: 'unknown-message', count: 1, detail: 'time' },
    ],
    [
      'a line that is not JSON',
      'Segmentation fault',
      { kind: 'rejected-line', count: 1, detail: expect.stringContaining('Segmentation fault') },
    ],
    ['text of a user', line('hello'), { kind: 'unknown-message', count: 1, detail: 'hello' }],
    [
      'an odd entry',
      map('@n', { 7: 1, bash: 2, 'a,b': 3 }),
      { kind: 'rejected-line', count: 2, metric: 'iomap.iter', detail: 'odd entries in @n' },
    ],
    [
      'a value beyond 2^53',
      map('@n', { 7: '9007199254740993' }),
      { kind: 'imprecise', count: 1, metric: 'iomap.iter' },
    ],
  ])('%s', async (_, text, expected) => {
    const { losses } = await run({ ticks: [{ maps: [text] }, {}] }, 2);
    expect(losses).toEqual([expected]);
  });

  it.skipIf(!HAS_TIME)(
    forLong('a line of 20 MB is skipped, counted, and what follows is read'),
    async () => {
      const plan = { ticks: [{ maps: ['$BIG', map('@n', { 7: 1 })] }, {}] };
      // Reading it takes 8 s of a CPU, which a busy machine does not have at once.
      const { losses, batches } = await run(plan, 2, 80_000);
      expect(losses).toEqual([{ kind: 'rejected-line', count: 1, detail: 'a line too long to hold' }]);
      expect(countsOf(batches[0])).toEqual({ 'iomap.iter': [[7, 1]] });
    },
    90_000,
  );

  it('its complaint when it dies is kept', async () => {
    const { tracer } = start({ dieAfter: 1, stderr: 'something went wrong\n' });
    expect((await tracer.ready).kind).toBe('ready');
    const end = await tracer.ended;
    expect(end).toMatchObject({ signal: 'SIGSEGV', stoppedWith: null });
    expect(end.complaint).toContain('something went wrong');
  });
});
