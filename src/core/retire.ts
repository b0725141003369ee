/**
 * Which of the ended keep a row of their own. A host that starts ten processes a second ends a million a day: what is
 * held, shown, cloned and repeated in a recording must not grow with them. The last `endedRows` that ended keep theirs,
 * and of every metric the `LEADERS` largest of all that ever ended: however old, whoever did most is found. The rest is
 * summed into `others`, so that every count stays somewhere; views say how many they are.
 *
 * It depends on the state alone, so live tracing, a replay and a checkpoint retire the same ones at the same sample. Lives
 * whose keys the kernel has deleted are retired: nothing more can come of them. Where thousands end a second it deletes them
 * too slowly: of those that wait for it at most `MAX_WAITING` stay, and who goes was read after its end. The living are
 * bounded by the capacity of the kernel's maps, and in foreign recordings all are by `MAX_ENTITIES`.
 */
import { type Entity, UNKNOWN_COMM } from './entity.ts';
import { holdText, textOf } from './room.ts';
import { MAX_ENTITIES, MAX_WAITING, type SessionState } from './state.ts';

const LEADERS = 12;
const RETIRE_EVERY_SAMPLES = 10;
/** So many times as many do not wait for their turn. */
const CROWD = 8;

/** To be called after every sample was folded. */
export const retireEnded = (state: SessionState): void => {
  const { former, endedRows, samples } = state;
  if (former.size > endedRows && (samples % RETIRE_EVERY_SAMPLES === 0 || former.size > CROWD * endedRows)) {
    const leaders = leadersOf(former.values(), state);
    const oldest = [...former.values()].sort(byEnd).slice(0, former.size - endedRows);
    for (const entity of oldest) if (!leaders.has(entity)) retire(state, entity);
  }
  retireWaiting(state);
  const surplus = state.owners.size + former.size - MAX_ENTITIES;
  if (surplus > 0 && samples % RETIRE_EVERY_SAMPLES === 0) retireOldest(state, surplus);
};

const byEnd = (a: Entity, b: Entity): number => (lastSeenUs(a) ?? 0) - (lastSeenUs(b) ?? 0);

/**
 * null of who lives. Of thousands a second some end without a line, and are gone before they can be looked up: who has no name
 * was there when it last counted.
 */
const lastSeenUs = ({ endedBootUs, startMs, comm, movedBootUs }: Entity): number | null =>
  endedBootUs ?? (startMs === null && comm === UNKNOWN_COMM ? movedBootUs : null);

const leadersOf = (entities: Iterable<Entity>, { metrics }: SessionState): ReadonlySet<Entity> => {
  const byMetric = new Map<string, { readonly entity: Entity; readonly total: number }[]>();
  for (const entity of entities) {
    for (const [metric, { total }] of entity.counts) {
      const kind = metrics.get(metric)?.kind;
      if ((kind !== 'counter' && kind !== 'max') || total === 0) continue;
      const first = byMetric.get(metric) ?? [];
      byMetric.set(metric, first);
      if (first.length === LEADERS && total <= (first.at(-1)?.total ?? 0)) continue;
      const at = first.findIndex((other) => other.total < total);
      first.splice(at < 0 ? first.length : at, 0, { entity, total });
      if (first.length > LEADERS) first.pop();
    }
  }
  return new Set([...byMetric.values()].flatMap((first) => first.map(({ entity }) => entity)));
};

/** So many go at once that it is not looked for them in every sample. */
const LEFT_WAITING = 0.75;

const retireWaiting = (state: SessionState): void => {
  const { owners, former, counted, endedRows } = state;
  const most = Math.max(MAX_WAITING, endedRows);
  if (most >= MAX_ENTITIES || owners.size <= most) return;
  // What was counted before its end is in what was read after it.
  const waiting = [...owners.values()].filter((entity) => (lastSeenUs(entity) ?? Infinity) < counted.bootUs);
  if (waiting.length <= most) return;
  const leaders = leadersOf([...waiting, ...former.values()], state);
  for (const entity of waiting.sort(byEnd).slice(0, waiting.length - most * LEFT_WAITING))
    if (!leaders.has(entity)) retire(state, entity);
};

/** Where keys are never said to be deleted: the longest dead. */
const retireOldest = (state: SessionState, surplus: number): void => {
  const dead = [...state.owners.values(), ...state.former.values()]
    .filter(({ endedBootUs }) => endedBootUs !== null)
    .sort(byEnd)
    .slice(0, surplus);
  for (const entity of dead) retire(state, entity);
};

const retire = (state: SessionState, entity: Entity): void => {
  if (state.owners.get(entity.pid) === entity) state.owners.delete(entity.pid);
  else state.former.delete(entity.id);
  sumIntoOthers(state, entity);
};

export const sumIntoOthers = (state: SessionState, entity: Entity): void => {
  holdText(state, textOf(entity), 0);
  if (entity.counts.size > 0) state.others.processes += 1;
  for (const [metric, { total, trend }] of entity.counts) {
    if (trend !== null) state.trends.held -= 1;
    // Neither largest values nor levels of the dead add up to anything.
    if (state.metrics.get(metric)?.kind !== 'counter') continue;
    state.others.metrics.set(metric, (state.others.metrics.get(metric) ?? 0) + total);
  }
};
