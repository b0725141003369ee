// The guest loses its power while it is watched, at a random moment, and comes back: the session ends with one sentence, and
// what was recorded until then can be read to the last sample.
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { exactly } from '../guest/claims.mjs';
import { waitFor } from './guest.mjs';
import { recordGuest, summaryOf } from './tool.mjs';

const LATEST_MS = 3_000;
/** It boots, and then the next try to connect must come. */
const END_MS = 8 * 60_000;
const CLEAN_MS = 10_000;
/** As it comes from the power, without a goodbye to anybody. */
const LOSE_POWER = 'echo b >/proc/sysrq-trigger';

/** @param rounds how often; it has booted once before */
export async function* tryRestarts(guest, rounds) {
  for (let round = 1; round <= rounds; round += 1) {
    const file = guest.file(`restart-${round}.ndjson`);
    const { said, closed } = await recordGuest(guest, file, '--probe', 'oom', '-i', '500ms');
    await waitFor(() => samplesOf(file).length >= 2, END_MS, 'no samples');
    await delay(Math.random() * LATEST_MS);
    const struckMs = performance.now();
    guest.start(LOSE_POWER).stdin.end();
    const status = await Promise.race([closed, delay(END_MS, 'still there', { ref: false })]);
    const tookS = Math.round((performance.now() - struckMs) / 1000);
    await guest.untilBooted(round + 1);
    const errors = said.filter((line) => /was restarted, which ended the session/.test(line));
    yield exactly('restart: sentences', 1, errors.length, `${errors.join(' | ')}; after ${tookS} s`);
    yield exactly('restart: status', 6, status, 'it ended by itself');
    const { summary } = await summaryOf(file);
    yield exactly(
      'restart: samples read',
      samplesOf(file).length,
      summary.recording.samples,
      'those in the file',
    );
    yield exactly('restart: lines rejected', 0, summary.losses.rejectedLines);
    await waitFor(() => guest.remains().length === 0, CLEAN_MS, `left here: ${guest.remains()}`);
    const there = await guest.run("ps -e -o args= | grep -E '^[^ ]*bpftrace|stallscope' | grep -v grep || :");
    yield exactly('restart: processes left', '', there.trim());
  }
}

const samplesOf = (file) => readFileSync(file, 'utf8').match(/^\{"type":"sample"/gm) ?? [];
