// play.mjs NAME DIRECTORY SECONDS: the command that a recording on the host follows: stages the session whose stand was
// made there, lets it run for so long, and ends it. Who played is left behind in cast.json.
import { writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { chooseSessions } from './sessions/index.mjs';
import { createStand } from './stand.mjs';

const [name, directory, seconds] = process.argv.slice(2);
const [session] = chooseSessions([name]);
const stand = createStand(directory, []);
const stop = () => {
  stand.tearDown();
  if (stand.failed.length > 0) process.stderr.write(`${stand.failed.join(', ')}\n`);
  process.exit(stand.failed.length > 0 ? 1 : 0);
};
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, stop);
session.play(stand);
writeFileSync(stand.path('cast.json'), JSON.stringify(stand.cast));
await delay(Number(seconds) * 1000);
stop();
