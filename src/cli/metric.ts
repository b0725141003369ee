/** A metric named on the command line. */
import { isBreakdown, type MetricDescriptor } from '../core/metric.ts';
import { failure, suggestion } from '../errors.ts';

/** What processes can be ordered by besides what is counted of them. */
const IDENTITY_COLUMNS: readonly string[] = ['pid', 'comm'];

/** The names that `--sort` takes, wherever processes are listed: what is reported of each of them. */
export const sortNames = (
  metrics: readonly Pick<MetricDescriptor, 'id' | 'scope' | 'histogramOf' | 'dims'>[],
): readonly string[] => [
  ...metrics.filter((metric) => metric.scope === 'pid' && !isBreakdown(metric)).map(({ id }) => id),
  ...IDENTITY_COLUMNS,
];

/** `name` itself when it is one of `known`; throws E_UNKNOWN_METRIC with the nearest otherwise. */
export const checkMetric = (name: string | null, known: readonly string[]): string | undefined => {
  if (name === null) return undefined;
  if (known.includes(name)) return name;
  throw failure('E_UNKNOWN_METRIC', { name, nearest: suggestion(known, name) });
};
