/** Moves records from a source into the state, the sinks and the store; the one loop of live and record. */
import { checkpointOf } from '../core/checkpoint.ts';
import { fold } from '../core/fold.ts';
import type { HeaderRecord, StreamRecord } from '../core/record.ts';
import type { Snapshot } from '../core/snapshot.ts';
import { createState, type SessionState } from '../core/state.ts';
import { takeSnapshot } from '../core/take-snapshot.ts';
import type { MarkQueue } from './marks.ts';
import type { Sink, Source } from './ports.ts';
import type { SnapshotStore } from './store.ts';

export type PumpOptions = {
  readonly source: Source;
  readonly sinks: readonly Sink[];
  readonly store: SnapshotStore;
  /** Called with every record after it was folded; the state is lent, not given. */
  readonly onFolded?: (record: StreamRecord, state: SessionState) => void;
  /** Marks that somebody sets meanwhile. */
  readonly marks?: MarkQueue;
  /** Called with the snapshot of every sample, and a last time when the stream has ended. */
  readonly onSample?: (snapshot: Snapshot, record: StreamRecord) => void;
  /** Called once counting has begun. */
  readonly onReady?: () => void;
};

/** Resolves with the last snapshot when the source is done. Rejects with what `open` rejects with. */
export const pump = async ({ source, sinks, store, ...hooks }: PumpOptions): Promise<Snapshot> => {
  const header = await source.open();
  try {
    return await run(header, { source, sinks, store, ...hooks });
  } catch (error) {
    // A sink or a hook failed: what was opened must not go on without us.
    source.stop('failed');
    throw error;
  }
};

const run = async (
  header: HeaderRecord,
  { source, sinks, store, marks, onFolded, onSample, onReady }: PumpOptions,
): Promise<Snapshot> => {
  const state = createState(header);
  for (const sink of sinks) sink.begin(header, () => checkpointOf(state));
  let latest = takeSnapshot(state);
  store.set(latest);
  onReady?.();
  const take = (record: StreamRecord): void => {
    for (const sink of sinks) sink.write(record);
    fold(state, record);
    onFolded?.(record, state);
  };
  for await (const record of source.records()) {
    for (const mark of marks?.take() ?? []) take({ type: 'mark', ...mark });
    take(record);
    if (record.type !== 'sample' && record.type !== 'trailer') continue;
    latest = takeSnapshot(state);
    store.set(latest);
    onSample?.(latest, record);
  }
  await Promise.all(sinks.map((sink) => sink.end()));
  // A stream that ended without a trailer still had records after its last sample.
  latest = takeSnapshot(state);
  store.set(latest);
  return latest;
};
