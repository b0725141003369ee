/** What an importer has read, as a test looks at it. */
import { columnKey, type Unreadable } from '../../src/foreign/point-table.ts';
import type { Read } from '../../src/foreign/source.ts';

export async function* one(text: string | Buffer): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

/** Throws where and why it was refused. */
export const opened = (got: Read | Unreadable) => {
  if ('why' in got) throw new Error(`${got.where}: ${got.why}`);
  const valuesOf = (metric: string, pid: number | null = null): number[] => {
    const column = got.table.columns.get(columnKey(metric, pid));
    return column === undefined ? [] : [...column.values.subarray(0, column.length)];
  };
  return { ...got, valuesOf, lost: [...got.table.leftOut].map(([why, count]) => `${count} ${why}`) };
};
