/** Every way out of a session: nothing of ours goes on tracing, and what was recorded can be read. */
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWith, HAS_TIME, TRACING } from '../helpers/requires.ts';
import { runInTerminal } from '../helpers/screen.ts';
import { LAUNCHER, READY, runTool, startTool, summaryOf, tracersGone, tracersOf } from '../helpers/tool.ts';
import { until } from '../helpers/until.ts';

/** Each kind of moment once, and five times where there is time; the moments are the same, from the first on. */
const ROUNDS = HAS_TIME ? 20 : 4;
const SEED = 20_261_121;
const ATTACHING = 'stallscope: attaching';
const SAMPLE = '{"type":"sample"';
/**
 * The blow falls at a random moment after this was said or recorded, or after the start: before, while and after it attaches,
 * and while it counts.
 */
const BLOWS = [
  { moment: null, longestMs: 1_000 },
  { moment: READY, longestMs: 1_000 },
  { moment: ATTACHING, longestMs: 200 },
  { moment: SAMPLE, longestMs: 2_000 },
] as const;

describeWith(TRACING, 'ways out of a session', () => {
  let dir: string;
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'stallscope-endings-'));
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  it(`leaves no tracer and a readable file when it is killed, ${ROUNDS} times`, async () => {
    const random = randomFrom(SEED);
    let whileAttaching = 0;
    let whileCounting = 0;
    for (let round = 0; round < ROUNDS; round += 1) {
      const { moment, longestMs } = BLOWS[round % BLOWS.length] ?? BLOWS[0];
      const file = join(dir, `killed-${round}.ndjson`);
      const tool = startTool(['record', '--force', '--probe', 'iomap', '-i', '100ms', '-o', file]);
      const recorded = (): number => readFileSync(file, 'utf8').split(SAMPLE).length - 1;
      if (moment !== null) await tool.says(moment === SAMPLE ? READY : moment);
      // bpftrace is started a moment after that, and is soon through.
      if (moment === ATTACHING) await until(() => tracersOf(tool.pid).length > 0);
      if (moment === SAMPLE) await until(() => recorded() > 0);
      await delay(random() * longestMs);
      const ready = tool.stderr().includes(READY);
      if (!ready && tracersOf(tool.pid).length > 0) whileAttaching += 1;
      tool.kill('SIGKILL');
      expect(await tool.ended).toMatchObject({ signal: 'SIGKILL' });
      await tracersGone(tool.pid);
      if (!existsSync(file) || statSync(file).size === 0) {
        expect(tool.stderr(), 'what was said to be recorded is recorded').not.toContain(READY);
        continue;
      }
      whileCounting += 1;
      const { recording, losses } = await summaryOf(file);
      expect(recording).toMatchObject({ complete: false });
      expect(losses).toMatchObject({ rejectedLines: 0, lostEvents: 0 });
      // What was written is all there, but for a line that the blow has torn.
      expect(recorded() - recording.samples).toBeOneOf([0, 1]);
      if (moment === SAMPLE) expect(recording.samples).toBeGreaterThan(0);
    }
    expect(whileAttaching).toBeGreaterThanOrEqual(HAS_TIME ? 3 : 1);
    expect(whileCounting).toBeGreaterThanOrEqual(ROUNDS / 2);
  }, 180_000);

  it.each([
    ['SIGHUP', 129],
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGQUIT', 131],
  ] as const)('ends cleanly on %s, with status %d and a trailer', async (signal, status) => {
    const file = join(dir, `${signal}.ndjson`);
    const tool = startTool(['record', '--force', '--probe', 'iomap', '-i', '200ms', '-o', file]);
    await tool.says(READY);
    tool.kill(signal);
    expect((await tool.ended).code).toBe(status);
    expect(tracersOf(tool.pid)).toEqual([]);
    expect((await summaryOf(file)).recording).toMatchObject({ complete: true, endReason: signal });
  });

  it('leaves neither a tracer nor an empty file after Ctrl-C while it attaches', async () => {
    const file = join(dir, 'attaching.ndjson');
    // All probes: they take seconds to attach, in which the key has time to arrive.
    const args = [LAUNCHER, 'record', '--force', '-o', file];
    const screen = runInTerminal(process.execPath, args);
    try {
      await screen.waitFor('attaching');
      screen.press('\x03');
      expect((await screen.exited).code).toBe(130);
      expect(screen.screenText()).not.toContain('stallscope: recording');
      expect(tracersOf(screen.pid)).toEqual([]);
      expect(existsSync(file)).toBe(false);
    } finally {
      screen.close();
    }
  });

  it('ends with status 5 when its file is deleted', async () => {
    const file = join(dir, 'deleted.ndjson');
    const tool = startTool(['record', '--force', '--probe', 'iomap', '-i', '200ms', '-o', file]);
    await tool.says(READY);
    rmSync(file);
    expect((await tool.ended).code).toBe(5);
    expect(tool.stderr()).toContain('is not whole: recording stopped: its file was deleted');
    expect(tracersOf(tool.pid)).toEqual([]);
  });

  it('ends by itself when nobody reads its output any more', async () => {
    const piped = await runTool(['live', '--json', '--probe', 'iomap', '-i', '200ms'], {
      through: ['sh', '-c', READ_THREE_LINES, 'sh', process.execPath, LAUNCHER],
    });
    const lines = piped.stdout.trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { type: string }).type)).toEqual([
      ...['session', 'interval', 'interval'],
    ]);
    const [, tool] = /^tool (\d+)$/m.exec(piped.stderr) ?? [];
    expect(existsSync(`/proc/${tool}`)).toBe(false);
    expect(tracersOf(Number(tool))).toEqual([]);
  });
});

describeWith(TRACING, 'a command whose tracer can no longer print', () => {
  it.each([
    ['because its reader is gone', '{ "$@"; echo "status $?" >&2; } | head -1 >/dev/null'],
    ['because the disk is full', '"$@" >/dev/full; echo "status $?" >&2'],
  ])('goes on to its own end, %s', async (_name, script) => {
    const folder = mkdtempSync(join(tmpdir(), 'stallscope-endings-'));
    const gate = join(folder, 'gate');
    const command = ['sh', '-c', 'until [ -e "$0" ]; do sleep 0.1; done; echo to its end >&2; exit 7', gate];
    const tool = startTool(['live', '--json', '--probe', 'iomap', '-i', '100ms', '--', ...command], {
      through: ['sh', '-c', script, 'sh', process.execPath, LAUNCHER],
    });
    await tool.says('nothing can be printed any more; sh goes on');
    writeFileSync(gate, '');
    await tool.ended;
    expect(tool.stderr()).toMatch(/to its end\n[\s\S]*sh ended with status 7\nstatus 7\n$/);
    rmSync(folder, { recursive: true });
  });
});

/** Says the PID of what it runs, whose end it waits for. */
const READ_THREE_LINES = 'sh -c \'echo tool $$ >&2; exec "$@"\' sh "$@" | head -3';

/** mulberry32: the same moments in every run. */
const randomFrom = (seed: number): (() => number) => {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};
