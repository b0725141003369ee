/**
 * What the filter line means: words that must be found in the PID, the name, the command line or the cgroup; and
 * thresholds on what is counted, `iomap.iter>1e6`, compared with the value as it is shown (per second, or total).
 * A metric is named by its id or by any end of it that only one has; sizes and times may bear a unit.
 */
import type { MetricDescriptor, MetricUnit } from '../../core/metric.ts';
import type { Row, Snapshot } from '../../core/snapshot.ts';
import { rateNow } from '../signals/series.ts';
import type { UiState } from '../state.ts';

export type Filter = { readonly matches: (row: Row) => boolean; readonly problem: string | null };

const THRESHOLD = /^([a-z][\w.:-]*)(>=|<=|>|<|=)(\S+)$/i;

export const parseFilter = (text: string, snapshot: Snapshot, values: UiState['values']): Filter => {
  const tests: ((row: Row) => boolean)[] = [];
  for (const word of text.split(/\s+/).filter((part) => part !== '')) {
    const threshold = THRESHOLD.exec(word);
    if (threshold === null) {
      tests.push(contains(word.toLowerCase()));
      continue;
    }
    const [, name = '', sign = '>', size = ''] = threshold;
    if (name === 'pid') {
      tests.push(({ pid }) => compare(pid, sign, Number(size)));
      continue;
    }
    const metric = metricNamed(snapshot, name);
    if (metric === null) return refuse(`no metric is called ${name}: iomap.iter>1e6`);
    const least = sizeOf(size, metric, values);
    if (Number.isNaN(least)) return refuse(`"${size}" is not a number such as 1e6, 10k, 64MiB, 20ms or 50%`);
    tests.push((row) => compare(shownValue(snapshot, row, metric, values), sign, least));
  }
  return { matches: (row) => tests.every((test) => test(row)), problem: null };
};

const refuse = (problem: string): Filter => ({ matches: () => true, problem });

const contains =
  (word: string) =>
  ({ pid, comm, cmdline, cgroup }: Row): boolean =>
    String(pid) === word || `${pid} ${comm} ${cmdline ?? ''} ${cgroup ?? ''}`.toLowerCase().includes(word);

const metricNamed = ({ metrics }: Snapshot, name: string): MetricDescriptor | null => {
  const own = metrics.filter(({ scope, dims }) => scope === 'pid' && dims === undefined);
  const exact = own.find(({ id }) => id === name);
  if (exact !== undefined) return exact;
  const ends = own.filter(({ id }) => id.endsWith(`.${name}`) || id.endsWith(`_${name}`));
  return ends.length === 1 ? (ends[0] ?? null) : null;
};

const compare = (value: number, sign: string, bound: number): boolean => {
  if (sign === '>') return value > bound;
  if (sign === '<') return value < bound;
  if (sign === '>=') return value >= bound;
  return sign === '<=' ? value <= bound : value === bound;
};

const shownValue = (
  snapshot: Snapshot,
  row: Row,
  { id, kind }: MetricDescriptor,
  values: UiState['values'],
): number => {
  const reading = row.metrics[id];
  if (reading === undefined) return kind === 'gauge' || id in row.uncovered ? Number.NaN : 0;
  return values === 'rate' && kind === 'counter' ? rateNow(snapshot, id, reading.delta) : reading.total;
};

const SIZES: Readonly<Record<string, number>> = {
  k: 1e3,
  m: 1e6,
  g: 1e9,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
};
const SECONDS: Readonly<Record<string, number>> = { ns: 1e-9, us: 1e-6, ms: 1e-3, s: 1 };
const SECONDS_OF: Readonly<Partial<Record<MetricUnit, number>>> = { ns: 1e-9, us: 1e-6, ms: 1e-3 };

/** In the unit of the metric; a share of time is time per second. NaN for what is no number. */
const sizeOf = (text: string, { unit, kind }: MetricDescriptor, values: UiState['values']): number => {
  const [, digits = '', suffix = ''] = /^([\d.]+(?:e[+-]?\d+)?)([a-z%]*)$/i.exec(text) ?? [];
  const number = digits === '' ? Number.NaN : Number(digits);
  const word = suffix.toLowerCase();
  if (word === '') return number;
  const own = SECONDS_OF[unit];
  if (word === '%')
    return own === undefined || values !== 'rate' || kind !== 'counter' ? Number.NaN : number / 100 / own;
  const seconds = SECONDS[word];
  if (seconds !== undefined && own !== undefined) return (number * seconds) / own;
  return number * (SIZES[word] ?? Number.NaN) * (unit === 'KiB' ? 2 ** -10 : 1);
};
