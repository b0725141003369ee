/** The drawn screens are real: what is in docs/screens is what this code draws of a bundled recording. */
import { execaSync } from 'execa';
import { describe, expect, it } from 'vitest';
import { root } from './sections.ts';

describe('docs/screens', () => {
  it('shows what the screen shows, at each size', () => {
    const { exitCode, stderr } = execaSync(
      process.execPath,
      ['scripts/screens.mjs', '--check', '01-seek-hole-storm-finding'],
      { cwd: root, reject: false },
    );
    expect(stderr).toContain('6 screens compared');
    expect(stderr).not.toContain('not current');
    expect(exitCode).toBe(0);
  }, 60_000);
});
