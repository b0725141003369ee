/** Text from outside, in every kind of output: nothing that a terminal obeys, and nothing that cannot be seen. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { asJson, asLine, asMessage, asText } from '../../src/core/safe-text.ts';
import { paintLine, themeOf } from '../../src/tui/theme.ts';
import { runHere } from '../helpers/command.ts';
import { headerOf, metricOf, START_US, sampleOf } from '../helpers/stream.ts';

const folder = mkdtempSync(join(tmpdir(), 'outside-text-'));
afterAll(() => rmSync(folder, { recursive: true }));

const OBEYED = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/;
const EVIL = 'a\u001b]0;x\u0007\u009b31m\u202eb\u2066c\u200bd\u200f\u2028e\nf\u2029';

/** Wherever a recording holds text of others. */
const records = () => [
  {
    ...headerOf(),
    host: { ...headerOf().host, hostname: EVIL, kernel: EVIL },
    selection: { pids: [], comm: EVIL, command: [EVIL] },
    probes: [{ id: 'iomap', variant: 'x', state: 'refused', reason: EVIL }],
    metrics: [...headerOf().metrics, metricOf(`iomap.evil`, { label: EVIL, help: EVIL })],
  },
  { type: 'process', bootUs: START_US, pid: 7, startMs: 1, comm: EVIL, cmdline: EVIL, cgroup: EVIL },
  ...Array.from({ length: 5 }, (_, seq) =>
    sampleOf(seq, { 'iomap.iter': [[7, seq * 3]], 'iomap.evil': [[7, seq]] }),
  ),
  { type: 'mark', bootUs: START_US + 1, text: EVIL },
  { type: 'gap', bootUs: START_US + 4_100_000, fromBootUs: START_US + 4_000_000, reason: EVIL },
  { type: 'loss', bootUs: START_US + 4_100_000, kind: 'rejected-line', count: 1, detail: EVIL },
  { type: 'trailer', bootUs: START_US + 5_000_000, reason: EVIL, samples: 5, records: 11 },
];

describe('a recording full of it', () => {
  const file = join(folder, `evil-\u202e\u001b[2J.ndjson`);
  writeFileSync(
    file,
    records()
      .map((record) => `${JSON.stringify(record)}\n`)
      .join(''),
  );

  it.each([
    ['summary', file],
    ['summary', file, '--json'],
    ['analyze', file],
    ['analyze', file, '--json'],
    ['compare', file, file],
    ['compare', file, file, '--json'],
    ['replay', file, '--plain'],
    ['replay', file, '--json'],
    ['mark', file, EVIL, '--at', '+1s'],
    ['redact', file, '-o', join(folder, 'x\u009b\u2066')],
    ['summary', join(folder, `none-${EVIL}`)],
    ['probes', 'show', EVIL],
    ['record', '-o', join(folder, 'no'), '--count', EVIL],
    [EVIL],
    ['live', `--${EVIL}`],
  ])('is printed safely: %j', async (...args) => {
    const { stdout, stderr } = await runHere(...args);
    expect(`${stdout}${stderr}`).not.toBe('');
    expect(stdout).not.toMatch(OBEYED);
    expect(stderr).not.toMatch(OBEYED);
  });

  it('and as JSON it is the same text', async () => {
    const { stdout } = await runHere('summary', file, '--json');
    expect(JSON.parse(stdout).pids).toMatchObject([{ pid: 7, comm: EVIL }]);
  });
});

it('reaches no screen', () => {
  const theme = themeOf({ NO_COLOR: '1' }, null);
  expect(paintLine([{ text: EVIL, tone: 'plain' }], theme)).not.toMatch(OBEYED);
});

it('of any kind', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      for (const safe of [asText(text), asMessage(text), asJson(text)])
        expect(safe).not.toMatch(/\p{Cc}|\p{Cf}|\p{Zl}|\p{Zp}/u);
      expect(asLine(`\t${text}`).replace(/\t/g, '')).not.toMatch(/\p{Cc}|\p{Cf}|\p{Zl}|\p{Zp}/u);
      expect(JSON.parse(asJson(text))).toBe(text);
    }),
  );
});
