/** A session long enough for many blocks, quick to make, and recorded. */
import type { HeaderRecord, StreamRecord } from '../../src/core/record.ts';
import { createRecorder, type Recorder, type RecorderOptions } from '../../src/recording/write/recorder.ts';
import { checkpointOf, createSession, foldInto, type Session } from '../../src/session/session.ts';
import { headerOf, START_US, sampleOf } from './stream.ts';

/** A few processes that come and go and count, with marks and losses in between. */
export const longSession = (samples: number, processes = 5): StreamRecord[] => {
  const records: StreamRecord[] = [];
  for (let seq = 0; seq < samples; seq += 1) {
    const bootUs = START_US + seq * 1_000_000;
    const born = seq % 25 === 0;
    const pids = Array.from(
      { length: processes },
      (_, index) => index + 1 + processes * Math.floor(seq / 25),
    );
    if (born)
      for (const pid of pids)
        records.push({ type: 'process', bootUs, pid, startMs: bootUs / 1000, comm: `worker-${pid % 7}` });
    if (seq % 40 === 39) records.push({ type: 'mark', bootUs, text: `mark at ${seq}` });
    if (seq % 60 === 59) records.push({ type: 'loss', bootUs, kind: 'lost-events', count: 3 });
    const counters = {
      'iomap.iter': pids.map((pid) => [pid, ((seq % 25) + 1) * (pid + 3)]),
      'iomap.by_order': pids.map((pid) => [pid, pid % 3, 1, (seq % 25) + 1]),
    };
    const host = { 'vm.pgfault': seq * 17, 'mem.free': 5_000 - (seq % 100) };
    records.push(sampleOf(seq, counters, { host, full: seq % 60 === 0 }));
    if (seq % 25 === 24) {
      for (const pid of pids)
        records.push(
          { type: 'exit', bootUs, pid, startMs: (bootUs - 24_000_000) / 1000, comm: `worker-${pid % 7}` },
          { type: 'forget', bootUs, pid },
        );
    }
  }
  const bootUs = START_US + samples * 1_000_000;
  return [...records, { type: 'trailer', bootUs, reason: 'end', samples, records: 0 }];
};

export type Recorded = { readonly session: Session; readonly status: ReturnType<Recorder['status']> };

/** Records them as the pump does, and waits where a disk would be waited for. */
export const recordAll = async (
  options: Partial<RecorderOptions> & { readonly path: string },
  records: readonly StreamRecord[],
  {
    header = headerOf(),
    each,
  }: { header?: HeaderRecord; each?: (recorder: Recorder, index: number) => void } = {},
): Promise<Recorded> => {
  const recorder = createRecorder({ overwrite: false, owner: null, minFreeBytes: 0, ...options });
  const session = createSession(header);
  recorder.begin(header, () => checkpointOf(session));
  for (const [index, record] of records.entries()) {
    recorder.write(record);
    foldInto(session, record);
    each?.(recorder, index);
    if (index % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
    await recorder.room();
  }
  await recorder.end();
  return { session, status: recorder.status() };
};
