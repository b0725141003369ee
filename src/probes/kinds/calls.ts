/** What is counted by system calls, for processes whose calls are not seen. */
import type { Selected, Uncovered } from '../types.ts';

/**
 * Asked when a process is met. Probes on user programs know better what they see of them.
 *
 * @param why the calls of this process are not seen; null when they are
 */
export const unseenCalls = (
  selected: readonly Selected[],
  why: (pid: number) => string | null,
): Uncovered => {
  const metrics = selected.flatMap(({ manifest, variant }) =>
    variant === null || variant.target !== undefined || !byCalls(variant.when.tracepoints)
      ? []
      : Object.keys(variant.counts).map((name) => `${manifest.id}.${name}`),
  );
  return (pid) => {
    const reason = metrics.length === 0 ? null : why(pid);
    return reason === null ? undefined : Object.fromEntries(metrics.map((metric) => [metric, reason]));
  };
};

const byCalls = (tracepoints: readonly string[] = []): boolean =>
  tracepoints.some((name) => name.startsWith('syscalls:'));
