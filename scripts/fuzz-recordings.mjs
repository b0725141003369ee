// Mutations, and what must hold of everything that reads a recording. Used by npm run fuzz and by test/fuzz.test.ts.
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StallscopeError } from '../dist/errors.js';
import { openRecording } from '../dist/recording/read/recording.js';
import { summaryObject } from '../dist/report/summary/object.js';
import { summaryLines } from '../dist/report/summary/page.js';
import { createCursor } from '../dist/session/cursor.js';
import { marksOf } from '../dist/session/marks.js';
import { createSession, foldInto, restoreSession, snapshotOf } from '../dist/session/session.js';
import { decodeHeader, decodeRecord } from '../dist/wire/recording.js';

/** A small generator of its own: a seed gives the same input every time. */
export const randomOf = (seed) => {
  let state = (seed * 2_654_435_761) >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
};

const WORDS = [
  '\u001b]0;x\u0007',
  '\u001b[2J',
  '__proto__',
  'constructor',
  '\u0000',
  '\u202e',
  '9'.repeat(400),
  '{"',
  '\n',
];
const VALUES = [
  null,
  true,
  -1,
  0,
  1e308,
  -1e308,
  2 ** 53,
  1.5,
  '',
  [],
  {},
  [[]],
  'x'.repeat(5_000),
  ...WORDS,
];

const pick = (list, random) => list[Math.floor(random() * list.length)];

/** Bytes of a file, changed in one to four ways. */
export const mutateText = (bytes, random) => {
  let out = Buffer.from(bytes);
  const times = 1 + Math.floor(random() * 4);
  for (let time = 0; time < times && out.length > 0; time += 1) out = pick(WAYS, random)(out, random);
  return out;
};

const at = (bytes, random) => Math.floor(random() * bytes.length);

const WAYS = [
  (bytes, random) => {
    const place = at(bytes, random);
    bytes[place] ^= 1 << Math.floor(random() * 8);
    return bytes;
  },
  (bytes, random) => {
    bytes[at(bytes, random)] = Math.floor(random() * 256);
    return bytes;
  },
  (bytes, random) => bytes.subarray(0, at(bytes, random)),
  (bytes, random) => {
    const [from, to] = [at(bytes, random), at(bytes, random)].sort((a, b) => a - b);
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)]);
  },
  (bytes, random) => {
    const from = at(bytes, random);
    const piece = bytes.subarray(from, from + Math.floor(random() * 4_000));
    const to = at(bytes, random);
    return Buffer.concat([bytes.subarray(0, to), piece, bytes.subarray(to)]);
  },
  (bytes, random) => {
    const from = at(bytes, random);
    bytes.fill(0, from, Math.min(bytes.length, from + Math.floor(random() * 600)));
    return bytes;
  },
  (bytes, random) => {
    const place = at(bytes, random);
    return Buffer.concat([bytes.subarray(0, place), Buffer.from(pick(WORDS, random)), bytes.subarray(place)]);
  },
  // Lines in another order, or changed within: what looks whole and is not.
  (bytes, random) => {
    const lines = bytes.toString('latin1').split('\n');
    const [a, b] = [Math.floor(random() * lines.length), Math.floor(random() * lines.length)];
    [lines[a], lines[b]] = [lines[b], lines[a]];
    return Buffer.from(lines.join('\n'), 'latin1');
  },
  (bytes, random) => {
    const lines = bytes.toString('latin1').split('\n');
    const place = Math.floor(random() * lines.length);
    lines[place] = mutateValue(lines[place], random);
    return Buffer.from(lines.join('\n'), 'latin1');
  },
];

/** A line with a field changed, removed, or put where none was. */
export const mutateValue = (line, random) => {
  let value;
  try {
    value = JSON.parse(line);
  } catch {
    return line;
  }
  const holders = [];
  const visit = (one) => {
    if (typeof one !== 'object' || one === null || holders.length > 2_000) return;
    if (Object.keys(one).length > 0) holders.push(one);
    for (const inner of Object.values(one)) visit(inner);
  };
  visit(value);
  const holder = pick(holders, random);
  if (holder === undefined) return line;
  const key = pick(Object.keys(holder), random);
  const how = random();
  if (how < 0.7) holder[key] = pick(VALUES, random);
  else if (how < 0.85) delete holder[key];
  else Object.defineProperty(holder, pick(WORDS, random), { value: pick(VALUES, random), enumerable: true });
  return JSON.stringify(value);
};

/** What must never reach a terminal. */
const RAW = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/;
const MOST_MS = 10_000;
const PROTOTYPE = Object.getOwnPropertyNames(Object.prototype).sort().join();

export const isClean = (text) => (RAW.test(text) ? 'a control character reaches the screen' : null);

export const polluted = () =>
  Object.getOwnPropertyNames(Object.prototype).sort().join() === PROTOTYPE ? null : 'a prototype was changed';

/** What is wrong with how a file of these bytes is read; null when nothing is. */
export const tryBytes = (bytes) => {
  const path = join(tmpdir(), `stallscope-fuzz-${process.pid}`);
  fs.writeFileSync(path, bytes);
  const startMs = performance.now();
  try {
    const recording = openRecording(path);
    try {
      const count = recording.samples();
      const cursor = createCursor(recording);
      for (const number of [0, count >> 1, count - 1, 1, count]) cursor.moveTo(number);
      marksOf(recording);
      const snapshot = cursor.moveTo(count);
      JSON.stringify(summaryObject(snapshot));
      const problem = isClean(summaryLines(snapshot, 'x').join('\n'));
      if (problem !== null) return problem;
    } finally {
      recording.close();
    }
  } catch (error) {
    if (!(error instanceof StallscopeError)) return `${error?.stack ?? error}`;
    const problem = isClean(error.message.replaceAll('\n', ' '));
    if (problem !== null) return `${problem}: ${JSON.stringify(error.message)}`;
  } finally {
    fs.rmSync(path, { force: true });
  }
  if (performance.now() - startMs > MOST_MS) return `it took ${Math.round(performance.now() - startMs)} ms`;
  return polluted();
};

let header = null;

/** What is wrong with how one line is read; null when nothing is. */
export const tryLine = (line) => {
  try {
    const value = JSON.parse(line);
    const asHeader = decodeHeader(value);
    if (asHeader.kind === 'header') {
      header ??= asHeader.header;
      snapshotOf(createSession(asHeader.header));
    }
    const decoded = decodeRecord(value);
    if (header === null) return polluted();
    const session = createSession(header);
    if (decoded.kind === 'record') foldInto(session, decoded.record);
    if (decoded.kind === 'checkpoint') {
      const restored = restoreSession(header, [decoded.checkpoint]);
      if (restored !== null) JSON.stringify(summaryObject(snapshotOf(restored)));
    }
    JSON.stringify(summaryObject(snapshotOf(session)));
    return polluted();
  } catch (error) {
    return `${error?.stack ?? error}`;
  }
};
