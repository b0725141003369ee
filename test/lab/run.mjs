// npm run lab [-- NAME...]: stages failures that have a name, what looks like one, and ordinary work, all for real; records
// each with this build of the tool; keeps the recordings in test/fixtures/incidents with the truth about them; and
// prints how the findings judge all that is kept, each half by itself. `npm run lab -- --judge` only prints; `-- --judge --tuned-on`
// prints nothing of the half that is held out (bench/insight/halves.mjs), which is how signatures are tuned. `npm run lab -- --first-page` records
// nothing, and prints how many seconds it takes to read who did it and who suffers on the first page (first-page.mjs).
//
// Needs root and bpftrace, XFS for some and QEMU for the guests (test/vm). Nothing of the machine is changed but what
// the stage undoes: a folder in /var/tmp, and loop mounts in it.
import { existsSync } from 'node:fs';
import { HALVES } from '../../bench/insight/halves.mjs';
import { judge, tableOf } from '../../bench/insight/incidents.mjs';
import { say, setUpProject } from '../../scripts/setup.mjs';
import { recordInGuests } from './guests.mjs';
import { recordHere } from './host.mjs';
import { keep } from './keep.mjs';
import { chooseSessions } from './sessions/index.mjs';

const main = async (words) => {
  setUpProject();
  if (words.includes('--first-page')) {
    const { lookAtFirstPages } = await import('./first-page.mjs');
    const names = words.filter((word) => !word.startsWith('-'));
    return (await lookAtFirstPages(chooseSessions(names))) ? 0 : 1;
  }
  const troubles = words.includes('--judge') ? [] : await recordAll(chooseSessions(words));
  console.log(tableOf(judge(words.includes('--tuned-on') ? HALVES[0] : null)));
  for (const trouble of troubles) say(`failed: ${trouble}`);
  return troubles.length === 0 ? 0 : 1;
};

const recordAll = async (sessions) => {
  const troubles = [];
  const fail = (trouble) => {
    say(trouble);
    troubles.push(trouble);
  };
  const onRecorded = (session, recorded) => {
    try {
      say(`${session.name}: ${Math.ceil(keep(session, recorded) / 1024)} KiB kept`);
    } catch (error) {
      fail(error.message);
    }
  };
  for (const session of sessions.filter(({ where }) => where === 'host')) {
    if (session.needs !== undefined && !existsSync(session.needs)) {
      say(`${session.name}: skipped, needs ${session.needs}`);
      continue;
    }
    try {
      onRecorded(session, await recordHere(session));
    } catch (error) {
      fail(`${session.name}: ${error.message}`);
    }
  }
  const inGuests = sessions.filter(({ where }) => where !== 'host');
  return [...troubles, ...(await recordInGuests(inGuests, onRecorded))];
};

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  say(error.message);
  process.exitCode = 2;
}
