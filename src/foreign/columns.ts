/** One series as it is held while a source is read: 16 bytes a value, because sources have millions of them. */
export type PointKind =
  /** So many since the reading before. */
  | 'delta'
  /** So many in all. */
  | 'total'
  /** A level. */
  | 'gauge'
  /** The largest so far. */
  | 'max'
  /** So many at once: what a log reports. Its times are those of its lines, no readings. */
  | 'event'
  /** A level that a log reports. */
  | 'level';

export const isLogged = (kind: PointKind): boolean => kind === 'event' || kind === 'level';

export const isLevel = (kind: PointKind): boolean => kind === 'gauge' || kind === 'max' || kind === 'level';

export type Column = {
  readonly metric: string;
  readonly kind: PointKind;
  readonly pid: number | null;
  length: number;
  /** Numbers of times: of readings, or of events. */
  at: Uint32Array;
  values: Float64Array;
  /** Line or entry of the source. */
  places: Uint32Array;
};

const FIRST_ROOM = 8;
const GROWTH = 1.5;

export const createColumn = (metric: string, kind: PointKind, pid: number | null): Column => ({
  metric,
  kind,
  pid,
  length: 0,
  at: new Uint32Array(FIRST_ROOM),
  values: new Float64Array(FIRST_ROOM),
  places: new Uint32Array(FIRST_ROOM),
});

export const append = (column: Column, at: number, value: number, place: number): void => {
  if (column.length === column.at.length) resize(column, Math.ceil(column.length * GROWTH));
  column.at[column.length] = at;
  column.values[column.length] = value;
  column.places[column.length] = place;
  column.length += 1;
};

const resize = (column: Column, room: number): void => {
  const [at, values, places] = [new Uint32Array(room), new Float64Array(room), new Uint32Array(room)];
  at.set(column.at.subarray(0, room));
  values.set(column.values.subarray(0, room));
  places.set(column.places.subarray(0, room));
  Object.assign(column, { at, values, places });
};

/** Only these of its values, in this order. */
export const keepOnly = (column: Column, indices: readonly number[]): void => {
  const { at, values, places } = column;
  column.at = Uint32Array.from(indices, (index) => at[index] ?? 0);
  column.values = Float64Array.from(indices, (index) => values[index] ?? 0);
  column.places = Uint32Array.from(indices, (index) => places[index] ?? 0);
  column.length = indices.length;
};
