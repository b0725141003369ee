import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { openUnnamed } from '../../src/host/unnamed-file.ts';
import { type Child, startChild } from '../../src/tracer/child.ts';
import {
  ENVIRONMENT,
  FAKE_BPFTRACE,
  type FakeLife,
  isGroupAlive,
  LAUNCHER,
  map,
  scriptOf,
} from '../helpers/fake-tracer.ts';
import { built } from '../helpers/tool.ts';
import { until } from '../helpers/until.ts';

const PATIENCE = { intMs: 300, termMs: 300, killMs: 2_000 };

const start = (plan: FakeLife, patience = PATIENCE): { child: Child; text: () => string } => {
  const child = startChild({
    launcher: LAUNCHER,
    file: FAKE_BPFTRACE.path,
    args: ['-f', 'json', '-e', scriptOf(plan).script],
    env: ENVIRONMENT,
    patience,
  });
  return { child, text: collect(child) };
};

const collect = (child: Child): (() => string) => {
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString('utf8');
  });
  child.stderr.resume();
  return () => text;
};

const shell = (script: string): Child =>
  startChild({ launcher: LAUNCHER, file: '/bin/sh', args: ['-c', script], env: {}, patience: PATIENCE });

describe('an open file for a child', () => {
  it('is read by its descriptor, from its beginning, and has no name', async () => {
    await withTmpdir(mkdtempSync(join(tmpdir(), 'open-file-')), async (folder) => {
      const opened = openUnnamed(Buffer.from('types'));
      expect(opened).not.toBeNull();
      expect(readdirSync(folder)).toEqual([]);
      const child = startChild({
        ...{ launcher: LAUNCHER, file: '/bin/cat', args: ['/proc/self/fd/3'], env: {} },
        ...{ patience: PATIENCE, opened: opened?.descriptor ?? null },
      });
      opened?.close();
      const text = collect(child);
      expect(await child.ended).toMatchObject({ code: 0 });
      expect(text()).toBe('types');
      rmdirSync(folder);
    });
  });

  it('is none where there is no place for it', async () => {
    await withTmpdir('/nonexistent', async () => expect(openUnnamed(Buffer.from('types'))).toBeNull());
  });
});

const withTmpdir = async (folder: string, body: (folder: string) => Promise<void>): Promise<void> => {
  const before = process.env.TMPDIR;
  process.env.TMPDIR = folder;
  try {
    await body(folder);
  } finally {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
  }
};

describe('the environment of a child', () => {
  it('is what it is given, and nothing of ours', async () => {
    process.env.BPFTRACE_STRLEN = '6';
    const child = startChild({
      launcher: LAUNCHER,
      file: '/usr/bin/env',
      args: [],
      env: { PATH: '/bin' },
      patience: PATIENCE,
    });
    const text = collect(child);
    await child.ended;
    delete process.env.BPFTRACE_STRLEN;
    expect(text()).toBe('PATH=/bin\n');
  });
});

describe('the end of a child', () => {
  it('comes after the last byte of its output', async () => {
    const patience = { ...PATIENCE, intMs: 30_000 };
    const { child, text } = start({ end: [map('@n', { $ROUND: 1 })], endRounds: 5_000 }, patience);
    await until(() => text().includes('tock'));
    const { code, stoppedWith } = await child.stop();
    expect({ code, stoppedWith }).toEqual({ code: 0, stoppedWith: 'SIGINT' });
    expect(text().match(/"@n"/g)).toHaveLength(5_000);
    expect(text()).toContain('"4999":1');
  });

  it.each([
    ['exit 3', { code: 3, signal: null, how: 'exit status 3' }],
    ['kill -SEGV $$', { code: null, signal: 'SIGSEGV', how: 'killed by SIGSEGV' }],
  ])('is reported as it was: %s', async (script, expected) => {
    const child = shell(script);
    collect(child);
    expect(await child.ended).toMatchObject({ ...expected, stoppedWith: null });
  });

  it('of a file that is not there is reported too', async () => {
    const child = startChild({
      launcher: LAUNCHER,
      file: '/nonexistent/bpftrace',
      args: [],
      env: {},
      patience: PATIENCE,
    });
    collect(child);
    const end = await child.ended;
    expect(end.code).not.toBe(0);
    expect(end.stoppedWith).toBeNull();
    expect(await child.stop()).toEqual(end);
  });

  it('comes after the last byte of its output, however long we take to read it', async () => {
    const child = shell('head -c 200000 /dev/zero');
    let bytes = 0;
    child.stdout.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      // A sample of a busy machine, made while more waits in the pipe.
      const untilMs = performance.now() + 2_300;
      while (performance.now() < untilMs);
    });
    expect(await child.ended).toMatchObject({ code: 0 });
    expect(bytes).toBe(200_000);
  });

  it('does not wait for ever on a grandchild that holds its output, and leaves none behind', async () => {
    const child = shell('sleep 30 & exit 0');
    collect(child);
    const startedAtMs = performance.now();
    expect(await child.ended).toMatchObject({ code: 0, stoppedWith: null });
    expect(performance.now() - startedAtMs).toBeLessThan(20_000);
    await until(() => !isGroupAlive(child.pid));
  });
});

describe('stopping', () => {
  it.each([
    [[], 'SIGINT', 0],
    [['SIGINT'], 'SIGTERM', 0],
    [['SIGINT', 'SIGTERM'], 'SIGKILL', null],
  ] as const)('one that ignores %j takes %s', async (ignore, stoppedWith, code) => {
    const { child, text } = start({ ignore: [...ignore], end: [map('@n', { 7: 1 })] });
    await until(() => text().includes('tock'));
    expect(await child.stop()).toMatchObject({ stoppedWith, code });
    expect(text().includes('"@n"')).toBe(code === 0);
    expect(isGroupAlive(child.pid)).toBe(false);
  });

  it('ends its children with it', async () => {
    const { child, text } = start({ ignore: ['SIGINT', 'SIGTERM'], grandchild: 'ours' });
    await until(() => text().includes('tock'));
    await child.stop();
    await until(() => !isGroupAlive(child.pid));
  });

  it('twice is once', async () => {
    const { child, text } = start({});
    await until(() => text().includes('tock'));
    const first = child.stop();
    expect(child.stop()).toBe(first);
    await first;
  });
});

describe('a child and us', () => {
  it('has a session of its own, so that Ctrl-C of our terminal does not reach it', async () => {
    const { child, text } = start({});
    await until(() => text().includes('tock'));
    const stat = readFileSync(`/proc/${child.pid}/stat`, 'utf8');
    const [, , group, session] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    expect([group, session]).toEqual([String(child.pid), String(child.pid)]);
    await child.stop();
  });

  it('ends when we are killed', async () => {
    const parent = execa(
      process.execPath,
      [
        '--input-type=module',
        '-e',
        `const { startChild } = await import(${JSON.stringify(built('tracer/child.js'))});
         const child = startChild({ launcher: ${JSON.stringify(LAUNCHER)}, file: ${JSON.stringify(FAKE_BPFTRACE.path)}, args: ['-e', ${JSON.stringify(scriptOf({ tickMs: 3_600_000 }).script)}], env: ${JSON.stringify(ENVIRONMENT)} });
         child.stdout.once('data', () => console.log(child.pid));
         child.stderr.resume();`,
      ],
      { buffer: false, reject: false },
    );
    const [chunk] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = Number(chunk.toString());
    expect(isGroupAlive(pid)).toBe(true);
    parent.kill('SIGKILL');
    await until(() => !isGroupAlive(pid));
  });
});
