/** What each series of an import is: its unit by the names that tracing uses, and what the source calls it. */
import type { MetricDescriptor, MetricUnit } from '../core/metric.ts';
import { isLevel, type PointKind } from './columns.ts';
import type { PointTable } from './point-table.ts';

/** Of a name as the source has it, in the description of its metric. */
const LONGEST_NAME = 2_000;

export const describe = ({ metrics, names }: PointTable): MetricDescriptor[] =>
  [...metrics].map(([id, { kind, ofProcesses }]) => {
    const name = names.nameOf(id);
    return {
      id,
      probe: ofProcesses ? 'import' : 'host',
      scope: ofProcesses ? 'pid' : 'host',
      kind: kind === 'max' ? 'max' : isLevel(kind) ? 'gauge' : 'counter',
      unit: unitOf(id),
      label: (id.split('.').at(-1) ?? id).slice(0, 14),
      help: `Imported as ${IMPORTED_AS[kind]}${name === id ? '' : `: ${name.slice(0, LONGEST_NAME)}`}.`,
    };
  });

const IMPORTED_AS: Readonly<Record<PointKind, string>> = {
  delta: 'delta',
  total: 'total',
  gauge: 'gauge',
  max: 'the largest so far',
  event: 'what a log reports',
  level: 'gauge, as it was when a log last reported it',
};

const UNITS: readonly (readonly [RegExp, MetricUnit])[] = [
  [/_ns$/, 'ns'],
  [/_us$/, 'us'],
  [/_ms$/, 'ms'],
  [/bytes$/, 'bytes'],
  [/percent/, 'percent'],
  [/^(mem|swap)\.|kB$|_kib$|pgpg(in|out)$/, 'KiB'],
  [/^load\./, 'load'],
  [/^vm\.pg(scan|steal)|refault/, 'pages'],
];

const unitOf = (metric: string): MetricUnit =>
  UNITS.find(([pattern]) => pattern.test(metric))?.[1] ?? 'count';
