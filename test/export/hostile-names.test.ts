/** More than 200 names made to hurt, through every format that is text: nothing acts, and no two of them become one. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asDistinct } from '../../src/core/safe-text.ts';
import { asCsvText } from '../../src/export/csv-text.ts';
import { cellsOf } from '../../src/foreign/csv-line.ts';
import { runHere } from '../helpers/command.ts';
import { readOpenMetrics } from '../helpers/exposition.ts';
import { HOSTILE_NAMES } from '../helpers/hostile-names.ts';
import { hostileSession } from '../helpers/hostile-session.ts';

const folder = mkdtempSync(join(tmpdir(), 'hostile-names-'));
const file = join(folder, 'hostile.ndjson');
beforeAll(() => writeFileSync(file, hostileSession()));
afterAll(() => rmSync(folder, { recursive: true }));

const made = async (...args: string[]): Promise<string> => {
  const { stdout, stderr, exitCode } = await runHere(...args);
  expect(exitCode, stderr).toBe(0);
  return stdout;
};

/** What a terminal obeys, what cannot be seen, and what reorders what stands beside it. */
const ACTS = /[^\P{Cc}\n\t]|\p{Cf}|\p{Cs}|\p{Zl}|\p{Zp}/u;

describe('nothing acts', () => {
  it.each([
    ['export', '--format', 'csv'],
    ['export', '--format', 'openmetrics'],
    ['report', '-o', '-'],
    ['summary'],
    ['summary', '--json'],
    ['analyze'],
    ['analyze', '--json'],
    ['analyze', '--digest'],
    ['replay', '--json', '--speed', 'max'],
    ['replay', '--plain'],
  ])('in what %s %s %s prints', async (command, ...options) => {
    const text = await made(command, file, ...options);
    expect(ACTS.exec(text)?.[0]).toBeUndefined();
    if (command === 'report') expect(text).not.toMatch(/<(img|svg onload|b>|iframe)/);
  });
});

describe('no two become one', () => {
  const names = HOSTILE_NAMES.map((name, index) => [100 + index, name] as const);

  it('in CSV, none a formula', async () => {
    const lines = (await made('export', file, '--format', 'csv'))
      .split('\n')
      .map((line) => cellsOf(line) ?? []);
    const comms = new Map(lines.map(([, , pid = '', , comm = '']) => [pid, comm]));
    expect(new Set(names.map(([pid]) => comms.get(String(pid)))).size).toBe(names.length);
    for (const cell of names.map(([, name]) => asCsvText(name))) expect(cell).not.toMatch(/^"?[=+\-@\t\r]/);
  });

  it('in OpenMetrics, as far as commands are listed', async () => {
    const page = readOpenMetrics(`${await made('export', file, '--format', 'openmetrics')}\n`);
    const listed = page.filter(({ name }) => name === 'stallscope_command_iomap_iter_total');
    const commands = new Set(listed.map(({ labels }) => labels.command));
    expect(commands.size).toBeGreaterThanOrEqual(200);
    const known = new Set([...HOSTILE_NAMES.map(asDistinct), 'other']);
    for (const command of commands) expect(known).toContain(command);
  });

  it('in JSON, where each is what it was', async () => {
    const { pids } = JSON.parse(await made('summary', file, '--json')) as {
      pids: { pid: number; comm: string }[];
    };
    const comms = new Map(pids.map(({ pid, comm }) => [pid, comm]));
    for (const [pid, name] of names.slice(1)) expect(comms.get(pid)).toBe(name);
  });
});
