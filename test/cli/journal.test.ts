/** What a run leaves behind for a report of a bug: only where it may be our fault, private, bounded, and without names. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { bundleOf } from '../../src/cli/doctor-bundle.ts';
import { createJournal } from '../../src/cli/journal.ts';
import { readRuns } from '../../src/cli/journal-file.ts';
import { runTool } from '../helpers/tool.ts';

const root = mkdtempSync(join(tmpdir(), 'stallscope-journal-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let state = '';
beforeEach(() => {
  state = mkdtempSync(join(root, 'state-'));
});
const kept = (): string => join(state, 'journal.json');
const run = (args: readonly string[], env = {}) => runTool(args, { env: { STATE_DIRECTORY: state, ...env } });

/** A probe that is refused, in a folder of a name that nobody else may learn. */
const refusedProbe = (): string => {
  const folder = mkdtempSync(join(root, 'secret-customer-'));
  writeFileSync(join(folder, 'probe.json'), '{}');
  return folder;
};

describe('the journal', () => {
  it('is not there after a run that went well, nor after a mistake of the user', async () => {
    expect((await run(['schema', 'summary'])).code).toBe(0);
    expect((await run(['summary', join(root, 'missing')])).code).toBe(5);
    expect((await run(['no-such-command'])).code).toBe(2);
    expect(existsSync(kept())).toBe(false);
  });

  it('is kept where a probe was refused: private, the latest five runs, and not through a link', async () => {
    const folder = refusedProbe();
    const target = join(root, 'precious');
    writeFileSync(target, 'precious');
    symlinkSync(target, kept());
    for (let round = 0; round < 6; round += 1)
      expect((await run(['probes', 'show', 'oom', '--probe-dir', folder])).code).toBe(4);
    expect(readFileSync(target, 'utf8')).toBe('precious');
    expect(statSync(kept()).mode & 0o777).toBe(0o600);
    const runs = readRuns({ STATE_DIRECTORY: state });
    expect(runs).toHaveLength(5);
    expect(runs[0]?.map(({ event }) => event)).toEqual(['start', 'error', 'exit']);
    expect(runs[0]?.[0]).toMatchObject({ command: 'probes', options: ['--probe-dir'] });
  }, 60_000);

  it('is printed as it comes with STALLSCOPE_LOG=debug, a line of JSON each; no other level is known', async () => {
    const { stderr } = await run(['summary', join(root, 'missing')], { STALLSCOPE_LOG: 'debug' });
    const entries = stderr
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as { event: string });
    expect(entries.map(({ event }) => event)).toEqual(['start', 'error', 'exit']);
    expect((await run(['schema', 'summary'], { STALLSCOPE_LOG: 'loud' })).code).toBe(2);
  });

  it('holds a bounded number of entries, the first and the latest, and the stack of a bug', () => {
    const env = { STATE_DIRECTORY: state };
    const journal = createJournal({ version: '1', env, stderr: { write: () => true } }, ['live', '-p', '12']);
    for (let round = 0; round < 500; round += 1) journal.note('status', { text: `round ${round}` });
    journal.error(new TypeError('x is not a function'));
    journal.close(70);
    const [entries = []] = readRuns(env);
    expect(entries).toHaveLength(200);
    expect(entries[0]).toMatchObject({ event: 'start', command: 'live', options: ['-p'] });
    expect(entries.at(-2)).toMatchObject({ event: 'error', name: 'TypeError' });
    expect(entries.at(-2)?.stack).toContain('journal.test.ts');
  });

  it('never fails what it is about: a damaged file is begun anew, one that cannot be written is left', () => {
    const env = { STATE_DIRECTORY: state };
    writeFileSync(kept(), '{"format":"stallscope-journal","runs":[[1]]}');
    const end = (environment: NodeJS.ProcessEnv): void => {
      const journal = createJournal({ version: '1', env: environment, stderr: { write: () => true } }, []);
      journal.error(new Error('x'));
      journal.close(70);
    };
    end(env);
    expect(readRuns(env)).toHaveLength(1);
    mkdirSync(join(state, 'sub'));
    writeFileSync(join(state, 'sub', 'file'), '');
    end({ STATE_DIRECTORY: join(state, 'sub', 'file') });
    expect(readRuns({ STATE_DIRECTORY: join(state, 'sub', 'file') })).toEqual([]);
  });
});

describe('a bundle', () => {
  it('has doctor, versions and the kept runs, is private, and replaces nothing unasked', async () => {
    const folder = refusedProbe();
    await run(['probes', 'show', 'oom', '--probe-dir', folder]);
    const file = join(state, 'bundle.json');
    const end = await run(['doctor', '--bundle', file]);
    expect(end).toMatchObject({ code: 0, stderr: expect.stringContaining('Read it before you send it') });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const text = readFileSync(file, 'utf8');
    expect(JSON.parse(text)).toMatchObject({
      format: 'stallscope-bundle',
      versions: { node: process.version },
      doctor: { format: 'stallscope-doctor' },
      runs: [
        [{ event: 'start' }, { event: 'error', code: 'E_PROBE_MANIFEST' }, { event: 'exit', status: 4 }],
      ],
    });
    for (const secret of ['secret-customer', root, `${tmpdir()}/`]) expect(text).not.toContain(secret);
    expect((await run(['doctor', '--bundle', file])).code).toBe(2);
    expect((await run(['doctor', '--bundle', file, '--force'])).code).toBe(0);
  }, 60_000);

  it('says nothing of the host in words that are not ours', () => {
    const secret = 'Zebra';
    const text = `${secret} at /srv/${secret}/x on ${hostname()}.example 10.1.2.3 fe80:0:0:1::2 by ${secret.toLowerCase()}`;
    const entry = (event: string, facts: object) => ({ at: 't', event, ...facts });
    const bundle = bundleOf({
      ...{ version: '0.1.0', kernel: `6.1.0-${secret}`, bpftrace: `v0.17.0-${secret}`, probes: ['iomap'] },
      env: { SUDO_USER: secret },
      report: {
        state: 'ready',
        checks: [{ id: 'bpftrace', title: 'bpftrace', state: 'ok', fact: `/opt/${secret}/bpftrace` }],
        probes: [],
        pythons: [{ file: `/srv/${secret}/python`, facts: '' }],
        next: null,
      },
      runs: [
        [
          entry('start', { command: secret, options: ['-o'] }),
          entry('status', { text }),
          entry('status', { text: 'attaching iomap, sync' }),
          entry('probe', { id: secret.toLowerCase(), variant: secret, state: 'refused', reason: text }),
          entry('probe', { id: 'iomap', variant: 'tracepoint', state: 'attached' }),
          entry('gap', { seconds: 1, reason: `bpftrace ended: /srv/${secret}: '${secret}/x'` }),
          entry('error', { code: 'E_CMD_NOT_FOUND', message: text }),
          entry('error', {
            code: 'E_BUG',
            message: `Unexpected token 'r', "${secret}:x:0:0" is not valid JSON`,
          }),
        ],
      ],
    });
    const json = JSON.stringify(bundle);
    expect(json.toLowerCase()).not.toContain(secret.toLowerCase());
    for (const known of ['10.1.2.3', 'fe80:', `"${hostname()}`]) expect(json).not.toContain(known);
    for (const known of ['attaching iomap, sync', '"tracepoint"', 'is not valid JSON', '"kernel":"6.1.0"'])
      expect(json).toContain(known);
  });
});
