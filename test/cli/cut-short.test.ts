/** What the machine does not grant has a status and a next step, and leaves what can be read. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { createRecorder } from '../../src/recording/write/recorder.ts';
import { root } from '../docs/sections.ts';
import { runHere } from '../helpers/command.ts';
import { headerOf, sampleOf } from '../helpers/stream.ts';
import { LAUNCHER } from '../helpers/tool.ts';

const folder = mkdtempSync(join(tmpdir(), 'cut-short-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = (name: string): string => join(folder, name);
const THRASH = join(root, 'examples/02-page-cache-thrash.ndjson.gz');

const limited = (limit: string, args: readonly string[]) =>
  spawnSync('sh', ['-c', `${limit}; exec "$@"`, 'sh', process.execPath, LAUNCHER, ...args], {
    encoding: 'utf8',
  });

it('a limit on the size of files ends a recording in order', async () => {
  const rows = Array.from(
    { length: 100_000 },
    (_, at) => `${1_700_000_000 + Math.floor(at / 1000)},m.a,${at},${at % 1000}`,
  );
  writeFileSync(path('in.csv'), `time,metric,value,pid\n${rows.join('\n')}\n`);
  const { status, stderr } = limited('ulimit -f 800', ['import', path('in.csv'), '-o', path('cut.ndjson')]);
  expect(status, stderr).toBe(5);
  expect(stderr).toContain('cut.ndjson is not whole: recording stopped: a file may have 409600 bytes here');
  const { exitCode, stdout } = await runHere('summary', path('cut.ndjson'), '--json');
  expect(exitCode).toBe(0);
  const { recording } = JSON.parse(stdout);
  expect(recording.samples).toBeGreaterThan(0);
  expect(recording.endReason).toMatch(/^recording stopped: a file may have/);
});

it('a recording whose file was deleted says so', async () => {
  const recorder = createRecorder({ path: path('deleted.ndjson'), overwrite: false, owner: null });
  recorder.begin(headerOf());
  recorder.write(sampleOf(0));
  rmSync(path('deleted.ndjson'));
  await recorder.end();
  expect(recorder.status().problem).toBe('recording stopped: its file was deleted');
});

it('without a folder for what comes through a pipe', () => {
  const { status, stderr } = spawnSync(process.execPath, [LAUNCHER, 'summary', '-'], {
    encoding: 'utf8',
    input: readFileSync(THRASH),
    env: { ...process.env, TMPDIR: path('nowhere') },
  });
  expect(status).toBe(3);
  expect(stderr).toMatch(
    /^stallscope: What comes from stdin cannot be kept in .*nowhere meanwhile: ENOENT\.\n {2}Name/,
  );
});

it.each([40, 64])('with %d descriptors it works, or says what it lacks', (descriptors) => {
  const { status, stderr } = limited(`ulimit -n ${descriptors}`, ['summary', THRASH]);
  if (status === 0) return;
  expect({ status, stderr }).toEqual({ status: 3, stderr: expect.stringContaining('ulimit -n 1024') });
  expect(stderr).not.toMatch(/^ +at /m);
});
