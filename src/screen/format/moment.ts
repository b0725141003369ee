/** A moment of a recording as people write it: `14:02`, `14:02:30`, `3m ago`, `+90s`, or an ISO time. */
import { bootUsAt, type ClockAnchor, realMsAt } from '../../core/clock.ts';
import { parseDurations } from '../../core/duration.ts';
import { clockTime } from './numbers.ts';

export type Span = {
  readonly startUs: number;
  readonly endUs: number;
  /** The same instant on both clocks, as in the recording's header. */
  readonly clock: ClockAnchor;
};

export type Moment = { readonly bootUs: number } | { readonly problem: string };

/** µs since boot, or in words why the text names no moment of the span. Times of day are in the reader's zone. */
export const parseMoment = (text: string, span: Span): Moment => {
  const words = text.trim();
  const since = /^\+\s*(.+)$/.exec(words);
  if (since !== null) return offset(since[1] ?? '', (us) => span.startUs + us, span);
  const ago = /^(.+?)\s+ago$/i.exec(words);
  if (ago !== null) return offset(ago[1] ?? '', (us) => span.endUs - us, span);
  const time = /^(\d{1,2}):(\d{2})(?::(\d{2}))?$/.exec(words);
  if (time !== null) return timeOfDay(Number(time[1]), Number(time[2]), Number(time[3] ?? 0), span);
  if (/^\d{4}-\d{2}-\d{2}/.test(words)) {
    const realMs = Date.parse(words.replace(' ', 'T'));
    if (Number.isFinite(realMs)) return within(bootUsAt(span.clock, realMs), span);
  }
  return { problem: 'write it as 14:02, 14:02:30, 3m ago, +90s or an ISO time' };
};

const offset = (text: string, place: (us: number) => number, span: Span): Moment => {
  const ms = parseDurations(text);
  if (ms === null) return { problem: `"${text}" is not a duration such as 90s or 3m` };
  return within(Math.round(place(ms * 1000)), span);
};

const timeOfDay = (hours: number, minutes: number, seconds: number, span: Span): Moment => {
  if (hours > 23 || minutes > 59 || seconds > 59) return { problem: 'there is no such time of day' };
  const day = new Date(realMsAt(span.clock, span.startUs));
  // A recording may run over midnight: the first day on which this time lies inside it is meant.
  for (; day.getTime() <= realMsAt(span.clock, span.endUs) + 86_400_000; day.setDate(day.getDate() + 1)) {
    day.setHours(hours, minutes, seconds, 0);
    const bootUs = bootUsAt(span.clock, day.getTime());
    // 14:02 names a whole minute: when the recording begins within it, its first sample is meant.
    if (bootUs >= span.startUs - 60e6 && bootUs <= span.endUs)
      return { bootUs: Math.max(bootUs, span.startUs) };
  }
  return outside(span);
};

const within = (bootUs: number, span: Span): Moment =>
  bootUs < span.startUs || bootUs > span.endUs ? outside(span) : { bootUs };

const outside = (span: Span): Moment => ({
  problem: `the recording spans ${clockTime(realMsAt(span.clock, span.startUs))} to ${clockTime(realMsAt(span.clock, span.endUs))}`,
});
