/**
 * The part of the honesty trial that runs in CI: real recordings beside independent witnesses (test/honest). What this
 * host does not offer is skipped there, case by case, with its reason; a number reported as exact that is not fails. Where
 * there is no time for all of it, it is the probe that everything began with.
 */
import { resolve } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { describeWith, HAS_TIME, TRACING } from '../helpers/requires.ts';

const LIMIT_MS = 600_000;
const CASES = HAS_TIME ? [] : ['--case', 'iomap'];

describeWith([...TRACING, 'cc'], 'the honesty trial', () => {
  it(
    'finds no number that is reported as more than it is',
    async () => {
      const { exitCode, stdout, stderr } = await execa(
        process.execPath,
        [resolve('test/honest/run.mjs'), '--part', 'ci', ...CASES],
        { stdin: 'ignore', reject: false, timeout: LIMIT_MS, forceKillAfterDelay: 10_000 },
      );
      expect(exitCode, `${stdout}\n${stderr}`).toBe(0);
    },
    LIMIT_MS,
  );
});
