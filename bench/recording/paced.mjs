// A recorder that is handed a sample every 20 ms and tells its parent after each; to be killed.
import { checkpointOf } from '../../dist/core/checkpoint.js';
import { fold } from '../../dist/core/fold.js';
import { createState } from '../../dist/core/state.js';
import { createRecorder } from '../../dist/sinks/recorder.js';
import { headerOf, sessionOf } from './generator.mjs';

const header = headerOf();
const state = createState(header);
state.unwatched = true;
const recorder = createRecorder({ path: process.argv[2], overwrite: false, owner: null, minFreeBytes: 0 });
recorder.begin(header, () => checkpointOf(state));
let count = 0;
for (const record of sessionOf({ samples: 1e6, processes: 40, header })) {
  recorder.write(record);
  fold(state, record);
  if (record.type !== 'sample') continue;
  count += 1;
  process.send(count);
  await new Promise((resolve) => setTimeout(resolve, 20));
}
