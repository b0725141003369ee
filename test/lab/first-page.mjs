// What an engineer sees who types `stallscope` while something is wrong, and touches no key: for each session that is
// staged on this machine, the seconds from the command to the names of its suspect and of a victim among the lines above
// the table of processes, on a real terminal of 80 × 24. The whole machine is looked at, whatever else it does.
import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import pty from '@lydell/node-pty';
import xterm from '@xterm/headless';
import { root, say } from '../../scripts/setup.mjs';
import { onStand } from './stand.mjs';
import { WORKLOADS } from './workloads.mjs';

const { titleOf } = await import(new URL('../../dist/insight/findings/index.js', import.meta.url).href);

const COLUMNS = 80;
const ROWS = 24;
/** The cast begins innocently, some of it for six seconds; what happens once, in a moment, happens after the command. */
const UNDER_WAY_MS = 9_000;
const LONGEST_MS = 60_000;
const LOOK_MS = 100;

/** Prints a row for each session, with `–` for what never came. False when there is none to stage here. */
export const lookAtFirstPages = async (sessions) => {
  const here = sessions.filter(
    ({ where, truth, needs }) =>
      where === 'host' && truth.length > 0 && (needs === undefined || existsSync(needs)),
  );
  console.log(
    lineOf('session', { suspect: ['suspect', 's'], victim: ['victim', 's'], finding: ['', 'named'] }),
  );
  for (const session of here) {
    say(`${session.name}: preparing`);
    console.log(lineOf(session.name, await staged(session)));
  }
  return here.length > 0;
};

const lineOf = (name, { suspect, victim, finding }) =>
  [
    name.padEnd(20),
    ...[suspect, victim].flatMap(([who, at]) => [who.padEnd(16), at.padStart(5)]),
    finding[1].padStart(5),
  ].join('  ');

const staged = ({ make, play, truth, underWayMs = UNDER_WAY_MS }) =>
  onStand(WORKLOADS, async (stand) => {
    make(stand);
    play(stand);
    await delay(underWayMs);
    return await seen(truth[0]);
  });

/** When each was first on the page, in seconds since the command; what stood there instead is said where one never came. */
const seen = async ({ id, suspect, victims = [] }) => {
  const screen = new xterm.Terminal({ cols: COLUMNS, rows: ROWS, allowProposedApi: true });
  const began = performance.now();
  const tool = pty.spawn(process.execPath, [`${root}bin/stallscope.js`], {
    cols: COLUMNS,
    rows: ROWS,
    env: { ...process.env, TERM: 'xterm-256color' },
  });
  let ended = false;
  tool.onExit(() => {
    ended = true;
  });
  tool.onData((text) => screen.write(text));
  const at = {};
  const wanted = {
    suspect: suspect === null ? [] : [suspect],
    victim: victims,
    finding: [titleOf(id).split(':')[0]],
  };
  const isAllSeen = () =>
    Object.entries(wanted).every(([what, names]) => names.length === 0 || at[what] !== undefined);
  while (!ended && !isAllSeen() && performance.now() - began < LONGEST_MS) {
    await delay(LOOK_MS);
    const text = bannerOf(screen);
    // Lanes have names of metrics: one of OOM kills is no finding.
    const told = text.split('\nSIGNALS')[0];
    const now = (performance.now() - began) / 1000;
    for (const [what, names] of Object.entries(wanted))
      if (names.some((name) => (what === 'finding' ? told : text).includes(name)))
        at[what] ??= now.toFixed(1);
  }
  if (!isAllSeen()) say(bannerOf(screen));
  tool.write('q');
  await Promise.race([new Promise((resolve) => tool.onExit(resolve)), delay(10_000)]);
  const cell = (what, nobody) => [
    wanted[what][0] ?? nobody,
    wanted[what].length === 0 ? '' : (at[what] ?? '–'),
  ];
  return { suspect: cell('suspect', 'nobody'), victim: cell('victim', ''), finding: cell('finding', '') };
};

/** Above the table of processes. */
const bannerOf = ({ buffer }) => {
  const lines = Array.from(
    { length: ROWS },
    (_, row) => buffer.active.getLine(row)?.translateToString(true) ?? '',
  );
  const table = lines.findIndex((line) => line.startsWith('PROCESSES'));
  return lines.slice(0, table === -1 ? ROWS : table).join('\n');
};
