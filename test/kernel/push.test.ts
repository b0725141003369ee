/** A bpftrace of the user's on another host: copied, run from a private directory, and removed in every end. */
import {
  copyFileSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { familyOf, gone, remainsOf, tracersIn } from '../helpers/remains.ts';
import { describeWith, TRACING } from '../helpers/requires.ts';
import { type Sshd, startSshd } from '../helpers/sshd.ts';
import { READY, type RunningTool, runTool, startTool, summaryOf } from '../helpers/tool.ts';
import { waitUntil } from '../helpers/until.ts';

/** That they are gone in time is what remote.test.ts holds. */
const GONE_MS = 30_000;
const PLACES = ['/tmp', '/var/tmp', '/run', '/dev/shm'];

let dir: string;
let copy: string;
let sshd: Sshd;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'stallscope-pushing-'));
  copy = join(dir, 'my-bpftrace');
  copyFileSync('/usr/bin/bpftrace', copy);
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));
beforeEach(async () => {
  sshd = await startSshd();
});
afterEach(() => sshd.close());

/** Directories of those readers. */
const pushedBy = (pids: Iterable<number>): readonly string[] => {
  const names = new Set([...pids].map(String));
  return PLACES.flatMap((place) =>
    readdirSync(place)
      .filter((name) => name.startsWith('stallscope-push.') && names.has(name.split('.')[1] ?? ''))
      .map((name) => join(place, name)),
  );
};

/** Records with it, from when it counts on. */
const recording = async () => {
  const file = join(dir, 'pushed.ndjson');
  const tool = startTool(
    [
      'record',
      '--host',
      'target',
      '--push-bpftrace',
      copy,
      '--probe',
      'inode',
      '-i',
      '200ms',
      '--force',
      '-o',
      file,
    ],
    { env: sshd.env },
  );
  await tool.says(READY);
  await waitUntil(() => readFileSync(file, 'utf8').includes('{"type":"sample"'), 60_000, tool.stderr);
  const family = familyOf(sshd);
  const [tracer = -1] = tracersIn(family).keys();
  const [folder = ''] = pushedBy(family.keys());
  return { file, tool, family, tracer, folder };
};

const ENDS: readonly (readonly [string, (tool: RunningTool) => void])[] = [
  ['asked for', (tool) => tool.kill('SIGINT')],
  ['of a killed client', (tool) => tool.kill('SIGKILL')],
];

describeWith([...TRACING, 'ssh', 'sshd'], 'a bpftrace that is pushed', () => {
  it.each(ENDS)('is run from a private directory, and gone after the end %s', async (_, end) => {
    const { file, tool, family, tracer, folder } = await recording();
    expect(readlinkSync(`/proc/${tracer}/exe`)).toBe(join(folder, 'bpftrace'));
    const { mode, uid } = lstatSync(folder);
    expect([mode & 0o777, uid]).toEqual([0o700, process.getuid?.()]);
    end(tool);
    await gone(family, GONE_MS);
    await tool.ended;
    await waitUntil(
      () => pushedBy(family.keys()).length === 0,
      GONE_MS,
      () => pushedBy(family.keys()).join(),
    );
    expect((await summaryOf(file)).recording.samples).toBeGreaterThan(0);
  });

  it('is removed by the next connection where nobody was left to do it', async () => {
    const { tool, family, folder } = await recording();
    tool.kill('SIGKILL');
    for (const pid of family.keys()) process.kill(pid, 'SIGKILL');
    await waitUntil(
      () => remainsOf(family).length === 0,
      GONE_MS,
      () => remainsOf(family).join('\n'),
    );
    expect(pushedBy(family.keys())).toEqual([folder]);
    const { code, stdout, stderr } = await runTool(['doctor', '--host', 'target', '--push-bpftrace', copy], {
      env: sshd.env,
    });
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/ok +bpftrace +\/\S+\/stallscope-push\.\d+\.\w+\/bpftrace/);
    expect(pushedBy(family.keys())).toEqual([]);
  });

  it('is refused with the reason where it cannot run', async () => {
    const push = (file: string) =>
      runTool(['doctor', '--host', 'target', '--push-bpftrace', file], { env: sshd.env });
    const [text, image, strange, broken] = ['text', 'image', 'strange', 'broken'].map((name) =>
      join(dir, name),
    );
    const elf = (arch: number, type = '\0\0\0'): Buffer =>
      Buffer.concat([
        Buffer.from(`\x7fELF\x02\x01\x01\0${type}\0\0\0\0\0\x02\0`, 'latin1'),
        Buffer.from([arch, 0]),
      ]);
    writeFileSync(text ?? '', '#!/bin/sh\n');
    writeFileSync(image ?? '', elf(62, 'AI\x02'));
    writeFileSync(strange ?? '', elf(8));
    writeFileSync(broken ?? '', elf(process.arch === 'arm64' ? 183 : 62));
    mkdirSync(join(dir, 'folder'));
    for (const [file, code, why] of [
      [text, 2, /it is no executable for Linux/],
      [image, 2, /it is an AppImage/],
      [join(dir, 'folder'), 2, /it is no file/],
      [join(dir, 'none'), 2, /cannot be pushed: ENOENT/],
      [strange, 6, /is for unknown/],
    ] as const) {
      const end = await push(file ?? '');
      expect(end.stderr).toMatch(why);
      expect(end.code).toBe(code);
    }
    const end = await push(broken ?? '');
    expect(end.stdout).toMatch(/blocked +bpftrace .*printed no version/);
    expect(end.code).toBe(3);
    const alone = await runTool(['record', '--push-bpftrace', copy, '-o', join(dir, 'x')]);
    expect(alone.stderr).toContain('give --host too');
  });
});
