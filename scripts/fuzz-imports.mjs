// Mutations of what other tools have written, and what must hold of everything that reads it: an answer or a refusal with
// its place, in time; a recording that the schema takes; no character that a terminal obeys. Used by npm run fuzz and by
// test/foreign/fuzz.test.ts.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { asMessage } from '../dist/core/safe-text.js';
import { recordingOf } from '../dist/foreign/foreign-recording.js';
import { recognise } from '../dist/foreign/formats.js';
import { mergeSources } from '../dist/foreign/merge.js';
import { readTar } from '../dist/foreign/tar.js';
import { zoneOf } from '../dist/foreign/zone.js';
import { summaryLines } from '../dist/report/summary/page.js';
import { createSession, foldInto, snapshotOf } from '../dist/session/session.js';
import { decodeHeader, decodeRecord } from '../dist/wire/recording.js';

const fixtures = join(fileURLToPath(new URL('..', import.meta.url)), 'test', 'fixtures');
const FOLDERS = [
  'captured/sysstat-12.6',
  'captured/procps-4.0',
  'captured/proc-loop-6.18',
  'captured/top-4.0',
  'captured/atop-2.8',
  'captured/collectl-4.3',
  'captured/pcp-6.0',
  'documented/below',
  'documented/kernel-log',
  'documented/imports',
];
const SLOWEST_MS = 10_000;
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

async function* chunksOf(bytes) {
  for (let at = 0; at < bytes.length; at += 1_000) yield bytes.subarray(at, at + 1_000);
}

/** Every fixture that an importer recognises. */
export const importSeeds = () =>
  FOLDERS.flatMap((folder) => {
    const path = join(fixtures, folder);
    return existsSync(path) ? readdirSync(path).map((name) => join(path, name)) : [];
  })
    .filter((path) => statSync(path).isFile())
    .map((path) => ({ path, bytes: readFileSync(path) }))
    .flatMap(({ path, bytes }) => {
      const format = recognise(bytes.toString('utf8').slice(0, 64 * 1024));
      return format === null ? [] : [{ path, bytes, format }];
    });

/** null when all held, otherwise what did not. Text that begins as no format is read as the one it was. */
export const tryImport = async ({ format }, bytes, random) => {
  const before = process.cpuUsage();
  const zone = [null, zoneOf('Europe/Berlin'), zoneOf('+05:30')][Math.floor(random() * 3)];
  try {
    const read = await format.read(chunksOf(bytes), {
      zone,
      bootUs: null,
      writtenMs: 1_750_000_000_000,
      endedMs: 1_750_000_000_000,
    });
    const problem = 'why' in read ? refusalProblem(read) : recordingProblem(read, format);
    if (problem !== null) return problem;
  } catch (error) {
    return `threw ${error.stack}`;
  }
  // Of the CPU: others may be at work here.
  const ms = process.cpuUsage(before).user / 1000;
  return ms > SLOWEST_MS ? `took ${ms} ms` : null;
};

const refusalProblem = ({ where, why }) =>
  typeof where !== 'string' || why === '' || CONTROL.test(asMessage(`${where}: ${why}`))
    ? `refused as ${JSON.stringify({ where, why })}`
    : null;

const recordingProblem = ({ table, host }, format) => {
  const merged = mergeSources([{ name: 'x', family: format.family, table }]);
  const { header, records } = recordingOf(merged, { from: format.id, host }, '0.0.0');
  const read = decodeHeader(JSON.parse(JSON.stringify(header)));
  if (read.kind !== 'header' || read.missing !== null)
    return `a header that is none: ${JSON.stringify(read).slice(0, 500)}`;
  const session = createSession(header, { watched: true });
  let beforeUs = 0;
  for (const record of records) {
    const decoded = decodeRecord(JSON.parse(JSON.stringify(record)));
    if (decoded.kind !== 'record') return `a record that is none: ${JSON.stringify(decoded).slice(0, 500)}`;
    if (record.type === 'sample' && record.bootUs < beforeUs) return 'a sample before the one before it';
    if (record.type === 'sample') beforeUs = record.bootUs;
    foldInto(session, record);
  }
  const text = summaryLines(snapshotOf(session), 'x').join('\n');
  return CONTROL.test(text) ? `printed ${JSON.stringify(CONTROL.exec(text)?.[0])}` : null;
};

/** Archives: each file is read to its end. */
export const tryTar = async (bytes) => {
  try {
    await readTar(chunksOf(bytes), async ({ name, chunks }) => {
      if (typeof name !== 'string') throw new Error('a file without a name');
      for await (const chunk of chunks)
        if (chunk.length > bytes.length) throw new Error('more than there is');
    });
    return null;
  } catch (error) {
    return `threw ${error.stack}`;
  }
};
