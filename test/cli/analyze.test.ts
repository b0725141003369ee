/** The bundled recordings are real incidents: each is named, with its suspect, and nothing else is. */
import { describe, expect, it } from 'vitest';
import { runHere } from '../helpers/command.ts';
import { examples } from '../helpers/examples.ts';
import { realSessions } from '../helpers/incidents.ts';

const bundled = realSessions.filter(({ path }) => examples.includes(path));

describe('analyze', () => {
  it('has a truth for every bundled recording', () => {
    expect(bundled.map(({ path }) => path).sort()).toEqual(examples);
  });

  it.each(bundled.map((session) => [session.name, session] as const))(
    'names %s, and accuses nobody else',
    async (_, { path, findings: truth }) => {
      const { stdout, exitCode } = await runHere('analyze', path, '--json');
      expect(exitCode).toBe(0);
      const { findings } = JSON.parse(stdout) as {
        findings: {
          id: string;
          suspect: { comm: string; pid: number } | null;
          victims: { comm: string }[];
          evidence: { value: number; metric: string }[];
        }[];
      };
      const reported = (
        all: readonly { id: string; suspect: { comm: string; pid: number } | null }[],
      ): string[] => all.map(({ id, suspect }) => `${id} ${suspect?.comm} ${suspect?.pid}`).sort();
      expect(reported(findings)).toEqual(reported(truth));
      for (const { id, victims } of truth) {
        const found = findings.find((finding) => finding.id === id);
        expect(found?.victims.map(({ comm }) => comm)).toEqual(expect.arrayContaining([...victims]));
        expect(found?.evidence.some(({ value }) => value > 0)).toBe(true);
      }
    },
  );

  it('is a page for a person, with evidence and the fix', async () => {
    const { stdout } = await runHere('analyze', examples[0] ?? '');
    expect(stdout).toMatch(/^HIGH {2}SEEK_HOLE storm/);
    expect(stdout).toMatch(/suspect {2}qemu-mirror \(\d+\)/);
    expect(stdout).toContain('Fix:');
    // No escape sequence reaches a pipe.
    expect(stdout).not.toContain('\u001b');
  });

  it('says of a failure seen once who can have driven it, and how', async () => {
    const { stdout } = await runHere('analyze', examples[1] ?? '', '--symptom', 'faults.major');
    const [first] = stdout.split('\n').filter((line) => line.startsWith('  faults.'));
    expect(first).toMatch(
      /^ {2}faults\.read_bytes of nightly-backup .*can drive it: reads → page cache → reclaim → page faults$/,
    );
  });

  it.each<[string[], RegExp]>([
    [['--symptom', 'iomap.itre'], /no metric "iomap\.itre".*iomap\.iter/],
    [['--min-score', 'loud'], /"loud" is not valid for --min-score/],
    [['--freeze-after', '10'], /--freeze-after.*the unit is missing/],
  ])('refuses %j', async (args, why) => {
    const { stderr, exitCode } = await runHere('analyze', examples[0] ?? '', ...args);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(why);
  });
});
