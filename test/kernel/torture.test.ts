/** Short parts of `npm run torture`: one signal at a random moment, or with time one for each command; half a minute of churn. */
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { describeWith, HAS_TIME, TRACING } from '../helpers/requires.ts';

const torture = (...words: readonly string[]) =>
  execa(process.execPath, ['scripts/torture.mjs', ...words], { reject: false });

const passed = (stdout: string): number => stdout.split('\n').filter((line) => line.endsWith(' ok')).length;

describeWith(TRACING, 'signals at random moments', () => {
  it('end every command in order, with nothing left behind', async () => {
    const runs = ['signals', '--runs', HAS_TIME ? '4' : '1', '--seed', '7'];
    const { exitCode, stdout, stderr } = await torture(...runs);
    expect(exitCode, `${stdout}${stderr}`).toBe(0);
    expect(passed(stdout)).toBe(4);
  }, 180_000);
});

describeWith([...TRACING, 'cc'], '500 short processes a second', () => {
  it('are counted as is said, by a tracer that goes on, in bounded memory of record and live', async () => {
    // By name: what strangers do meanwhile is not theirs.
    const runs = ['churn', '--rate', '500', '--seconds', '30', '--screens', '80x24', '--comm', '--vfork'];
    const { exitCode, stdout, stderr } = await torture(...runs);
    expect(exitCode, `${stdout}${stderr}`).toBe(0);
    expect(passed(stdout)).toBe(3);
  }, 180_000);
});
