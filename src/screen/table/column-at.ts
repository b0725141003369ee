/** Which column of the table a cell of its heading belongs to. */
import type { Columns } from './columns.ts';

/** A metric id, `pid` or `comm`; null behind the last. */
export const columnAt = ({ pid, command, metrics }: Columns, x: number): string | null => {
  let end = 1 + pid;
  if (x < end) return 'pid';
  // A gap and the state mark.
  end += 2 + command;
  if (x < end) return 'comm';
  for (const { metric, width } of metrics) {
    end += 1 + width;
    if (x < end) return metric.id;
  }
  return null;
};
