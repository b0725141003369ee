/** Real sessions with a truth (`npm run lab`), and what the findings say of them, also as a lesser host would have it. */
import { existsSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { HeaderRecord, StreamRecord } from '../../src/core/record.ts';
import { allFindings } from '../../src/insight/findings/all.ts';
import type { Finding } from '../../src/insight/findings/finding.ts';
import { openRecording } from '../../src/recording/read/recording.ts';
import { createSession, foldInto, type Session } from '../../src/session/session.ts';

const SHELVES = ['test/fixtures/incidents', 'examples'].map((shelf) => resolve(shelf));

type Truth = {
  readonly kind: 'incident' | 'near miss' | 'null';
  /** The failure that a near miss is near to. */
  readonly near?: string;
  readonly findings: readonly {
    readonly id: string;
    /** Nobody is to be accused of some. */
    readonly suspect: { readonly comm: string; readonly pid: number } | null;
    readonly victims: readonly string[];
  }[];
};

export type RealSession = Truth & { readonly name: string; readonly path: string };

export const realSessions: readonly RealSession[] = Object.entries(
  JSON.parse(readFileSync(join(SHELVES[0] ?? '', 'truth.json'), 'utf8')) as Record<string, Truth>,
).map(([name, truth]) => {
  const path = SHELVES.map((shelf) => join(shelf, `${name}.ndjson.gz`)).find((file) => existsSync(file));
  if (path === undefined) throw new Error(`there is no recording ${name}`);
  return { ...truth, name: basename(name), path };
});

export const findingsIn = (path: string, has?: (metric: string) => boolean): Finding[] => {
  const { state, watch } = sessionAtEnd(path, has);
  return watch === null ? [] : allFindings({ watch, state });
};

/** The most that any one process, or control group, has counted, or held, of a metric by the end. */
export const mostOf = (path: string, metric: string): number => {
  const { owners, former, cgroups } = sessionAtEnd(path).state;
  const all = [...owners.values(), ...former.values()];
  return Math.max(
    0,
    ...all.map(({ counts }) => counts.get(metric)?.total ?? 0),
    ...[...cgroups.values()].map(({ readings }) => readings.get(metric)?.total ?? 0),
  );
};

/** As text, whatever its reader makes of it. */
export const samplesIn = (path: string): number =>
  gunzipSync(readFileSync(path)).toString('utf8').split('{"type":"sample",').length - 1;

/** The one asked for last, as it was recorded. */
let latest: { readonly path: string; readonly session: Session } | null = null;

/** `has` says which metrics the host gave; what it did not give is taken out, as if it had never been there. */
export const sessionAtEnd = (path: string, has?: (metric: string) => boolean): Session => {
  if (has !== undefined) return foldedTo(path, has);
  if (latest?.path !== path) latest = { path, session: foldedTo(path, () => true) };
  return latest.session;
};

const foldedTo = (path: string, has: (metric: string) => boolean): Session => {
  const recording = openRecording(path);
  const session = createSession(lesser(recording.header, has));
  const take = (record: StreamRecord): void => {
    foldInto(session, record.type === 'sample' ? lesserSample(record, has) : record);
  };
  for (let number = 0; number < recording.samples(); number += 1) {
    for (const record of recording.recordsOf(number)) take(record);
  }
  recording.close();
  return session;
};

const lesser = (header: HeaderRecord, has: (metric: string) => boolean): HeaderRecord => ({
  ...header,
  metrics: header.metrics.filter(({ id }) => has(id)),
});

const lesserSample = (
  sample: Extract<StreamRecord, { type: 'sample' }>,
  has: (metric: string) => boolean,
): StreamRecord => ({
  ...sample,
  counters: Object.fromEntries(Object.entries(sample.counters).filter(([metric]) => has(metric))),
  host: Object.fromEntries(Object.entries(sample.host).filter(([metric]) => has(metric))),
});
