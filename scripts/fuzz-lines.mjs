// Millions of damaged lines: each is read as a reader reads it, folded into a running session, and shown: a damaged line
// changes what the next ones meet. Lines are those of the seeds with their long tables cut, so that thousands a second
// can be tried; whole files are the other mode's.

import { checkpointIn, readLines } from '../dist/recording/read/load.js';
import { composeScreen } from '../dist/screen/compose.js';
import { glyphsFor } from '../dist/screen/format/glyphs.js';
import { KEYS } from '../dist/screen/keys/keys.js';
import { bareView } from '../dist/screen/view.js';
import {
  createSession,
  foldInto,
  restoreSession,
  snapshotOf,
  watchedFromNow,
} from '../dist/session/session.js';
import { decodeHeader } from '../dist/wire/recording.js';
import { isClean, mutateText, mutateValue, polluted, randomOf } from './fuzz-recordings.mjs';

/** Damaged lines that one session takes before a new one begins. */
const SESSION_LINES = 100;
/** So many damaged lines are folded before the screen is drawn: what they have put there stays. */
const LINES_A_SCREEN = 8;
const MOST_ENTRIES = 6;
const MOST_METRICS = 24;
const MOST_KEYS = 24;
/** No line may take longer to be read and shown. */
const MOST_MS = 2_000;
const PAGES = ['table', 'detail', 'session', 'finding'];

/** The same line with at most so many entries in each of its tables. */
export const shorten = (value) => {
  if (Array.isArray(value)) return value.slice(0, MOST_ENTRIES).map(shorten);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .slice(0, MOST_KEYS)
      .map(([key, inner]) => [key, shorten(inner)]),
  );
};

/** Of every probe some. */
const withFewerMetrics = (header) => {
  const step = Math.ceil(header.metrics.length / MOST_METRICS);
  return { ...header, metrics: header.metrics.filter((_, index) => index % step === 0) };
};

/** Lines by type, so that the rare ones are tried as often as samples. */
export const lineSeeds = (files) => {
  const byType = new Map();
  for (const { text } of files) {
    for (const line of text.split('\n')) {
      if (line === '') continue;
      const value = JSON.parse(line);
      const known = byType.get(value.type) ?? [];
      if (known.length < 400)
        known.push(JSON.stringify(value.type === 'header' ? withFewerMetrics(value) : shorten(value)));
      byType.set(value.type, known);
    }
  }
  return byType;
};

const pick = (list, random) => list[Math.floor(random() * list.length)];

const blockOf = (text) => ({
  block: { container: null, start: 0 },
  text,
  trouble: null,
  ends: [],
  timesUs: [],
});

const recordsIn = (line) => {
  const text = Buffer.from(`${line}\n`);
  const records = [];
  readLines(blockOf(text), { from: 0, to: text.length, bootUs: 0 }, records);
  return records;
};

export const createLineFuzz = (byType) => {
  // Long lines take long.
  const often = (type) => (type === 'header' || type === 'checkpoint' ? 1 : 4);
  const types = [...byType.keys()].flatMap((type) => (type === 'block' ? [] : Array(often(type)).fill(type)));
  let session = null;
  let tried = 0;

  const begin = (random) => {
    const { header } = decodeHeader(JSON.parse(pick(byType.get('header'), random)));
    session = createSession(header);
    for (let count = 0; count < 6; count += 1)
      for (const type of ['process', 'sample'])
        for (const record of recordsIn(pick(byType.get(type), random))) foldInto(session, record);
  };

  const show = (snapshot) => {
    const size = { columns: 100, rows: 20 };
    const bare = bareView({ mode: 'replay', snapshot, keys: KEYS, size, glyphs: glyphsFor('utf8') });
    const selectedId = snapshot.rows[tried % Math.max(1, snapshot.rows.length)]?.id ?? null;
    const view = { ...bare, ui: { ...bare.ui, page: PAGES[(tried / LINES_A_SCREEN) & 3], selectedId } };
    for (const { lines } of composeScreen(view))
      for (const line of lines)
        for (const { text } of line) {
          const problem = isClean(text.replaceAll('\n', '\u0000'));
          if (problem !== null) return `${problem}: ${JSON.stringify(text)}`;
        }
    return null;
  };

  /** The damaged line, and what is wrong with how it is read and shown; null when nothing is. */
  const tryOne = (random) => {
    if (session === null || tried % SESSION_LINES === 0) begin(random);
    tried += 1;
    const whole = pick(byType.get(pick(types, random)), random);
    const line =
      random() < 0.6 ? mutateValue(whole, random) : mutateText(Buffer.from(whole), random).toString('latin1');
    return { line, problem: readAndShow(line) };
  };

  const readAndShow = (line) => {
    const startMs = performance.now();
    try {
      const text = Buffer.from(`${line}\n`, 'latin1');
      const records = [];
      readLines(blockOf(text), { from: 0, to: text.length, bootUs: 0 }, records);
      for (const record of records) foldInto(session, record);
      const parts = checkpointIn(blockOf(text));
      const restored = parts.length > 0 ? restoreSession(session.state.header, parts) : null;
      if (restored !== null) session = watchedFromNow(restored);
      const header = line.includes('"header"') ? headerIn(line) : null;
      if (header !== null) session = createSession(header);
      const problem = tried % LINES_A_SCREEN === 0 || header !== null ? show(snapshotOf(session)) : null;
      if (problem !== null) return problem;
    } catch (error) {
      return `${error?.stack ?? error}`;
    }
    const tookMs = performance.now() - startMs;
    return tookMs > MOST_MS ? `it took ${Math.round(tookMs)} ms` : polluted();
  };

  /** A line that once went wrong, in a session of its own, on every page. */
  const tryKept = (line) => {
    begin(randomOf(1));
    for (const page of PAGES.keys()) {
      tried = page * LINES_A_SCREEN;
      const problem = readAndShow(line);
      if (problem !== null) return problem;
    }
    return null;
  };

  return { tryOne, tryKept };
};

const headerIn = (line) => {
  let value;
  try {
    value = JSON.parse(line);
  } catch {
    return null;
  }
  const decoded = decodeHeader(value);
  return decoded.kind === 'header' ? decoded.header : null;
};
