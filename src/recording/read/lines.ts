/** The lines of a piece of recording, and the samples among them, found without parsing. */
const NEWLINE = 0x0a;
/** Our own writer puts these fields first; a line that only looks like a sample is found out when it is read. */
const SAMPLE_LINE = /^\{"type":"sample","seq":\d+,"bootUs":(\d+),/;
const SAMPLE_PREFIX_BYTES = 80;

/** No line of ours is longer; a longer one is known by its size. */
export const MAX_LINE_BYTES = 16 * 1024 * 1024;

export type Layout = {
  /** Offset after each sample's line. */
  readonly ends: readonly number[];
  readonly timesUs: readonly number[];
};

/** Where the samples are, in order of time. */
export const layoutOf = (text: Buffer): Layout => {
  const ends: number[] = [];
  const timesUs: number[] = [];
  forEachLine(text, 0, text.length, (from, to) => {
    if (to - from > MAX_LINE_BYTES) return;
    const match = SAMPLE_LINE.exec(text.toString('latin1', from, Math.min(to, from + SAMPLE_PREFIX_BYTES)));
    const bootUs = Number(match?.[1]);
    if (match === null || !Number.isSafeInteger(bootUs)) return;
    if (bootUs < (timesUs.at(-1) ?? 0)) {
      // One of the two times is damaged: it must not take the samples after it out of reach.
      if (bootUs < (timesUs.at(-2) ?? 0)) return;
      timesUs.pop();
      ends.pop();
    }
    ends.push(to + 1);
    timesUs.push(bootUs);
  });
  return { ends, timesUs };
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
