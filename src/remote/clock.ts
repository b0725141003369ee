/**
 * The clocks of another host, by ours. Every block of files begins with its /proc/uptime, which is boot time cut to 10 ms:
 * between our question and the answer it was read once, so each exchange bounds how far that clock is ahead of ours, and
 * all of them together bound it more narrowly than any. Clocks drift apart: old bounds widen with time.
 */
import type { Clock } from '../session/ports.ts';
import { monotonicUs } from './reader.ts';

export type RemoteClock = Clock & {
  /** One exchange; `shownUs` is what /proc/uptime showed. What boot time it was, at the best of our knowledge. */
  note(exchange: { readonly askedUs: number; readonly answeredUs: number; readonly shownUs: number }): number;
  /** Its wall clock, at some time between; `unsureMs` where it shows whole seconds only. */
  noteWall(exchange: {
    readonly fromMs: number;
    readonly toMs: number;
    readonly shownMs: number;
    readonly unsureMs: number;
  }): void;
  /** How far its boot time may be from what `bootUs` says. */
  unsureUs(): number;
  wall(): { readonly aheadMs: number; readonly unsureMs: number };
};

const STEP_US = 10_000;
/** Of two clocks that nobody steers. */
const DRIFT = 200e-6;

export const createRemoteClock = (nowUs: () => number = monotonicUs): RemoteClock => {
  let least = Number.NEGATIVE_INFINITY;
  let most = Number.POSITIVE_INFINITY;
  let notedUs = 0;
  let latestUs = 0;
  let wall = { aheadMs: 0, unsureMs: Number.POSITIVE_INFINITY };

  const aheadUs = (): number => (Number.isFinite(least) ? (least + most) / 2 : 0);

  return {
    note: ({ askedUs, answeredUs, shownUs }) => {
      const widened = (answeredUs - notedUs) * DRIFT;
      const [fromUs, toUs] = [shownUs - answeredUs, shownUs + STEP_US - askedUs];
      const [lower, upper] = [Math.max(least - widened, fromUs), Math.min(most + widened, toUs)];
      // What contradicts all before it is believed: the clock was moved, by a suspend of theirs or ours.
      [least, most] = lower <= upper ? [lower, upper] : [fromUs, toUs];
      notedUs = answeredUs;
      const readUs = Math.round((askedUs + answeredUs) / 2 + aheadUs());
      return Math.min(shownUs + STEP_US, Math.max(shownUs, readUs));
    },
    noteWall: ({ fromMs, toMs, shownMs, unsureMs }) => {
      const unsure = (toMs - fromMs) / 2 + unsureMs;
      if (unsure < wall.unsureMs)
        wall = { aheadMs: shownMs + unsureMs - (fromMs + toMs) / 2, unsureMs: unsure };
    },
    bootUs: () => {
      latestUs = Math.max(latestUs, Math.round(nowUs() + aheadUs()));
      return latestUs;
    },
    realMs: () => Math.round(Date.now() + wall.aheadMs),
    unsureUs: () => (most - least) / 2,
    wall: () => wall,
  };
};
