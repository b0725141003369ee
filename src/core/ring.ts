/**
 * The recent past of one series, aligned to sample numbers. Slots that nobody wrote read as `blank`: a counter
 * that is not mentioned did not move (0), a gauge that was not read is unknown (NaN).
 */
export type Ring = {
  /** Grows to `capacity` as samples come: until then no slot is used twice. */
  values: Float64Array;
  readonly capacity: number;
  readonly blank: number;
  /** Samples before this one are unknown. */
  readonly first: number;
  /** Sample number of the newest slot written; -1 before the first. */
  last: number;
};

/** A session of minutes holds no hours. */
const FIRST_SLOTS = 256;

export const createRing = (capacity: number, blank: number): Ring => ({
  values: new Float64Array(Math.min(capacity, FIRST_SLOTS)).fill(blank),
  capacity,
  blank,
  first: 0,
  last: -1,
});

/** A ring that knows nothing (NaN) up to and including sample `first`. */
export const createRingAfter = (first: number, capacity: number, blank: number): Ring => ({
  values: new Float64Array(capacity).fill(Number.NaN),
  capacity,
  blank,
  first: first + 1,
  last: first,
});

/** The slots, with one for this sample. */
const slotsFor = (ring: Ring, sample: number): Float64Array => {
  const { values, capacity, blank } = ring;
  if (sample < values.length || values.length === capacity) return values;
  const grown = new Float64Array(Math.min(capacity, Math.max(2 * values.length, sample + 1))).fill(blank);
  grown.set(values);
  ring.values = grown;
  return grown;
};

/** Writes the value of one sample; samples skipped since the last write become blank. */
export const writeRing = (ring: Ring | null, sample: number, value: number): void => {
  if (ring === null) return;
  const { blank } = ring;
  const values = slotsFor(ring, sample);
  const skippedFrom = Math.max(ring.last + 1, sample - values.length + 1);
  for (let index = skippedFrom; index < sample; index += 1) values[index % values.length] = blank;
  values[sample % values.length] = value;
  ring.last = sample;
};

/** Writes the level at one sample; samples skipped since the last write keep the level written then. */
export const holdRing = (ring: Ring, sample: number, value: number): void => {
  const { last } = ring;
  const values = slotsFor(ring, sample);
  const level = last < 0 ? ring.blank : (values[last % values.length] ?? ring.blank);
  const skippedFrom = Math.max(last + 1, sample - values.length + 1);
  for (let index = skippedFrom; index < sample; index += 1) values[index % values.length] = level;
  values[sample % values.length] = value;
  ring.last = sample;
};

/**
 * `count` values, the last of which belongs to sample `end`. Samples after the last one written read as the ring's
 * own blank; those before the first as `blank`; those that were written over since are unknown: NaN.
 */
export const readRing = (ring: Ring | undefined, end: number, count: number, blank: number): Float64Array => {
  const out = new Float64Array(count).fill(blank);
  if (ring === undefined) return out;
  const capacity = ring.values.length;
  for (let offset = 0; offset < count; offset += 1) {
    const sample = end - count + 1 + offset;
    if (sample > ring.last) out[offset] = ring.blank;
    else if (sample >= 0)
      out[offset] = sample > ring.last - capacity ? (ring.values[sample % capacity] ?? blank) : Number.NaN;
  }
  return out;
};
