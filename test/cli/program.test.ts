/** The command line as a user meets it; what a script reads of it, from the built program in a process of its own. */
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Reported, runHere } from '../helpers/command.ts';
import { headerOf, sampleOf } from '../helpers/stream.ts';
import { LAUNCHER } from '../helpers/tool.ts';

const home = process.cwd();
const folder = mkdtempSync(join(tmpdir(), 'program-'));
afterAll(() => {
  process.chdir(home);
  rmSync(folder, { recursive: true });
});

const inProcess = async (...args: string[]): Promise<Reported> => {
  const { exitCode, stdout, stderr } = await execa(process.execPath, [LAUNCHER, ...args], {
    cwd: folder,
    reject: false,
    stdin: 'ignore',
  });
  return { exitCode: exitCode ?? -1, stdout, stderr };
};

const refused = async (
  exit: number,
  args: readonly string[],
  stallscope: (...args: string[]) => Promise<Reported> = runHere,
): Promise<string> => {
  const { exitCode, stdout, stderr } = await stallscope(...args);
  expect({ exitCode, stdout }).toEqual({ exitCode: exit, stdout: '' });
  expect(stderr).toMatch(/^stallscope: /);
  expect(stderr).not.toMatch(/^ +at /m);
  // What happened, and at least one indented line of what to do.
  expect(stderr.split('\n').at(-1)).toMatch(/^ {2}\S/);
  return stderr;
};

beforeAll(() => {
  process.chdir(folder);
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
      /\/nowhere\/at\/all cannot be probed: there is no such file/,
    ],
    [
      'a count of a function that is not there',
      2,
      ['record', '-o', 'no', '--count', 'x=uprobe:/bin/sh:no_such_function'],
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
      /"5" is not a duration for --interval: the unit is missing/,
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
    ['an output that exists', 2, ['record', '-o', 'notes.txt'], /notes\.txt already exists \(6 bytes/],
    ['an output that cannot be', 2, ['record', '-o', 'nowhere/out'], /Cannot create nowhere\/out: ENOENT/],
  ])('%s', async (_, exit, args, message) => {
    const before = readdirSync(folder);
    expect(await refused(exit, args)).toMatch(message);
    expect(readdirSync(folder)).toEqual(before);
  });

  it('and a script that ran the program gets the status', async () => {
    expect(await refused(2, ['recrod'], inProcess)).toContain('Did you mean "record"?');
    expect(await refused(5, ['summary', 'nowhere.ndjson'], inProcess)).toContain('There is no file');
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
      const { exitCode, stdout, stderr } = await runHere(...args.filter((arg) => arg !== undefined));
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
      expect(stdout).not.toBe('');
    },
  );

  it('the help of every command has an example', async () => {
    const { stdout } = await runHere('--help');
    const names = [...stdout.matchAll(/^ {2}([a-z]+)(?: \[options\]| <| \[| {2})/gm)].map(
      ([, name]) => name ?? '',
    );
    expect(names).toEqual(
      expect.arrayContaining(['live', 'record', 'replay', 'summary', 'probes', 'doctor', 'demo']),
    );
    const pages = await Promise.all(
      names.filter((name) => name !== 'help' && name !== 'stallscope').map((name) => runHere(name, '--help')),
    );
    for (const page of pages) expect(page.stdout).toContain('Examples:');
  });

  it('replay and summary of a recording print NDJSON and nothing on stderr', async () => {
    const replay = await inProcess('replay', '--json', 'whole.ndjson');
    expect(replay).toMatchObject({ exitCode: 0, stderr: '' });
    const lines = replay.stdout.split('\n').map((line) => JSON.parse(line) as { type?: string });
    expect(lines).toHaveLength(4);
    const summary = await inProcess('summary', '--json', 'whole.ndjson');
    expect(summary).toMatchObject({ exitCode: 0, stderr: '' });
    expect(JSON.parse(summary.stdout)).toMatchObject({
      format: 'stallscope-summary',
      version: 1,
      recording: { complete: false },
      pids: [{ pid: 7, metrics: { 'iomap.iter': 5 } }],
    });
  });
});
