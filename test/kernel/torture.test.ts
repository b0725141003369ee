/** A short part of `npm run torture`: signals at random moments, one run of each command. What fails is named by its seed. */
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { describeWith, TRACING } from '../helpers/requires.ts';

describeWith(TRACING, 'signals at random moments', () => {
  it('end every command in order, with nothing left behind', async () => {
    const runs = ['scripts/torture.mjs', 'signals', '--runs', '4', '--seed', '7'];
    const { exitCode, stdout, stderr } = await execa(process.execPath, runs, { reject: false });
    expect(exitCode, `${stdout}${stderr}`).toBe(0);
    expect(stdout.split('\n').filter((line) => line.endsWith(' ok'))).toHaveLength(4);
  }, 180_000);
});
