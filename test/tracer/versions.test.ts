/** Recordings of every released version are read for ever, and say what they said. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openRecording } from '../../src/recording/read/recording.ts';
import { summaryObject } from '../../src/report/summary/object.ts';
import { createCursor } from '../../src/session/cursor.ts';
import { root } from '../docs/sections.ts';

const folder = join(root, 'test/fixtures/recordings');
const files = readdirSync(folder).filter((name) => /\.ndjson(\.gz)?$/.test(name));

type Summary = {
  readonly recording: { readonly samples: number; readonly complete: boolean };
  readonly totals: object;
  readonly host: object;
  readonly pids: { readonly pid: number; readonly comm: string; readonly metrics: object }[];
  readonly losses: object;
};

describe('a recording of an earlier version', () => {
  it('is there for the one we write', () => {
    expect(files).toEqual(['version-1.ndjson', 'version-1.ndjson.gz']);
  });

  it.each(files)('%s', (name) => {
    const recording = openRecording(join(folder, name));
    const cursor = createCursor(recording, { exact: true, watched: false });
    const read = JSON.parse(JSON.stringify(summaryObject(cursor.moveTo(recording.samples())))) as Summary;
    recording.close();
    expect({
      samples: read.recording.samples,
      complete: read.recording.complete,
      totals: read.totals,
      host: read.host,
      pids: read.pids.map(({ pid, comm, metrics }) => [pid, comm, metrics]),
      losses: read.losses,
    }).toEqual(JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')));
  });
});
