/** The heap of this process, made dense: V8 by itself leaves free what lies between what is held, for as long as we run. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { bytes } from '../screen/format/numbers.ts';
import { MOST_OWN_BYTES, type OwnMemoryStep } from '../session/own-memory.ts';

/** Some 0.1 s of work: sessions of several hosts share it. */
const LEAST_GAP_MS = 20_000;

let collect: (() => void) | null = null;
let lastMs = Number.NEGATIVE_INFINITY;

export const makeHeapDense = (): void => {
  if (performance.now() - lastMs < LEAST_GAP_MS) return;
  collect ??= collector();
  setFlagsFromString('--compact-on-every-full-gc');
  collect();
  setFlagsFromString('--no-compact-on-every-full-gc');
  lastMs = performance.now();
};

const collector = (): (() => void) => {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
};

export const pastKept = ({ heldBytes, kept }: OwnMemoryStep): string => {
  const held = `own memory is ${bytes(heldBytes)}`;
  if (kept === 'more') return `${held}: more past is kept again`;
  const above = `${held}, above ${bytes(MOST_OWN_BYTES)}`;
  return kept === 'less' ? `${above}: less past is kept` : `${above}: no less can be kept`;
};
