/** What a recording holds, read as a test likes it. */
import { writeFileSync } from 'node:fs';
import type { HeaderRecord, SampleRecord, StreamRecord } from '../../src/core/record.ts';
import { openRecording } from '../../src/recording/read/recording.ts';
import type { Recording } from '../../src/session/ports.ts';

/** The time of each sample. */
export const timesOf = (recording: Recording): number[] =>
  Array.from({ length: recording.samples() }, (_, number) => recording.timeOf(number));

/** Every record, and what stands after the last sample. */
export const recordsIn = (recording: Recording): StreamRecord[] => [
  ...Array.from({ length: recording.samples() }, (_, number) => recording.recordsOf(number)).flat(),
  ...recording.tail(),
];

export const readAll = (path: string): { readonly records: StreamRecord[]; readonly times: number[] } => {
  const recording = openRecording(path);
  try {
    return { records: recordsIn(recording), times: timesOf(recording) };
  } finally {
    recording.close();
  }
};

/** A recording that is in no file: one record for each sample. */
export const recordingFrom = (
  header: HeaderRecord,
  samples: readonly SampleRecord[],
  tail: readonly StreamRecord[] = [],
): Recording => ({
  header,
  isExact: false,
  first: () => 0,
  samples: () => samples.length,
  startUs: () => header.clock.bootUs,
  timeOf: (number) => samples[number]?.bootUs ?? header.clock.bootUs,
  endUs: () => samples.at(-1)?.bootUs ?? header.clock.bootUs,
  sampleAt: (bootUs) =>
    Math.max(
      0,
      samples.findLastIndex((sample) => sample.bootUs <= bootUs),
    ),
  recordsOf: (number) => samples.slice(number, number + 1),
  tail: () => tail,
  anchorAt: () => null,
  hasAnchor: () => false,
  resumesAt: () => false,
  holes: () => [],
  weightOf: () => 0,
  addedMarks: () => [],
  ownMarks: () => [],
  addMark: () => null,
  refresh: () => false,
  close: () => undefined,
});

/** The same session as lines, as another host at another time would have recorded it. */
export const writtenAs = (
  path: string,
  source: string,
  change: (header: HeaderRecord) => HeaderRecord,
): string => {
  const recording = openRecording(source);
  try {
    const lines = [change(recording.header), ...recordsIn(recording)].map((record) => JSON.stringify(record));
    writeFileSync(path, `${lines.join('\n')}\n`);
  } finally {
    recording.close();
  }
  return path;
};
