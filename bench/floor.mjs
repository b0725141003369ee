// What any Node.js program takes that does nothing but paint a screen of this size once a second.
import { costOver, SIZE, sleep, startOnTerminal } from './measure.mjs';

const PAINTER = `
let count = 0;
setInterval(() => {
  count += 1;
  const line = String(count).padStart(${SIZE.cols - 1}, '.');
  process.stdout.write('\\x1b[H' + Array(${SIZE.rows - 1}).fill(line).join('\\r\\n') + '\\r\\npainted');
}, 1000);
`;

const WATCH_MS = 10_000;

export const measureFloor = async () => {
  const screen = startOnTerminal(process.execPath, ['-e', PAINTER]);
  await screen.shows(/painted/);
  await sleep(2_000);
  const cost = await costOver(screen.pid, WATCH_MS);
  process.kill(screen.pid);
  await screen.ended;
  return cost;
};

if (process.argv[1] === new URL(import.meta.url).pathname) console.log(await measureFloor());
