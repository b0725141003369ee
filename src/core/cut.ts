import type { SessionState } from './state.ts';

/** What was counted of a process that has ended, and read from /proc, was read before its end. */
export const noteCut = (state: SessionState, counted: Iterable<string>): void => {
  for (const id of counted) {
    const metric = state.metrics.get(id);
    if (metric?.probe === 'host' && metric.kind === 'counter') state.cut.add(id);
  }
};
