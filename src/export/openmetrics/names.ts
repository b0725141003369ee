/**
 * Names of metrics as Prometheus has them: in base units, which end the name, and with labels where a part of our name is
 * that of a device or a zone. Two metrics never get one name and the same labels.
 */
import { isHistogram } from '../../core/histogram.ts';
import type { MetricDescriptor, MetricUnit } from '../../core/metric.ts';

export const PREFIX = 'stallscope';

export type Labels = Readonly<Record<string, string>>;

export type Named = {
  readonly name: string;
  /** The end of the name; '' for none. */
  readonly unit: string;
  readonly labels: Labels;
  /** In the base unit. */
  readonly scaled: (value: number) => number;
};

type Base = { readonly suffix: RegExp; readonly name: string; readonly per: number };

/** What one of a base unit is, in ours. */
const BASES: Readonly<Record<MetricUnit, Base>> = {
  ns: { suffix: /_?ns$/, name: 'seconds', per: 1e9 },
  us: { suffix: /_?us$/, name: 'seconds', per: 1e6 },
  ms: { suffix: /_?ms$/, name: 'seconds', per: 1e3 },
  bytes: { suffix: /_bytes$/, name: 'bytes', per: 1 },
  KiB: { suffix: /_kib$/, name: 'bytes', per: 1 / 1024 },
  percent: { suffix: /_percent$/, name: 'ratio', per: 100 },
  pages: { suffix: /_pages$/, name: 'pages', per: 1 },
  count: { suffix: /$^/, name: '', per: 1 },
  load: { suffix: /$^/, name: '', per: 1 },
};

/** The parts in parentheses are labels, and the rest is the name. */
const LABELLED: readonly { readonly id: RegExp; readonly labels: readonly string[]; readonly of: string }[] =
  [
    { id: /^disk\.(.+)\.([^.]+)$/, labels: ['device'], of: 'host_disk' },
    { id: /^xfs\.(.+)\.([^.]+)$/, labels: ['device'], of: 'host_xfs' },
    {
      id: /^buddy\.(\d+)\.([^.]+)\.(\d+)()$/,
      labels: ['node', 'zone', 'order'],
      of: 'host_buddy_free_blocks',
    },
    { id: /^zone\.(\d+)\.([^.]+)\.([^.]+)$/, labels: ['node', 'zone'], of: 'host_zone' },
    { id: /^load\.(\d+)()$/, labels: ['minutes'], of: 'host_load' },
  ];

export const namesOf = (metrics: readonly MetricDescriptor[]): ReadonlyMap<string, Named> => {
  const named = new Map<string, Named>();
  const taken = new Set<string>();
  for (const metric of metrics) {
    const first = nameOf(metric, '');
    const key = ({ name, labels }: Named): string => `${name} ${JSON.stringify(labels)}`;
    let one = first;
    for (let number = 2; taken.has(key(one)); number += 1) one = nameOf(metric, `_${number}`);
    taken.add(key(one));
    named.set(metric.id, one);
  }
  return named;
};

/** A histogram is named after what it divides calls by: their time. */
const nameOf = (metric: MetricDescriptor, more: string): Named => {
  const { id, scope } = metric;
  const { suffix, name: base, per } = BASES[isHistogram(metric) ? 'us' : metric.unit];
  const { stem, labels } = scope === 'host' ? stemOf(id) : { stem: id, labels: {} };
  const words = stem
    .replace(suffix, '')
    .replace(/[^a-zA-Z0-9]+/g, '_')
    .replace(/^_|_$/g, '');
  const end = base === '' ? '' : `_${base}`;
  return { name: `${PREFIX}_${words}${more}${end}`, unit: base, labels, scaled: (value) => value / per };
};

const stemOf = (id: string): { readonly stem: string; readonly labels: Labels } => {
  for (const { id: pattern, labels, of } of LABELLED) {
    const parts = pattern.exec(id)?.slice(1);
    if (parts === undefined) continue;
    const rest = parts[labels.length] ?? '';
    return {
      stem: rest === '' ? of : `${of}_${rest}`,
      labels: Object.fromEntries(labels.map((label, at) => [label, parts[at] ?? ''])),
    };
  }
  return { stem: `host_${id}`, labels: {} };
};
