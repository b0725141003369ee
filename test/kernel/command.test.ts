/** The command after `--`, and the other ways to say what is counted. */
import { chmodSync, copyFileSync, existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeWith, TRACING } from '../helpers/requires.ts';
import {
  countsOf,
  expectNoLosses,
  LAUNCHER,
  READY,
  runTool,
  startTool,
  summaryOf,
  tracersOf,
} from '../helpers/tool.ts';
import { WORKLOADS } from '../helpers/workloads.ts';

const { fanOut, seekHoles } = WORKLOADS;
const NOBODY = 65_534;

describeWith([...TRACING, 'perl'], 'what is traced', () => {
  let dir: string;
  let target: string;
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'stallscope-command-'));
    target = join(dir, 'target');
    chmodSync(dir, 0o777);
    writeFileSync(target, 'x'.repeat(4096));
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));
  const newFile = (): string => join(mkdtempSync(join(dir, 'out-')), 'session.ndjson');
  const recordArgs = (file: string): string[] => [
    'record',
    '--force',
    '--probe',
    'iomap',
    '-i',
    '200ms',
    '-o',
    file,
  ];

  describe('the command', () => {
    it.each([
      ['ends with status 7', 'exit 7', 7, 'stallscope: sh ended with status 7\n'],
      ['is killed', 'kill -KILL $$', 137, 'stallscope: sh was killed by SIGKILL\n'],
    ])('%s, and so do we', async (_how, script, status, line) => {
      const end = await runTool([...recordArgs(newFile()), '--', 'sh', '-c', script]);
      expect(end.code).toBe(status);
      expect(end.stderr).toContain(line);
    });

    it('writes to our stdout and reads our arguments as they are', async () => {
      const words = ['$(id)', '"', "'", '--help', '-o', 'ä b'];
      const end = await runTool([...recordArgs(newFile()), '--', 'printf', '%s\\n', ...words]);
      expect(end.stdout).toBe(`${words.join('\n')}\n`);
      expect(end.code).toBe(0);
      expect(end.stderr).toContain('stallscope: printf ended\n');
    });

    it('has the environment that we were given, and nothing of what we add for ourselves', async () => {
      const through = ['env', '-i', 'A=b', `PATH=${process.env.PATH}`, process.execPath, LAUNCHER] as const;
      const end = await runTool([...recordArgs(newFile()), '--', 'sh', '-c', 'exec env'], {
        through: [...through],
      });
      const lines = end.stdout.split('\n').filter((line) => !/^(?:PWD|OLDPWD|SHLVL|_)=|^$/.test(line));
      expect(lines.sort()).toEqual(['A=b', `PATH=${process.env.PATH}`]);
    });

    it('that cannot run is refused before anything is attached', async () => {
      const file = newFile();
      const end = await runTool([...recordArgs(file), '--', '/etc/passwd']);
      expect(end.code).toBe(2);
      expect(end.stderr).toContain('it has no execute permission');
      expect(end.stderr).not.toContain('attaching');
      expect(existsSync(file)).toBe(false);
    });

    it.each([
      ['--listen', '192.0.2.1:9465', 3, 'EADDRNOTAVAIL'],
      ['--canary', '/nowhere', 3, 'ENOENT'],
    ])('is not waited for when tracing does not begin: %s %s', async (option, value, status, why) => {
      const file = newFile();
      const mark = join(dir, `ran${option}`);
      // Waiting for it would be for ever.
      const through = ['timeout', '--signal=KILL', '60', process.execPath, LAUNCHER] as const;
      const options = [...recordArgs(file), option, value, '--', 'touch', mark];
      const end = await runTool(options, { through: [...through] });
      expect(end).toMatchObject({ code: status, stderr: expect.stringContaining(why) });
      expect(existsSync(mark) || existsSync(file)).toBe(false);
    });

    it('runs as the user who called sudo, to whom the recording belongs', async () => {
      const file = newFile();
      const end = await runTool([...recordArgs(file), '--', 'sh', '-c', 'id -u; id -g'], {
        env: { SUDO_UID: String(NOBODY), SUDO_GID: String(NOBODY) },
      });
      expect(end, end.stderr).toMatchObject({ code: 0, stdout: `${NOBODY}\n${NOBODY}\n` });
      expect(statSync(file)).toMatchObject({ uid: NOBODY, gid: NOBODY });
      expect(statSync(file).mode & 0o777).toBe(0o600);
    });

    it('is counted with its descendants, and nobody else', async () => {
      const file = newFile();
      const stranger = execa('sh', ['-c', `while sleep 0.05; do perl ${seekHoles} ${target} 3; done`], {
        reject: false,
      });
      const end = await runTool([
        ...recordArgs(file),
        '--',
        fanOut,
        '3',
        'sh',
        '-c',
        `perl ${seekHoles} ${target} 5`,
      ]);
      stranger.kill();
      await stranger;
      expect(end.code).toBe(0);
      const summary = await summaryOf(file);
      expect(countsOf(summary, 'iomap.seek_hole')).toEqual([5, 5, 5]);
      expectNoLosses(summary);
    });
  });

  describe('a selection', () => {
    /** Records while these run, from after the last attach until they have ended. */
    const recordWhile = async (selectors: readonly string[], work: () => Promise<unknown>) => {
      const file = newFile();
      const tool = startTool([...recordArgs(file), ...selectors]);
      await tool.says(READY);
      await work();
      tool.kill('SIGINT');
      expect((await tool.ended).code).toBe(130);
      return summaryOf(file);
    };

    it('of a PID counts that process alone', async () => {
      const waiting = execa('sh', ['-c', 'read line; exec perl "$@"', 'sh', seekHoles, target, '17'], {
        stdin: 'pipe',
      });
      const summary = await recordWhile(['-p', String(waiting.pid)], async () => {
        await execa('perl', [seekHoles, target, '30']);
        waiting.stdin.end('go\n');
        await waiting;
      });
      expect(countsOf(summary, 'iomap.seek_hole')).toEqual([17]);
      expect(summary.pids.map(({ pid, comm }) => [pid, comm])).toEqual([[waiting.pid, 'perl']]);
      expectNoLosses(summary);
    });

    it('of a name counts processes of that name, however short they live', async () => {
      const mirror = join(dir, 'mirror-job');
      copyFileSync('/usr/bin/perl', mirror);
      const summary = await recordWhile(['--comm', 'mirror-*'], async () => {
        for (let round = 0; round < 5; round += 1) {
          await execa(mirror, [seekHoles, target, '9']);
          await execa('perl', [seekHoles, target, '4']);
        }
      });
      expect(summary.pids.map(({ comm }) => comm)).toEqual(Array.from({ length: 5 }, () => 'mirror-job'));
      expect(countsOf(summary, 'iomap.seek_hole')).toEqual([9, 9, 9, 9, 9]);
      expectNoLosses(summary);
    });

    it('of a PID that is gone is refused', async () => {
      const gone = execa('true');
      await gone;
      const tool = startTool([...recordArgs(newFile()), '-p', String(gone.pid)]);
      const end = await tool.ended;
      expect(end.code).toBe(2);
      expect(end.stderr).toContain(`There is no process ${gone.pid}`);
      expect(tracersOf(tool.pid)).toEqual([]);
    });
  });
});
