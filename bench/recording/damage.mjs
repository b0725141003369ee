// What one damaged byte costs: bytes of a recording are changed one at a time, anywhere, and wherever something is held
// together by them (the header, seals, beginnings of lines, the last block); each time the recording is opened anew and the
// samples around the place are read and held against what was recorded.
import fs from 'node:fs';
import { crc32 } from 'node:zlib';
import { findBlocks } from '../../dist/recording/read/blocks.js';
import { bytesOf } from '../../dist/recording/read/bytes.js';
import { openRecording } from '../../dist/recording/read/recording.js';

const STRUCTURAL_BYTES = 260;

/** Works on a copy, in which every byte is put back. */
export const damageTrials = (path, count) => {
  const copy = `${path}.damaged`;
  fs.copyFileSync(path, copy);
  const fd = fs.openSync(copy, 'r+');
  const size = fs.fstatSync(fd).size;
  const blocks = findBlocks(bytesOf(fd));
  const truth = truthOf(path);
  const places = [...anywhere(size, count), ...structural(blocks, size)];
  const result = {
    bytes: size,
    trials: places.length,
    untouched: 0,
    reported: 0,
    mostLost: 0,
    mostBlocks: 0,
    wrong: [],
  };
  const byte = Buffer.alloc(1);
  for (const [number, place] of places.entries()) {
    fs.readSync(fd, byte, 0, 1, place);
    const before = byte[0];
    byte[0] = before ^ (1 << (number % 8));
    fs.writeSync(fd, byte, 0, 1, place);
    try {
      judge(result, place, copy, truth, blocks);
    } catch (error) {
      result.wrong.push(`byte ${place}: ${error.message}`);
    } finally {
      byte[0] = before;
      fs.writeSync(fd, byte, 0, 1, place);
    }
  }
  fs.closeSync(fd);
  fs.rmSync(copy);
  return result;
};

/** Of every sample its number and what it counted, as a checksum. */
const truthOf = (path) => {
  const recording = openRecording(path);
  const truth = Array.from({ length: recording.samples() }, (_, number) => {
    const { seq, counters } = recording.recordsOf(number).find(({ type }) => type === 'sample');
    return { seq, sum: crc32(JSON.stringify(counters)) };
  });
  recording.close();
  return truth;
};

const anywhere = (size, count) =>
  Array.from(
    { length: count },
    (_, index) => Math.floor((((index * 7_919 + 3_001) % 10_007) / 10_007 + index / count) * size) % size,
  );

const range = (from, to) => Array.from({ length: Math.max(0, to - from) }, (_, index) => from + index);

/** The beginning and the end (the seal) of the first, a middle and the last two blocks. */
const structural = (blocks, size) =>
  [0, blocks.length >> 1, blocks.length - 2, blocks.length - 1].flatMap((at) => {
    const { start, end } = blocks[at];
    return [
      ...range(start, Math.min(end, start + STRUCTURAL_BYTES)),
      ...range(Math.max(start, end - STRUCTURAL_BYTES), Math.min(end, size)),
    ];
  });

const judge = (result, place, path, truth, blocks) => {
  const at = blocks.findIndex(({ end }) => place < end);
  const [from, to] = [Math.max(0, at - 1), Math.min(blocks.length - 1, at + 1)];
  const firsts = firstSamples(blocks);
  const recording = openRecording(path);
  try {
    const seen = new Map();
    let reported = false;
    const take = (records) => {
      for (const record of records) {
        if (record.type === 'sample') seen.set(record.seq, crc32(JSON.stringify(record.counters)));
        else if (record.type === 'loss') reported = true;
      }
    };
    // Numbers may have moved by what a damaged block held: times say where the place is.
    const fromUs = blocks[from].samples > 0 ? blocks[from].fromUs : 0;
    const first = fromUs === 0 ? 0 : recording.sampleAt(fromUs);
    const last = firsts[to] + blocks[to].samples;
    for (let number = first; number < Math.min(recording.samples(), last); number += 1)
      take(recording.recordsOf(number));
    if (to === blocks.length - 1) take(recording.tail());
    let lost = 0;
    const lostIn = new Set();
    for (let number = firsts[from]; number < last; number += 1) {
      const { seq, sum } = truth[number];
      const now = seen.get(seq);
      if (now === sum) continue;
      lost += 1;
      lostIn.add(blocks.findIndex((_, index) => number < firsts[index] + blocks[index].samples));
      if (now !== undefined) result.wrong.push(`byte ${place}: sample ${seq} says something else`);
    }
    if (lost > 0 && !reported)
      result.wrong.push(`byte ${place}: ${lost} samples are missing and nothing is reported`);
    if (reported) result.reported += 1;
    else result.untouched += 1;
    result.mostLost = Math.max(result.mostLost, lost);
    result.mostBlocks = Math.max(result.mostBlocks, lostIn.size);
  } finally {
    recording.close();
  }
};

const firstSamples = (blocks) => {
  let sum = 0;
  return blocks.map(({ samples }) => {
    sum += samples;
    return sum - samples;
  });
};
