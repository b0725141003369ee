/** The page of a recording: it says what `analyze` and `summary` say, and says first when the recording is not whole. */
import { createHash } from 'node:crypto';
import {
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runHere } from '../helpers/command.ts';
import { examples, itForEachRecording } from '../helpers/examples.ts';
import { HOSTILE_NAMES } from '../helpers/hostile-names.ts';
import { hostileSession } from '../helpers/hostile-session.ts';
import { longSession, recordAll } from '../helpers/long-session.ts';

const folder = mkdtempSync(join(tmpdir(), 'report-'));
const path = (name: string): string => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true }));

const pageOf = async (file: string, ...options: string[]): Promise<string> => {
  const { stdout, stderr, exitCode } = await runHere('report', file, '-o', '-', ...options);
  expect(exitCode, stderr).toBe(0);
  return stdout;
};

const jsonOf = async <T>(command: string, file: string): Promise<T> =>
  JSON.parse((await runHere(command, file, '--json')).stdout) as T;

type Analysis = {
  findings: {
    id: string;
    confidence: number;
    signs: { seen: number; of: number };
    suspects: { pid: number; comm: string }[];
    victims: { pid: number; comm: string }[];
    start: string;
    end: string;
    evidence: { metric: string; value: number; at: string }[];
    advice: { text: string }[];
  }[];
};
type Summary = {
  pids: { pid: number; startTime: number | null; comm: string; metrics: Record<string, number> }[];
};

/** Suspects and victims that a card names. */
const LISTED = 12;

const textIn = (markup: string): string =>
  markup
    .replace(/<[^>]+>/g, '')
    .replace(/&#39;/g, "'")
    .replace(/&amp;/g, '&')
    .replace(/&quot;/g, '"')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>');
const all = (page: string, pattern: RegExp): string[] =>
  [...page.matchAll(pattern)].map(([, found]) => found ?? '');

describe('says what the other commands say', () => {
  itForEachRecording(async (file) => {
    const page = await pageOf(file);
    const { findings } = await jsonOf<Analysis>('analyze', file);
    const cards = all(page, /(<article [\s\S]*?<\/article>)/g);
    expect(cards).toHaveLength(findings.length);
    for (const [index, finding] of findings.entries()) {
      const card = cards[index] ?? '';
      expect(card).toContain(`data-finding="${finding.id}"`);
      expect(card).toContain(`${finding.signs.seen} of ${finding.signs.of} signs`);
      expect(card).toContain(`<data value="${finding.confidence}">`);
      expect(card).toContain(`<time datetime="${finding.start}">`);
      // Of many the first, and how many more.
      for (const parties of [finding.suspects, finding.victims]) {
        for (const { pid, comm } of parties.slice(0, LISTED))
          expect(textIn(card)).toContain(`${comm} (${pid})`);
        if (parties.length > LISTED) expect(textIn(card)).toContain(`and ${parties.length - LISTED} more`);
      }
      const rows = all(card, /(<tr data-metric="[\s\S]*?<\/tr>)/g);
      expect(
        rows.map((row) => [
          all(row, /data-metric="([^"]*)"/g)[0],
          Number(Number(all(row, /<data value="([^"]*)"/g)[0]).toFixed(3)),
          all(row, /datetime="([^"]*)"/g)[0],
        ]),
      ).toEqual(finding.evidence.map(({ metric, value, at }) => [metric, value, at]));
      for (const { text } of finding.advice) expect(textIn(card)).toContain(text);
    }

    const { pids } = await jsonOf<Summary>('summary', file);
    const rows = all(page, /(<tr data-process="[\s\S]*?<\/tr>)/g);
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows) {
      const [id] = all(row, /data-process="([^"]*)"/g);
      const known = pids.find(({ pid, startTime }) => `${pid}@${startTime ?? '?'}` === id);
      for (const cell of all(row, /(<td class="num" data-metric[\s\S]*?<\/td>)/g)) {
        const [metric = ''] = all(cell, /data-metric="([^"]*)"/g);
        expect(Number(all(cell, /<data value="([^"]*)"/g)[0])).toBe(known?.metrics[metric]);
      }
    }
    const sha256 = createHash('sha256').update(readFileSync(file)).digest('hex');
    expect(page).toContain(`SHA-256 <code class="hash">${sha256}</code>`);
    expect(page).toContain(`stallscope replay ${basename(file)} --from +`);
  });

  it('the same recording gives the same page', async () => {
    const [file = ''] = examples;
    expect(await pageOf(file)).toBe(await pageOf(file));
  });
});

describe('a recording that is not whole', () => {
  beforeAll(async () => {
    await recordAll({ path: path('whole.ndjson') }, longSession(300));
  });
  const noticeOf = (page: string): string =>
    textIn(/<div class="notice"[\s\S]*?<\/div>/.exec(page)?.[0] ?? '');

  it('is no news when it is whole', async () => {
    expect(noticeOf(await pageOf(path('whole.ndjson')))).toBe('');
  });

  it('says at the top that it is truncated', async () => {
    const cut = path('cut.ndjson');
    writeFileSync(cut, readFileSync(path('whole.ndjson')));
    truncateSync(cut, Math.floor(statSync(cut).size / 2));
    const page = await pageOf(cut);
    expect(noticeOf(page)).toContain('Truncated');
    expect(page.indexOf('class="notice"')).toBeLessThan(page.indexOf('id="verdict"'));
  });

  it('says at the top that it is damaged', async () => {
    const bytes = readFileSync(path('whole.ndjson'));
    bytes.fill(0x23, Math.floor(bytes.length / 2), Math.floor(bytes.length / 2) + 4_000);
    writeFileSync(path('damaged.ndjson'), bytes);
    expect(noticeOf(await pageOf(path('damaged.ndjson')))).toContain('Damaged');
  });
});

describe('a mark', () => {
  it('divides the recording where it is the only one, or the one asked for', async () => {
    await recordAll({ path: path('marked.ndjson') }, longSession(79));
    const page = await pageOf(path('marked.ndjson'));
    expect(page).toContain('Before and after “mark at 39”');
    expect(page).toMatch(/stallscope compare marked\.ndjson --at 20\d\d-/);
    expect(await pageOf(path('marked.ndjson'), '--at', '+50s', '--window', '20s')).toContain(
      '>Before and after<',
    );
  });
});

describe('a page without names', () => {
  it('has none of those of the recording', async () => {
    const [file = ''] = examples;
    const page = await pageOf(file, '--redact');
    expect(page).toContain('stallscope replay FILE --from');
    expect(page).toMatch(/process-\d+/);
    expect(page).not.toMatch(/qemu-mirror|seek-hole-storm\.ndjson/);
  });
});

describe('an import', () => {
  it('is called one, and nothing is said of its host that nobody knows', async () => {
    const file = join(folder, 'imported.ndjson');
    const log = resolve('test/fixtures/documented/kernel-log/xfs-2017.log');
    expect((await runHere('import', log, '-o', file)).exitCode).toBe(0);
    const { stdout } = await runHere('report', file, '-o', '-');
    expect(stdout).toContain('of hv7 (kernel unknown), ');
    expect(stdout).toContain('imported from kernel-log');
    expect(stdout).not.toContain('counted by stallscope');
    expect(stdout).not.toContain('0 CPUs');
    expect((await runHere('summary', file)).stdout).toContain('hv7, kernel unknown\n');
  });
});

describe('names from outside', () => {
  it('are inert, and can be distinguished', async () => {
    const file = path('$(reboot) <b>\u202e.ndjson');
    writeFileSync(file, hostileSession());
    const page = await pageOf(file);
    const body = page.slice(page.indexOf('<body>'), page.indexOf('<script>/*!'));
    // Only elements that are ours.
    const tags = new Set(all(body, /<([a-zA-Z!][\w-]*)/g));
    expect(
      [...tags].filter((tag) => /^(img|iframe|object|b|x|style|link|meta|base|form|embed)$/i.test(tag)),
    ).toEqual([]);
    const withoutValues = body.replace(/="[^"]*"/g, '=""');
    expect(withoutValues).not.toMatch(/<[^>]*\s(on\w+|style|src|srcset)=/i);
    expect(page.slice(0, page.indexOf('<script>/*!'))).not.toMatch(
      /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/,
    );
    const shown = new Set(
      all(
        page,
        /<tr data-process="[^"]*"><td class="num">\d+<\/td><th scope="row"><bdi class="who">([^<]*)<\/bdi>/g,
      ),
    );
    expect(shown.size).toBe(20);
    expect(HOSTILE_NAMES.length).toBeGreaterThanOrEqual(200);
  });
});

describe('the file', () => {
  it('is private, whole, and never overwritten without being asked', async () => {
    const [file = ''] = examples;
    const out = path('out.html');
    expect((await runHere('report', file, '-o', out)).exitCode).toBe(0);
    expect(statSync(out).mode & 0o777).toBe(0o600);
    const before = readFileSync(out, 'utf8');
    const again = await runHere('report', file, '-o', out);
    expect(again.exitCode).toBe(2);
    expect(again.stderr).toContain('already exists');
    expect((await runHere('report', file, '-o', out, '--force', '--redact')).exitCode).toBe(0);
    expect(readFileSync(out, 'utf8')).not.toBe(before);
  });

  it('replaces a link instead of following it', async () => {
    const [file = ''] = examples;
    writeFileSync(path('target'), 'kept');
    symlinkSync(path('target'), path('link.html'));
    expect((await runHere('report', file, '-o', path('link.html'), '--force')).exitCode).toBe(0);
    expect(readFileSync(path('target'), 'utf8')).toBe('kept');
  });

  it.each([
    [['report', 'x.ndjson'], 2, /report needs a file to write to/],
    [['report', 'none.ndjson', '-o', '-'], 5, /There is no file none\.ndjson/],
    [['report', examples[0] ?? '', '-o', '/nowhere/x.html'], 2, /Cannot create \/nowhere\/x\.html: ENOENT/],
    [['report', examples[0] ?? '', '-o', '/dev/null', '--force'], 2, /it is not a regular file/],
    [['report', examples[0] ?? '', '-o', '-', '--mark', 'nothing'], 2, /No mark holds "nothing"/],
  ])('%j is refused', async (args, status, why) => {
    const { stderr, stdout, exitCode } = await runHere(...args);
    expect(exitCode).toBe(status);
    expect(stderr).toMatch(why);
    expect(stdout).toBe('');
  });
});
