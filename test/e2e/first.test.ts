/** Where dozens compete for the CPUs we come first, and nobody else because of us. */
import { mkdtempSync, rmSync } from 'node:fs';
import { getPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, expect, it } from 'vitest';
import { describeWith, TRACING } from '../helpers/requires.ts';
import { LAUNCHER } from '../helpers/tool.ts';

const folder = mkdtempSync(join(tmpdir(), 'first-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Its own niceness, and that of who started it. */
const SAYS = 'nice; read -r stat < /proc/$PPID/stat; set -- $' + '{stat##*) }; echo $' + '{17}';

const record = async (before: readonly string[]): Promise<readonly string[]> => {
  const output = join(folder, `${before.length}.ndjson`);
  const [file = '', ...args] = [...before, process.execPath, LAUNCHER, 'record', '-o', output];
  const { stdout } = await execa(file, [...args, '--probe', 'sync', '--', 'sh', '-c', SAYS]);
  return stdout.split('\n');
};

/** What we have here, and whether we may have less. */
const ours = getPriority();
const may = async (): Promise<boolean> =>
  (await execa('nice', ['-n', '-1', 'nice'])).stdout === `${ours - 1}`;

describeWith([...TRACING], 'who comes first', () => {
  it('is stallscope, not the command that it starts', async () => {
    const first = ours === 0 && (await may()) ? -10 : ours;
    expect(await record([])).toEqual([`${ours}`, `${first}`]);
  });

  it('is not stallscope where somebody gave it a niceness', async () => {
    expect(await record(['nice', '-n', '3'])).toEqual([`${ours + 3}`, `${ours + 3}`]);
  });
});
