/** Moves records from a source into the session, the sinks, memory and the store; the one loop of live and record. */
import type { HeaderRecord, StreamRecord } from '../core/record.ts';
import type { WatchedSnapshot } from '../insight/recognised.ts';
import type { BesideQueue } from './beside.ts';
import type { Memory } from './memory.ts';
import type { Sink, Source } from './ports.ts';
import { checkpointOf, createSession, foldInto, snapshotOf } from './session.ts';
import type { SnapshotStore } from './store.ts';

export type PumpOptions = {
  readonly source: Source;
  readonly sinks: readonly Sink[];
  readonly store: SnapshotStore;
  /** Where the view can be held and stepped back. */
  readonly memory?: Memory;
  /** Called with every record after it was folded. */
  readonly onFolded?: (record: StreamRecord) => void;
  /** What else is said meanwhile. */
  readonly beside?: BesideQueue;
  /** Called with the snapshot of every sample, and a last time when the stream has ended. */
  readonly onSample?: (snapshot: WatchedSnapshot, record: StreamRecord) => void;
  /** Called once counting has begun. */
  readonly onReady?: () => void;
};

/** Resolves with the last snapshot when the source is done. Rejects with what `open` rejects with. */
export const pump = async ({ source, ...options }: PumpOptions): Promise<WatchedSnapshot> => {
  const header = await source.open();
  try {
    return await run(header, { source, ...options });
  } catch (error) {
    // A sink or a hook failed: what was opened must not go on without us.
    source.stop('failed');
    throw error;
  }
};

const run = async (
  header: HeaderRecord,
  { source, sinks, store, memory, beside, onFolded, onSample, onReady }: PumpOptions,
): Promise<WatchedSnapshot> => {
  const session = createSession(header);
  for (const sink of sinks) sink.begin(header, () => checkpointOf(session));
  memory?.begin(session);
  let latest = snapshotOf(session);
  store.set(latest);
  onReady?.();
  const isKept = sinks.length > 0 || memory !== undefined;
  const take = (record: StreamRecord): void => {
    // One text for all who keep it.
    const json = isKept ? JSON.stringify(record) : '';
    for (const sink of sinks) sink.write(record, json);
    foldInto(session, record);
    memory?.append(record, json, session);
    onFolded?.(record);
  };
  for await (const record of source.records()) {
    for (const one of beside?.take() ?? []) take(one);
    take(record);
    if (record.type !== 'sample' && record.type !== 'trailer') continue;
    latest = snapshotOf(session);
    store.set(latest);
    onSample?.(latest, record);
  }
  await Promise.all(sinks.map((sink) => sink.end()));
  // A stream that ended without a trailer still had records after its last sample.
  latest = snapshotOf(session);
  store.set(latest);
  return latest;
};
