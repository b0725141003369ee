/**
 * A host that is another boot of itself when its link comes back: a real sshd, whose /proc says so. Nothing that failed before has
 * used up what a refused script is tried again with: so a tracer would begin on the new boot, if anything let it.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWith, TRACING } from '../helpers/requires.ts';
import { type Sshd, startSshd } from '../helpers/sshd.ts';
import { READY, startTool, summaryOf } from '../helpers/tool.ts';
import { waitUntil } from '../helpers/until.ts';

const BOOT_ID = '/proc/sys/kernel/random/boot_id';
const LONG_MS = 60_000;
/** A pause before the next try, an attachment, and a machine with other work. */
const TEST_MS = 3 * LONG_MS;

const samplesIn = (file: string): number => readFileSync(file, 'utf8').split('\n{"type":"sample"').length - 1;

describeWith([...TRACING, 'ssh', 'sshd'], 'a host that was restarted', () => {
  let dir: string;
  let bootId: string;
  let sshd: Sshd;
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'stallscope-restarted-'));
    bootId = join(dir, 'boot_id');
    writeFileSync(bootId, readFileSync(BOOT_ID));
    const inPlace = `mount --bind ${bootId} ${BOOT_ID} && exec "$@"`;
    sshd = await startSshd({ within: ['unshare', '--mount', 'sh', '-c', inPlace, 'sh'] });
  });
  afterAll(() => {
    sshd?.close();
    rmSync(dir, { recursive: true, force: true });
  });

  it(
    'ends the session, which says so and has the status of what is remote; nothing is traced on the new boot',
    async () => {
      const file = join(dir, 'restarted.ndjson');
      const args = ['record', '--host', 'target', '--probe', 'oom', '-i', '200ms', '-o', file];
      const tool = startTool(args, { env: { ...sshd.env, TMPDIR: dir } });
      await tool.says(READY, LONG_MS);
      await waitUntil(() => samplesIn(file) >= 2, LONG_MS, tool.stderr);
      writeFileSync(bootId, '00000000-0000-4000-8000-000000000000\n');
      for (const pid of sshd.processes().filter((pid) => pid !== sshd.pid)) killNow(pid);
      const { code, stderr } = await tool.ended;
      expect(stderr.match(/was restarted, which ended the session/g), stderr).toHaveLength(1);
      expect(code, stderr).toBe(6);
      const { recording, losses } = await summaryOf(file);
      expect(recording.complete).toBe(true);
      expect(recording.samples).toBe(samplesIn(file));
      expect(losses.rejectedLines).toBe(0);
    },
    TEST_MS,
  );
});

const killNow = (pid: number): void => {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
};
