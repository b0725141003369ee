/**
 * Values over time in bounded room, so that no spike vanishes. A short recording keeps every sample. A longer one is cut
 * into `COLUMNS` stretches of equal time, and of each the smallest and the largest value are kept, in the order in which
 * they came: what is drawn touches every extreme that was recorded.
 */

/** More than a wide screen has pixels for a chart. */
export const COLUMNS = 1_200;

export type Axis = {
  readonly startUs: number;
  readonly endUs: number;
  /** Stretches, or null where every sample is kept. */
  readonly columns: number | null;
};

export const axisOf = (startUs: number, endUs: number, samples: number): Axis => ({
  startUs,
  endUs,
  columns: samples <= 2 * COLUMNS ? null : COLUMNS,
});

/** Time that one drawn pair of values stands for; 0 where every sample is drawn. */
export const columnUs = ({ startUs, endUs, columns }: Axis): number =>
  columns === null ? 0 : (endUs - startUs) / columns;

export type Track = {
  /** To be called in order of time; NaN says that nothing was read. */
  add(value: number, bootUs: number, number: number): void;
  /** One value for each of `timesOf`; NaN where nothing is known. */
  values(): Float64Array;
  /** Extremes, with when they were; null of a track without values. */
  extremes(): Extremes | null;
};

export type Extreme = { readonly value: number; readonly bootUs: number };
export type Extremes = { readonly least: Extreme; readonly most: Extreme };

export const createTrack = (axis: Axis, samples: number): Track => {
  const { columns } = axis;
  const values = new Float64Array(columns === null ? samples : 2 * columns).fill(Number.NaN);
  let least: Extreme | null = null;
  let most: Extreme | null = null;
  return {
    add: (value, bootUs, number) => {
      if (Number.isNaN(value)) return;
      if (least === null || value < least.value) least = { value, bootUs };
      if (most === null || value > most.value) most = { value, bootUs };
      if (columns === null) values[number] = value;
      else addToColumn(values, columnAt(axis, columns, bootUs), value);
    },
    values: () => values,
    extremes: () => (least === null || most === null ? null : { least, most }),
  };
};

const columnAt = ({ startUs, endUs }: Axis, columns: number, bootUs: number): number => {
  const share = endUs > startUs ? (bootUs - startUs) / (endUs - startUs) : 0;
  return Math.min(columns - 1, Math.max(0, Math.floor(share * columns)));
};

/** The pair of a column are its first value and its last extreme, until one beyond them comes. */
const addToColumn = (values: Float64Array, column: number, value: number): void => {
  const [first, second] = [values[2 * column] as number, values[2 * column + 1] as number];
  if (Number.isNaN(first)) {
    values.fill(value, 2 * column, 2 * column + 2);
    return;
  }
  const [least, most] = [Math.min(first, second), Math.max(first, second)];
  if (value >= least && value <= most) return;
  // The other extreme came before this one.
  values[2 * column] = value > most ? least : most;
  values[2 * column + 1] = value;
};

/** When each of the values of a track is drawn, µs since boot: of a pair, a quarter into its stretch, and three. */
export const drawnTimes = (axis: Axis, sampleTimes: Float64Array): Float64Array => {
  const { columns, startUs } = axis;
  if (columns === null) return sampleTimes;
  const width = columnUs(axis);
  return Float64Array.from({ length: 2 * columns }, (_, index) => startUs + width * (index / 2 + 0.25));
};
