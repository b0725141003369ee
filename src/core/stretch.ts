/** Stretches of time that rates are of: each ends with a sample, and none is too short for a rate (rate.ts). */
import { isWholeInterval, mostPerSecond, rateOf } from './rate.ts';
import type { HeaderRecord, SampleRecord } from './record.ts';

/** The sample that ended it, when, and how long it was. */
export type Stretch = { readonly sample: number; readonly bootUs: number; readonly intervalUs: number };

/**
 * What rates are of from this sample on; null when it came too soon for one. What the first one brings, or one for which no
 * time has passed, has no rate: there is nothing that it could be added to, or it may never end.
 */
export const stretchTo = (
  header: HeaderRecord,
  last: Stretch,
  { sample, bootUs, intervalUs }: Stretch,
): Stretch | null => {
  if (isWholeInterval(intervalUs, header)) return { sample, bootUs, intervalUs };
  return last.sample < 0 || intervalUs <= 0 ? { sample, bootUs, intervalUs: 0 } : null;
};

/**
 * What /proc says of processes is read when a sample is made, and the tracer's maps when the tracer printed them: on a machine
 * that is held up these lie seconds apart, and several printed pages may be met at once. So each has a stretch of its own.
 */
const OF_PROC = 'proc.';

export const isOfProc = (metric: string): boolean => metric.startsWith(OF_PROC);

/** Of the two by which the growth of processes is measured, that of this metric. */
export const stretchOf = <Of>(
  { counted, procRead }: { readonly counted: Of; readonly procRead: Of },
  metric: string,
): Of => (isOfProc(metric) ? procRead : counted);

/** Growth of a process in its last stretch, per second; NaN when no time is known that it took. */
export const processRate = (
  of: { readonly header: HeaderRecord; readonly counted: Lasting; readonly procRead: Lasting },
  metric: string,
  delta: number,
): number => rateOf(delta, stretchOf(of, metric).intervalUs, mostPerSecond(metric, of.header));

type Lasting = Pick<Stretch, 'intervalUs'>;

/** When /proc was read of all processes, as of this sample. */
export const procUsOf = ({
  bootUs,
  hostUs,
  procUs,
}: Pick<SampleRecord, 'bootUs' | 'hostUs' | 'procUs'>): number => procUs ?? hostUs ?? bootUs;

/** A reading that never ends would have to be kept for ever: a damaged recording may hold one. */
const MOST_SAMPLES = 64;

/**
 * As `stretchTo`, of what /proc says of processes. Of very many of them some are read with each sample, and the stretch ends
 * when all were: until then nothing has passed.
 */
export const procStretchTo = (header: HeaderRecord, last: Stretch, next: Stretch): Stretch | null => {
  const isUnread = next.bootUs <= last.bootUs && last.sample >= 0 && next.sample - last.sample < MOST_SAMPLES;
  return isUnread ? null : stretchTo(header, last, next);
};

/** Whether what rates are of ends with the last sample, and is long enough for one. */
export const isOfLast = (
  { sample, intervalUs }: Stretch,
  { samples }: { readonly samples: number },
): boolean => sample === samples - 1 && intervalUs > 0;
