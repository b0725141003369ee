// What is damaged: the bundled recordings, and one of each form that the recorder writes.
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { openRecording } from '../dist/recording/read/recording.js';
import { createRecorder } from '../dist/recording/write/recorder.js';
import { checkpointOf, createSession, foldInto } from '../dist/session/session.js';

const EXAMPLES = new URL('../examples/', import.meta.url);

export const seeds = async () => {
  const out = [];
  for (const name of readdirSync(EXAMPLES).filter((file) => file.endsWith('.gz'))) {
    const bytes = readFileSync(new URL(name, EXAMPLES));
    out.push({ bytes, text: gunzipSync(bytes).toString('utf8') });
    for (const suffix of ['.ndjson', '.ndjson.gz']) {
      const copy = await recordAgain(new URL(name, EXAMPLES).pathname, suffix);
      out.push({ bytes: copy, text: suffix === '.ndjson' ? copy.toString('utf8') : '' });
    }
  }
  return out;
};

const recordAgain = async (from, suffix) => {
  const path = join(tmpdir(), `stallscope-seed-${process.pid}${suffix}`);
  rmSync(path, { force: true });
  const recording = openRecording(from);
  const session = createSession(recording.header);
  const recorder = createRecorder({ path, overwrite: false, owner: null, minFreeBytes: 0 });
  recorder.begin(recording.header, () => checkpointOf(session));
  const put = (record) => {
    recorder.write(record);
    foldInto(session, record);
  };
  for (let number = 0; number < recording.samples(); number += 1)
    for (const record of recording.recordsOf(number)) put(record);
  for (const record of recording.tail()) put(record);
  await recorder.end();
  recording.close();
  const bytes = readFileSync(path);
  rmSync(path, { force: true });
  return bytes;
};
