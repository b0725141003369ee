// One measurement in a process of its own: times and resident memory of opening, jumping, stepping, reading whole.
import fs from 'node:fs';
import { createInterface } from 'node:readline';
import { openRecording } from '../../dist/recording/read/recording.js';
import { createCursor } from '../../dist/session/cursor.js';

const [what, path] = process.argv.slice(2);
/** A step that takes longer was not kept. */
const FOLDED_MS = 2;
const rss = () => process.memoryUsage.rss();
const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];
const timed = (act) => {
  const startMs = performance.now();
  act();
  return performance.now() - startMs;
};

const moments = () => {
  let recording;
  let cursor;
  const openMs = timed(() => {
    recording = openRecording(path);
    cursor = createCursor(recording);
    cursor.moveTo(0);
  });
  const openRss = rss();
  const count = recording.samples();
  const places = Array.from({ length: 21 }, (_, index) =>
    Math.floor((((index * 7_919 + 3_001) % 10_007) / 10_007) * count),
  );
  const backs = [];
  const jumps = places.map((place) => {
    const took = timed(() => cursor.moveTo(recording.sampleAt(recording.timeOf(place))));
    for (let back = 1; back <= 3; back += 1) backs.push(timed(() => cursor.moveTo(place - back)));
    return took;
  });
  const jumpRss = rss();
  // Further back than what a jump keeps, forty steps from each of five places.
  const walked = places.slice(0, 5).flatMap((place) => {
    cursor.moveTo(place);
    return Array.from({ length: 40 }, (_, back) => timed(() => cursor.moveTo(Math.max(0, place - back - 1))));
  });
  const folded = walked.filter((took) => took > FOLDED_MS);
  return {
    openMs,
    openRss,
    jumps: jumps.length,
    jumpMs: median(jumps),
    slowestJumpMs: Math.max(...jumps),
    jumpRss,
    backMs: median(backs),
    walkMs: median(walked),
    foldedShare: folded.length / walked.length,
    foldedMs: folded.length === 0 ? 0 : median(folded),
    slowestWalkMs: Math.max(...walked),
    backRss: rss(),
  };
};

const whole = async () => {
  const startMs = performance.now();
  let values = 0;
  for await (const line of createInterface({ input: fs.createReadStream(path) }))
    values += JSON.parse(line).seq ?? 0;
  return { wholeMs: performance.now() - startMs, wholeRss: rss(), values };
};

const speed = () => {
  const text = fs.readFileSync(path);
  const lines = text.toString('utf8').trimEnd().split('\n');
  const parseS =
    timed(() => {
      for (const line of lines) JSON.parse(line);
    }) / 1000;
  const recording = openRecording(path);
  const count = recording.samples();
  const readS =
    timed(() => {
      for (let number = 0; number < count; number += 1) recording.recordsOf(number);
    }) / 1000;
  const through = (options, samples) =>
    timed(() => {
      const cursor = createCursor(recording, { exact: true, ...options });
      for (let number = 0; number < samples; number += 1) cursor.foldTo(number);
    }) / 1000;
  const foldS = through({ watched: false }, count);
  // Insight takes long: a part stands for all.
  const part = Math.min(count, 600);
  const watchS = through({}, part) * (count / part);
  const mbs = (seconds) => text.length / 1e6 / seconds;
  return {
    parseMbs: mbs(parseS),
    parseSamples: count / parseS,
    readMbs: mbs(readS),
    readSamples: count / readS,
    foldMbs: mbs(foldS),
    foldSamples: count / foldS,
    watchMbs: mbs(watchS),
    watchSamples: count / watchS,
  };
};

console.log(JSON.stringify(await { moments, whole, speed }[what]()));
