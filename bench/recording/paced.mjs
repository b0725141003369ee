// A recorder that is handed a sample every 20 ms and says its parent after each; to be killed.

import { createRecorder } from '../../dist/recording/write/recorder.js';
import { checkpointOf, createSession, foldInto } from '../../dist/session/session.js';
import { headerOf, sessionOf } from './generator.mjs';

const header = headerOf();
const session = createSession(header, { watched: false });
const recorder = createRecorder({ path: process.argv[2], overwrite: false, owner: null, minFreeBytes: 0 });
recorder.begin(header, () => checkpointOf(session));
let count = 0;
for (const record of sessionOf({ samples: 1e6, processes: 40, header })) {
  recorder.write(record);
  foldInto(session, record);
  if (record.type !== 'sample') continue;
  count += 1;
  process.send(count);
  await new Promise((resolve) => setTimeout(resolve, 20));
}
