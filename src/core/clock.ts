/** One instant on both clocks: all times are µs since boot, and wall time is computed from this alone. */
export type ClockAnchor = { readonly bootUs: number; readonly realMs: number };

/** Wall clock, in ms since 1970, of a moment since boot. */
export const realMsAt = ({ bootUs: anchorUs, realMs }: ClockAnchor, bootUs: number): number =>
  realMs + (bootUs - anchorUs) / 1000;

/** The moment since boot of a wall clock time. */
export const bootUsAt = ({ bootUs, realMs: anchorMs }: ClockAnchor, realMs: number): number =>
  Math.round(bootUs + (realMs - anchorMs) * 1000);
