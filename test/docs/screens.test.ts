/** The drawn screens are real: every picture in docs/screens is what this code draws of a bundled recording. */
import { execaSync } from 'execa';
import { expect, it } from 'vitest';
import { HAS_TIME } from '../helpers/requires.ts';
import { root } from './sections.ts';

/** Where time is short, one size of all recordings. */
const PART = HAS_TIME ? [] : ['80x24-dark'];

it('docs/screens shows what the screen shows, of every recording and at each size', () => {
  const { exitCode, stderr } = execaSync(process.execPath, ['scripts/screens.mjs', '--check', ...PART], {
    cwd: root,
    reject: false,
  });
  expect({ exitCode, stderr }).toEqual({
    exitCode: 0,
    stderr: expect.stringMatching(/^[1-9]\d* screens compared$/),
  });
}, 120_000);
