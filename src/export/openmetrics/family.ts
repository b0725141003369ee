/** Families of metrics, and their text in OpenMetrics 1.0 and in Prometheus' own format 0.0.4. */
import { asDistinct } from '../../core/safe-text.ts';
import type { Labels } from './names.ts';

export type Point = { readonly labels: Labels; readonly value: number };

export type Family = {
  /** Without the `_total` of a counter. */
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'stateset' | 'info' | 'histogram';
  readonly unit: string;
  readonly help: string;
  readonly points: readonly Point[];
};

export const TEXT_FORMATS = {
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
  plain: 'text/plain; version=0.0.4; charset=utf-8',
} as const;
export type TextFormat = keyof typeof TEXT_FORMATS;

/** Of a point, in the name of its family. */
const SUFFIXES = {
  counter: '_total',
  info: '_info',
  gauge: '',
  stateset: '',
  histogram: '_bucket',
} as const;
/** Prometheus' format knows no others. */
const PLAIN_TYPES = {
  counter: 'counter',
  info: 'gauge',
  gauge: 'gauge',
  stateset: 'gauge',
  histogram: 'histogram',
} as const;

export const sampleName = ({ name, type }: Family): string => name + SUFFIXES[type];

export const familyHead = (family: Family, format: TextFormat): string => {
  const { name, type, unit, help } = family;
  const text = asDistinct(help);
  if (format === 'plain') {
    // There a counter is called as its points are, and a histogram is not.
    const whole = type === 'histogram' ? name : sampleName(family);
    return `# HELP ${whole} ${escaped(text)}\n# TYPE ${whole} ${PLAIN_TYPES[type]}\n`;
  }
  const ofUnit = unit === '' ? '' : `# UNIT ${name} ${unit}\n`;
  return `# TYPE ${name} ${type}\n${ofUnit}# HELP ${name} ${escapedWhole(text)}\n`;
};

/** `name{labels}`, without a value. */
export const seriesText = (family: Family, labels: Labels): string => {
  const pairs = Object.entries(labels).map(
    ([label, value]) => `${label}="${escapedWhole(asDistinct(value))}"`,
  );
  return pairs.length === 0 ? sampleName(family) : `${sampleName(family)}{${pairs.join(',')}}`;
};

export const textOf = (families: readonly Family[], format: TextFormat): string => {
  const parts: string[] = [];
  for (const family of families) {
    if (family.points.length === 0) continue;
    parts.push(familyHead(family, format));
    for (const { labels, value } of family.points) parts.push(`${seriesText(family, labels)} ${value}\n`);
  }
  if (format === 'openmetrics') parts.push('# EOF\n');
  return parts.join('');
};

/** With the time of the sample, in the dialect that VictoriaMetrics imports: lines alone, milliseconds. */
export const pushedText = (families: readonly Family[], whose: Labels, timeMs: number): string =>
  families
    .flatMap((family) =>
      family.points.map(
        ({ labels, value }) =>
          `${seriesText(family, { ...labels, ...whose })} ${value} ${Math.round(timeMs)}\n`,
      ),
    )
    .join('');

const escaped = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
const escapedWhole = (text: string): string => escaped(text).replaceAll('"', '\\"');
