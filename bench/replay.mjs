// How fast a recording of 200 active processes is folded, with and without insight, against JSON.parse of the same lines.
import { createSession, foldInto } from '../dist/session/session.js';
import { median } from './measure.mjs';
import { headerOf, sessionOf } from './recording/generator.mjs';

const SAMPLES = 300;
const ROUNDS = 3;

/** CPU, so that what else runs meanwhile counts less. */
const cpuMs = (work) => {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
};

export const measureReplay = () => {
  const header = headerOf();
  const lines = [...sessionOf({ samples: SAMPLES, processes: 200, header })].map((record) =>
    JSON.stringify(record),
  );
  const fold = (watched) => () => {
    const session = createSession(header, { watched });
    for (const line of lines) foldInto(session, JSON.parse(line));
  };
  const rounds = Array.from({ length: ROUNDS }, () => ({
    parse: cpuMs(() => {
      for (const line of lines) JSON.parse(line);
    }),
    counted: cpuMs(fold(false)),
    watched: cpuMs(fold(true)),
  }));
  const [parse, counted, watched] = ['parse', 'counted', 'watched'].map((what) =>
    median(rounds.map((round) => round[what])),
  );
  return { ofParsePercent: (100 * parse) / watched, withoutInsightPercent: (100 * parse) / counted };
};

if (process.argv[1] === new URL(import.meta.url).pathname) console.log(measureReplay());
