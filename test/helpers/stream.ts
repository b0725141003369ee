/** Sessions of records built by hand (scripts/records.mjs), and a Snapshot as plain values that two of them can be compared by. */
import { headerOf, metricOf, START_US, sampleOf } from '../../scripts/records.mjs';
import { fold } from '../../src/core/fold.ts';
import type { HeaderRecord, StreamRecord } from '../../src/core/record.ts';
import type { Snapshot } from '../../src/core/snapshot.ts';
import { createState, type SessionState } from '../../src/core/state.ts';
import type { InsightView, WatchedSnapshot } from '../../src/insight/recognised.ts';
import { createSession, foldInto, type Session, snapshotOf } from '../../src/session/session.ts';

export { headerOf, metricOf, START_US, sampleOf };

export const foldAll = (
  records: readonly StreamRecord[],
  header: HeaderRecord = headerOf(),
  state: SessionState = createState(header),
): SessionState => {
  for (const record of records) fold(state, record);
  return state;
};

export const sessionAfter = (
  records: readonly StreamRecord[],
  header: HeaderRecord = headerOf(),
  session: Session = createSession(header),
): Session => {
  for (const record of records) foldInto(session, record);
  return session;
};

export const snapshotAfter = (records: readonly StreamRecord[], header?: HeaderRecord): WatchedSnapshot =>
  snapshotOf(sessionAfter(records, header));

const PAST_SAMPLES = 70;

/** Everything a view can get out of a Snapshot, its functions called too; what is `explained` on demand takes longest. */
export const plain = (
  snapshot: Snapshot & { readonly insight?: InsightView },
  explained = true,
): Record<string, unknown> => {
  const { breakdown, history, insight, ...data } = snapshot;
  const { links, incidents, ...recognised } = insight ?? {};
  const host = snapshot.metrics.filter(({ scope }) => scope === 'host');
  const counted = snapshot.metrics.filter(({ scope }) => scope === 'pid');
  return {
    ...data,
    insight: recognised,
    ...(explained ? { incidents: incidents?.(), links: links?.() } : {}),
    times: [...history.times(PAST_SAMPLES)],
    countedUs: [...history.countedUs(PAST_SAMPLES)],
    procReadUs: [...history.procReadUs(PAST_SAMPLES)],
    hostHistory: host.map(({ id }) => [...history.host(id, PAST_SAMPLES)]),
    allHistory: counted.map(({ id }) => [...history.all(id, PAST_SAMPLES)]),
    rowHistory: snapshot.rows.map((row) =>
      Object.keys(row.metrics).map((metric) => [...history.row(row.id, metric, PAST_SAMPLES)]),
    ),
    breakdowns: snapshot.rows.map((row) =>
      Object.keys(row.metrics).map((metric) => breakdown(row.id, metric)),
    ),
  };
};
