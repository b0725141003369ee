/** A short part of `npm run torture`: one signal at a random moment, or with time one for each command. */
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { describeWith, HAS_TIME, TRACING } from '../helpers/requires.ts';

describeWith(TRACING, 'signals at random moments', () => {
  it('end every command in order, with nothing left behind', async () => {
    const runs = ['scripts/torture.mjs', 'signals', '--runs', HAS_TIME ? '4' : '1', '--seed', '7'];
    const { exitCode, stdout, stderr } = await execa(process.execPath, runs, { reject: false });
    expect(exitCode, `${stdout}${stderr}`).toBe(0);
    expect(stdout.split('\n').filter((line) => line.endsWith(' ok'))).toHaveLength(4);
  }, 180_000);
});
