/** The lines of a piece of recording, and the samples among them, found without parsing those that our writer wrote. */
const NEWLINE = 0x0a;
/** Our own writer puts these fields first; a line that only looks like a sample is found out when it is read. */
const SAMPLE_LINE = /^\{"type":"sample","seq":(\d+),"bootUs":(\d+),/;
/** And of every other line its type. What begins otherwise is parsed: JSON has blanks, and its fields any order. */
const OTHER_LINE = /^\{"type":"(?!sample")\w+"/;
const PREFIX_BYTES = 80;

/** No line of ours is longer; a longer one is known by its size. */
export const MAX_LINE_BYTES = 16 * 1024 * 1024;

export type Layout = {
  /** Offset after each sample's line. */
  readonly ends: readonly number[];
  readonly timesUs: readonly number[];
  /** Its number in the session, as it says. */
  readonly seqs: readonly number[];
};

/** Where the samples are, in order of time. */
export const layoutOf = (text: Buffer): Layout => {
  const ends: number[] = [];
  const timesUs: number[] = [];
  const seqs: number[] = [];
  forEachLine(text, 0, text.length, (from, to) => {
    if (to - from > MAX_LINE_BYTES) return;
    const { seq, bootUs } = sampleIn(text, from, to) ?? {};
    if (seq === undefined || bootUs === undefined || !Number.isSafeInteger(bootUs)) return;
    if (bootUs < (timesUs.at(-1) ?? 0)) {
      // One of the two times is damaged: it must not take the samples after it out of reach.
      if (bootUs < (timesUs.at(-2) ?? 0)) return;
      timesUs.pop();
      ends.pop();
      seqs.pop();
    }
    ends.push(to + 1);
    timesUs.push(bootUs);
    seqs.push(seq);
  });
  return { ends, timesUs, seqs };
};

type SamplePlace = { readonly seq: number; readonly bootUs: number };

const sampleIn = (text: Buffer, from: number, to: number): SamplePlace | null => {
  const start = text.toString('latin1', from, Math.min(to, from + PREFIX_BYTES));
  const match = SAMPLE_LINE.exec(start);
  if (match !== null) return { seq: Number(match[1]), bootUs: Number(match[2]) };
  if (OTHER_LINE.test(start) || text.subarray(from, to).indexOf('"sample"') < 0) return null;
  const value = parseLine(text, from, to) as Partial<SamplePlace & { type: unknown }> | null | undefined;
  if (value?.type !== 'sample' || typeof value.bootUs !== 'number') return null;
  return { seq: typeof value.seq === 'number' ? value.seq : Number.NaN, bootUs: value.bootUs };
};

/** undefined when it is not JSON. */
export const parseLine = (text: Buffer, from: number, to: number): unknown => {
  try {
    return JSON.parse(text.toString('utf8', from, to));
  } catch {
    return undefined;
  }
};

/** Each whole line, without its newline. Returns the offset after the last of them: what follows is torn. */
export const forEachLine = (
  text: Buffer,
  from: number,
  to: number,
  visit: (from: number, to: number) => void,
): number => {
  let at = from;
  for (;;) {
    const newline = text.indexOf(NEWLINE, at);
    if (newline < 0 || newline >= to) return at;
    visit(at, newline);
    at = newline + 1;
  }
};
