// How fast bpftrace's stream can be read: through ndjson as the tool does, through split2 alone, and by hand. What
// matters is how far each is above what bpftrace prints.
import { createRequire } from 'node:module';
import ndjson from 'ndjson';

// The splitter within ndjson: no dependency of ours.
const split2 = createRequire(import.meta.resolve('ndjson'))('split2');

const CHUNK_BYTES = 64 * 1024;
const VOLUME_BYTES = 64 * 1024 * 1024;
const NEWLINE = 10;

/** MB a second for each way to read; all must see the same number of lines. */
export const measureParsing = async (stream) => {
  const whole = stream
    .subarray(0, stream.lastIndexOf(NEWLINE) + 1)
    .toString('utf8')
    .replace(/\n\n+/g, '\n');
  const text = whole
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => `${line}\n`)
    .join('');
  const once = Buffer.from(text);
  const times = Math.max(1, Math.ceil(VOLUME_BYTES / once.length));
  const chunks = chunksOf(once);
  const lines = (text.match(/\n/g)?.length ?? 0) * times;
  const results = {};
  for (const [name, read] of Object.entries(READERS)) {
    await read(chunks, 1);
    const startMs = performance.now();
    const seen = await read(chunks, times);
    const seconds = (performance.now() - startMs) / 1000;
    if (seen !== lines) throw new Error(`${name} read ${seen} lines of ${lines}`);
    results[name] = (once.length * times) / 1e6 / seconds;
  }
  return { bytesPerLine: once.length / (lines / times), megabytesPerSecond: results };
};

const chunksOf = (bytes) =>
  Array.from({ length: Math.ceil(bytes.length / CHUNK_BYTES) }, (_, index) =>
    bytes.subarray(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES),
  );

const through = async (parser, chunks, times) => {
  let seen = 0;
  parser.on('data', () => {
    seen += 1;
  });
  const ended = new Promise((resolve) => parser.once('end', resolve));
  for (let time = 0; time < times; time += 1) {
    for (const chunk of chunks) {
      if (!parser.write(chunk)) await new Promise((resolve) => parser.once('drain', resolve));
    }
  }
  parser.end();
  await ended;
  return seen;
};

const byHand = async (chunks, times) => {
  let seen = 0;
  let rest = Buffer.alloc(0);
  for (let time = 0; time < times; time += 1) {
    for (const chunk of chunks) {
      const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      let from = 0;
      for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, from)) {
        JSON.parse(bytes.toString('utf8', from, end));
        seen += 1;
        from = end + 1;
      }
      rest = bytes.subarray(from);
    }
  }
  return seen;
};

const READERS = {
  ndjson: (chunks, times) => through(ndjson.parse({ strict: true }), chunks, times),
  split2: (chunks, times) => through(split2(JSON.parse), chunks, times),
  'by hand': byHand,
};
