/** The commands that read recordings, from the outside. */
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root } from '../docs/sections.ts';
import { runHere } from '../helpers/command.ts';
import { LAUNCHER } from '../helpers/tool.ts';
import { until } from '../helpers/until.ts';

const folder = mkdtempSync(join(tmpdir(), 'commands-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = (name: string): string => join(folder, name);
const THRASH = join(root, 'examples/02-page-cache-thrash.ndjson.gz');

const piped = (args: readonly string[], input: Buffer) =>
  execa(process.execPath, [LAUNCHER, ...args], { reject: false, input });

type Summary = {
  readonly totals: Readonly<Record<string, number>>;
  readonly recording: { readonly samples: number };
  readonly marks: readonly { readonly text: string }[];
};

const summaryOf = async (...args: string[]): Promise<Summary> => {
  const { stdout, stderr, exitCode } = await runHere('summary', '--json', ...args);
  expect(exitCode, stderr).toBe(0);
  return JSON.parse(stdout) as Summary;
};

describe('a stretch', () => {
  it('and what lies before and after it make the whole', async () => {
    const [whole, before, within, after] = await Promise.all([
      summaryOf(THRASH),
      summaryOf(THRASH, '--to', '+15s'),
      summaryOf(THRASH, '--from', '+15s', '--to', '+30s'),
      summaryOf(THRASH, '--from', '+30s'),
    ]);
    expect(within.recording.samples).toBe(15);
    for (const [metric, total] of Object.entries(whole.totals)) {
      const sum = [before, within, after].reduce((one, part) => one + (part.totals[metric] ?? 0), 0);
      expect(sum, metric).toBe(total);
    }
  });

  it('that ends before it begins is refused', async () => {
    const { exitCode, stderr } = await runHere('summary', THRASH, '--from', '+30s', '--to', '+10s');
    expect(exitCode).toBe(2);
    expect(stderr).toContain('ends before it begins');
  });
});

describe('a pipe', () => {
  it.each([
    ['packed', () => readFileSync(THRASH)],
    ['plain', () => gunzipSync(readFileSync(THRASH))],
  ])('%s gives what the file gives', async (_, bytes) => {
    const { stdout, exitCode, stderr } = await piped(['summary', '-', '--json'], bytes());
    expect(exitCode, stderr).toBe(0);
    expect((JSON.parse(stdout) as Summary).totals).toEqual((await summaryOf(THRASH)).totals);
  });
});

describe('a pipe that takes its time', () => {
  const spooling = (): { child: ReturnType<typeof slow>; waits: () => Promise<void> } => {
    const child = slow();
    const waits = () =>
      until(() => {
        const folder = `/proc/${child.pid}/fd`;
        return readdirSync(folder).some((fd) => nameOf(join(folder, fd)).includes('/stallscope-'));
      }, 30_000);
    return { child, waits };
  };
  const slow = () =>
    execa(process.execPath, [LAUNCHER, 'summary', '-', '--json'], { reject: false, stdin: 'pipe' });
  const nameOf = (link: string): string => {
    try {
      return readlinkSync(link);
    } catch {
      return '';
    }
  };

  it('is waited for', async () => {
    const { child, waits } = spooling();
    await waits();
    child.stdin.end(readFileSync(THRASH));
    const { stdout, exitCode, stderr } = await child;
    expect(exitCode, stderr).toBe(0);
    expect((JSON.parse(stdout) as Summary).totals).toEqual((await summaryOf(THRASH)).totals);
  });

  it('is left at the first Ctrl-C', async () => {
    const { child, waits } = spooling();
    await waits();
    child.stdin.write(readFileSync(THRASH).subarray(0, 5_000));
    child.kill('SIGINT');
    const { exitCode, stdout, stderr } = await child;
    expect({ exitCode, stdout, stderr }).toEqual({ exitCode: 130, stdout: '', stderr: '' });
  });
});

describe('a mark from outside', () => {
  const file = path('marked.ndjson.gz');
  beforeAll(() => copyFileSync(THRASH, file));

  it('needs a time when the recording has ended, and is there afterwards', async () => {
    const without = await runHere('mark', file, 'backup began');
    expect(without.exitCode).toBe(2);
    expect(without.stderr).toContain('--at TIME');
    const set = await runHere('mark', file, 'backup began', '--at', '+14s');
    expect(set.exitCode, set.stderr).toBe(0);
    expect((await summaryOf(file)).marks.map(({ text }) => text)).toEqual(['backup began']);
    expect((await summaryOf(file, '--from', '+20s')).marks).toEqual([]);
  });

  it('needs one, too, when nobody writes the recording any more, though it has no end', async () => {
    const cut = path('cut.ndjson');
    const lines = gunzipSync(readFileSync(THRASH)).toString('utf8').split('\n');
    writeFileSync(cut, `${lines.slice(0, 40).join('\n')}\n`);
    const { exitCode, stderr } = await runHere('mark', cut, 'too late');
    expect(exitCode).toBe(2);
    expect(stderr).toContain('--at TIME');
    expect(existsSync(`${cut}.marks`)).toBe(false);
  });

  it('divides the recording for a comparison, which finds what began with it', async () => {
    const { stdout, exitCode, stderr } = await runHere('compare', file, '--mark', 'backup', '--json');
    expect(exitCode, stderr).toBe(0);
    const { changes } = JSON.parse(stdout) as {
      changes: { metric: string; comm: string | null; before: number; after: number; confidence: number }[];
    };
    const refaults = changes.find(({ metric, comm }) => metric === 'vm.workingset_refault' && comm === null);
    expect(refaults?.confidence).toBeGreaterThan(0.95);
    expect(refaults?.after).toBeGreaterThan(10 * (refaults?.before ?? 0));
    const page = await runHere('compare', file);
    expect(page.stdout).toContain('inventory-db');
  });

  it('that nobody set divides nothing', async () => {
    const { exitCode, stderr } = await runHere('compare', file, '--mark', 'nonsense');
    expect(exitCode).toBe(2);
    expect(stderr).toContain('No mark holds "nonsense"');
  });
});

describe('bounds that make no sense', () => {
  it.each([
    [['--ring', '30m', '--keep', '1h'], 'give one'],
    [['--on', 'any'], 'give both'],
    [['--ring', '30m', '--on', 'nonsense'], 'no finding "nonsense"'],
    [['--max-size', 'much'], 'a size is a number'],
    [['--max-size', '5k'], 'the minimum is'],
  ])('%j are refused before anything is started', async (args, words) => {
    const { exitCode, stderr } = await runHere('record', '-o', path('no.ndjson'), ...args);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(words);
  });
});
