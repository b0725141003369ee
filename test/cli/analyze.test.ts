/** The bundled recordings are real incidents: each is named, with its suspect, and nothing else is. */
import { basename } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { examples } from '../helpers/examples.ts';
import { LAUNCHER } from '../helpers/tool.ts';

const stallscope = (...args: string[]) =>
  execa(process.execPath, [LAUNCHER, ...args], { reject: false, stdin: 'ignore' });

const TRUTH: Readonly<Record<string, { id: string; suspect: string; victim?: string }>> = {
  '01-seek-hole-storm.ndjson.gz': { id: 'seek-hole-storm', suspect: 'qemu-mirror' },
  '02-page-cache-thrash.ndjson.gz': {
    id: 'page-cache-thrash',
    suspect: 'nightly-backup',
    victim: 'inventory-db',
  },
  '03-file-churn.ndjson.gz': { id: 'inode-churn', suspect: 'mail-spool' },
};

describe('analyze', () => {
  const known = examples.filter((path) => basename(path) in TRUTH);

  it('has a truth for the bundled incidents', () => {
    expect(known.length).toBeGreaterThan(0);
  });

  it.each(known.map((path) => [basename(path), path]))(
    'names %s, and accuses nobody else',
    async (name, path) => {
      const { stdout, exitCode } = await stallscope('analyze', path, '--json');
      expect(exitCode).toBe(0);
      const { findings } = JSON.parse(stdout) as {
        findings: {
          id: string;
          suspect: { comm: string };
          victims: { comm: string }[];
          evidence: { value: number }[];
        }[];
      };
      const { id, suspect, victim } = TRUTH[name] ?? { id: '', suspect: '' };
      expect(findings.map((finding) => [finding.id, finding.suspect.comm])).toEqual([[id, suspect]]);
      if (victim !== undefined) expect(findings[0]?.victims[0]?.comm).toBe(victim);
      expect(findings[0]?.evidence.every(({ value }) => value > 0)).toBe(true);
    },
  );

  it('is a page for a person, with evidence and what helps', async () => {
    const { stdout } = await stallscope('analyze', examples[0] ?? '');
    expect(stdout).toMatch(/^HIGH {2}SEEK_HOLE storm/);
    expect(stdout).toMatch(/suspect {2}qemu-mirror \(\d+\)/);
    expect(stdout).toContain('What helps:');
    // No escape sequence reaches a pipe.
    expect(stdout).not.toContain('\u001b');
  });

  it.each<[string[], RegExp]>([
    [['--symptom', 'iomap.itre'], /no metric "iomap\.itre".*iomap\.iter/],
    [['--min-score', 'loud'], /"loud" is not valid for --min-score/],
    [['--freeze-after', '10'], /--freeze-after.*it has no unit/],
  ])('refuses %j', async (args, why) => {
    const { stderr, exitCode } = await stallscope('analyze', examples[0] ?? '', ...args);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(why);
  });
});
