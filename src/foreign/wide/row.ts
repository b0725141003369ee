/**
 * Rows of tables that are as wide as they have metrics: a time, whose row it is, and a cell of each column. Rates are over
 * the time since the row before; of the first nobody knows over which.
 */
import { addPoint, leaveOut, type PointTable, setSpan } from '../point-table.ts';

/** `rate` is per second. */
export type Meaning = { readonly metric: string; readonly kind: 'gauge' | 'rate'; readonly factor?: number };

export type RowOwner = { readonly pid: number | null; readonly comm: string | null };

export type RowWriter = {
  /** null when the row was taken, or left out with a word; otherwise why the source cannot be. */
  write(
    at: { readonly realUs: number; readonly place: number },
    who: RowOwner,
    values: readonly (readonly [Meaning, number])[],
  ): string | null;
};

export const NOBODY: RowOwner = { pid: null, comm: null };

export const createRowWriter = (table: PointTable): RowWriter => {
  let [nowUs, beforeUs] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  const met = new Set<string>();

  const write: RowWriter['write'] = ({ realUs, place }, who, values) => {
    if (realUs < nowUs) {
      leaveOut(table, 'rows at a time that the clock had shown before');
      return null;
    }
    if (realUs > nowUs) {
      [beforeUs, nowUs] = [nowUs, realUs];
      met.clear();
    }
    const spanUs = Number.isFinite(beforeUs) ? nowUs - beforeUs : null;
    for (const [{ metric, kind, factor = 1 }, value] of values) {
      if (kind === 'rate' && spanUs === null) {
        leaveOut(table, 'rates of the first row: nobody knows over which time they are');
        continue;
      }
      const key = `${metric} ${who.pid ?? ''}`;
      if (met.has(key)) {
        leaveOut(table, 'values that stood twice at one time');
        continue;
      }
      met.add(key);
      const amount = kind === 'rate' ? (Math.max(0, value) * factor * (spanUs ?? 0)) / 1e6 : value * factor;
      const pointKind = kind === 'rate' ? 'delta' : 'gauge';
      const why = addPoint(table, { realUs, metric, value: amount, kind: pointKind, ...who, place });
      if (why !== null) return why;
    }
    if (spanUs !== null && values.length > 0) setSpan(table, realUs, spanUs);
    return null;
  };

  return { write };
};

export const gauge = (metric: string, factor = 1): Meaning => ({ metric, kind: 'gauge', factor });
export const rate = (metric: string, factor = 1): Meaning => ({ metric, kind: 'rate', factor });

const NUMBER = /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i;

/** NaN of what is no plain number. */
export const numberOf = (text: string): number => (NUMBER.test(text) ? Number(text) : Number.NaN);
