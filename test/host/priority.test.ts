import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { expect, it } from 'vitest';
import { prioritize } from '../../src/host/priority.ts';

it.skipIf(process.getuid?.() !== 0)('puts a process and its session before others, and back', () => {
  const child = spawn('sleep', ['30'], { detached: true });
  const pid = child.pid ?? 0;
  try {
    const autogroup = `/proc/${pid}/autogroup`;
    for (const niceness of [-10, 0]) {
      prioritize(pid, niceness);
      expect(getPriority(pid)).toBe(niceness);
      if (existsSync(autogroup))
        expect(readFileSync(autogroup, 'utf8')).toMatch(new RegExp(`nice ${niceness}\n`));
    }
  } finally {
    child.kill('SIGKILL');
  }
});

it('changes nothing where there is no such process', () => {
  expect(() => prioritize(4_194_303, 5)).not.toThrow();
});
