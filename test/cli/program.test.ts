/** The command line as a user meets it: the built program in a process of its own. */
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { headerOf, sampleOf } from '../helpers/stream.ts';

const LAUNCHER = fileURLToPath(new URL('../../bin/stallscope.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'program-'));
afterAll(() => rmSync(folder, { recursive: true }));

const stallscope = async (...args: string[]) => {
  const { exitCode, stdout, stderr } = await execa(process.execPath, [LAUNCHER, ...args], {
    cwd: folder,
    reject: false,
    stdin: 'ignore',
  });
  return { exitCode, stdout, stderr };
};

const refused = async (exit: number, args: readonly string[]): Promise<string> => {
  const { exitCode, stdout, stderr } = await stallscope(...args);
  expect({ exitCode, stdout }).toEqual({ exitCode: exit, stdout: '' });
  expect(stderr).toMatch(/^stallscope: /);
  expect(stderr).not.toMatch(/^ +at /m);
  // What happened, and at least one indented line of what to do.
  expect(stderr.split('\n').at(-1)).toMatch(/^ {2}\S/);
  return stderr;
};

beforeAll(() => {
  writeFileSync(join(folder, 'empty.ndjson'), '');
  writeFileSync(join(folder, 'notes.txt'), 'hello\n');
  writeFileSync(join(folder, 'newer.ndjson'), `${JSON.stringify({ ...headerOf(), version: 2 })}\n`);
  const whole = [
    headerOf(),
    sampleOf(0, { 'iomap.iter': [[7, 3]] }),
    sampleOf(1, { 'iomap.iter': [[7, 5]] }),
  ];
  writeFileSync(join(folder, 'whole.ndjson'), whole.map((record) => `${JSON.stringify(record)}\n`).join(''));
});

describe('what cannot be is refused with its status and the nearest that can', () => {
  it.each<[string, number, string[], RegExp]>([
    ['an unknown command', 2, ['recrod'], /There is no command "recrod"\. Did you mean "record"\?/],
    ['an unknown option', 2, ['live', '--ouput', 'x'], /--ouput.*--output/s],
    ['an unknown probe', 2, ['live', '--json', '--probe', 'iomapp'], /There is no probe "iomapp"\..*iomap/],
    ['an unknown probe to show', 2, ['probes', 'show', 'kswap'], /There is no probe "kswap"\..*kswapd/],
    ['a count that is none', 2, ['live', '--json', '--count', 'x'], /--count x cannot be used: .*NAME=KIND/],
    [
      'a count in a file that is not there',
      2,
      ['live', '--json', '--count', 'x=uprobe:/nowhere/at/all:f'],
      /\/nowhere\/at\/all cannot be counted in: there is no such file/,
    ],
    [
      'a count of a function that is not there',
      2,
      ['record', '-o', 'no', '--count', `x=uprobe:${process.execPath}:no_such_function`],
      /it has no function no_such_function \(/,
    ],
    [
      'an unknown variant',
      2,
      ['live', '--json', '--variant', 'faults=single-pag'],
      /The probe "faults" has no variant "single-pag"\. Did you mean "single-page"\?/,
    ],
    [
      'a variant of what is no probe',
      2,
      ['live', '--json', '--variant', 'fault=x'],
      /Did you mean "faults"\?/,
    ],
    ['no variant', 2, ['live', '--json', '--variant', 'faults'], /write it as PROBE=VARIANT/],
    [
      'two variants of one probe',
      2,
      ['live', '--json', '--variant', 'faults=tracepoint', '--variant', 'faults=single-page'],
      /one runs at a time/,
    ],
    [
      'a variant of a probe left out',
      2,
      ['live', '--json', '--probe', 'faults', '--variant', 'inode=tracepoint'],
      /that --probe leaves out/,
    ],
    ['a missing argument', 2, ['replay'], /file/],
    ['a missing option', 2, ['record'], /--output/],
    ['too many arguments', 2, ['summary', 'a', 'b'], /too many arguments/i],
    [
      'a duration without a unit',
      2,
      ['live', '-i', '5'],
      /"5" is not a duration for --interval: it has no unit/,
    ],
    ['a PID that is none', 2, ['live', '-p', 'self'], /"self" is not valid for -p/],
    ['a PID that is gone', 2, ['live', '--json', '-p', '4194304'], /There is no process 4194304/],
    [
      'a speed that is none',
      2,
      ['replay', 'whole.ndjson', '--speed', 'fast'],
      /"fast" is not valid for --speed/,
    ],
    [
      'a time that is none',
      2,
      ['replay', 'whole.ndjson', '--json', '--from', 'noon'],
      /"noon" is not a time/,
    ],
    ['no command after --', 2, ['live', '--'], /There is no command after --/],
    ['a command for what traces nothing', 2, ['summary', 'whole.ndjson', '--', 'ls'], /takes no command/],
    ['-p and a command', 2, ['live', '--json', '-p', '1', '--', 'true'], /exclude each other/],
    ['a missing recording', 5, ['summary', 'nowhere.ndjson'], /There is no file nowhere\.ndjson/],
    ['an empty recording', 5, ['summary', 'empty.ndjson'], /empty\.ndjson is empty/],
    ['a directory', 5, ['replay', '.'], /is a directory/],
    ['something else', 5, ['replay', 'notes.txt'], /not a stallscope recording: its first line is not JSON/],
    [
      'a newer recording',
      5,
      ['summary', '--json', 'newer.ndjson'],
      /format version 2; this stallscope reads up to 1/,
    ],
    ['an output that exists', 2, ['record', '-o', 'notes.txt'], /notes\.txt exists already \(6 bytes/],
    ['an output that cannot be', 2, ['record', '-o', 'nowhere/out'], /Cannot create nowhere\/out: ENOENT/],
  ])('%s', async (_, exit, args, message) => {
    const before = readdirSync(folder);
    expect(await refused(exit, args)).toMatch(message);
    expect(readdirSync(folder)).toEqual(before);
  });

  it('a refused session leaves no recording behind', async () => {
    await refused(2, ['record', '-o', 'new.ndjson', '--probe', 'iomapp']);
    expect(existsSync(join(folder, 'new.ndjson'))).toBe(false);
  });
});

describe('what needs nothing of the host', () => {
  it.each([['--version'], ['--help'], ['help'], ['record', '--help'], ['probes', 'show', '--help']])(
    '%s %s',
    async (...args) => {
      const { exitCode, stdout, stderr } = await stallscope(...args.filter((arg) => arg !== undefined));
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
      expect(stdout).not.toBe('');
    },
  );

  it('the help of every command has an example', async () => {
    const { stdout } = await stallscope('--help');
    const names = [...stdout.matchAll(/^ {2}([a-z]+)(?: \[options\]| <| \[| {2})/gm)].map(
      ([, name]) => name ?? '',
    );
    expect(names).toEqual(
      expect.arrayContaining(['live', 'record', 'replay', 'summary', 'probes', 'doctor', 'demo']),
    );
    const pages = await Promise.all(
      names
        .filter((name) => name !== 'help' && name !== 'stallscope')
        .map((name) => stallscope(name, '--help')),
    );
    for (const page of pages) expect(page.stdout).toContain('Examples:');
  });

  it('replay and summary of a recording print NDJSON and nothing on stderr', async () => {
    const replay = await stallscope('replay', '--json', 'whole.ndjson');
    expect(replay).toMatchObject({ exitCode: 0, stderr: '' });
    const lines = replay.stdout.split('\n').map((line) => JSON.parse(line) as { type?: string });
    expect(lines).toHaveLength(4);
    const summary = await stallscope('summary', '--json', 'whole.ndjson');
    expect(summary).toMatchObject({ exitCode: 0, stderr: '' });
    expect(JSON.parse(summary.stdout)).toMatchObject({
      format: 'stallscope-summary',
      version: 1,
      recording: { complete: false },
      pids: [{ pid: 7, metrics: { 'iomap.iter': 5 } }],
    });
  });
});
