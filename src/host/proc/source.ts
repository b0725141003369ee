/** What one file of /proc or /sys contributes to the host sample. Each source is a table and a pure parser. */
import type { MetricDescriptor } from '../../core/metric.ts';

export type HostMetric = Omit<MetricDescriptor, 'probe' | 'scope' | 'dims'> & {
  /**
   * The kernel keeps this counter modulo 2³², and the sampler makes it whole again. It can move by so much a second and
   * no more: a fall that would be more as a wrap is none.
   */
  readonly wraps32?: { readonly mostPerSecond: number } | undefined;
};

export type HostSource = {
  readonly path: string;
  /** Metric id to value. Takes any text: what it cannot read whole is absent. */
  readonly parse: (text: string) => Record<string, number>;
  /** The metrics worth having, given a first reading. */
  readonly describe: (first: Readonly<Record<string, number>>) => readonly HostMetric[];
};

/** For files whose lines are known beforehand: of the table, what this kernel has. */
export const presentIn =
  (table: readonly HostMetric[]): HostSource['describe'] =>
  (first) =>
    table.filter(({ id }) => first[id] !== undefined);

/** At most 14 cells: what names the number stays whole, the name of the device gives way. */
export const labelOf = (name: string, what: string): string => {
  const label = `${name} ${what}`;
  return label.length <= LABEL_CELLS ? label : `${name.slice(0, LABEL_CELLS - what.length - 2)}… ${what}`;
};

const LABEL_CELLS = 14;
