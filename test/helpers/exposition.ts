/** OpenMetrics text, read strictly: what a scraper would refuse is thrown. */
export type Sample = {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  readonly time: number | null;
};

const SERIES = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)(?: (\S+))?$/s;
const LABEL = /^([a-zA-Z_]\w*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/;
const SUFFIXES: Readonly<Record<string, string>> = {
  counter: '_total',
  info: '_info',
  histogram: '_bucket',
};

export const readOpenMetrics = (text: string): Sample[] => {
  const lines = text.split('\n');
  if (lines.pop() !== '' || lines.pop() !== '# EOF') throw new Error('does not end with # EOF');
  const seen = new Set<string>();
  const series = new Set<string>();
  let family = { name: '', type: '' };
  let before = '';
  /** By series without its bound, and moment. */
  const open = new Map<string, { readonly le: number; readonly count: number }>();
  return lines.flatMap((line) => {
    const meta = /^# (TYPE|UNIT|HELP) (\S+) ?(.*)$/.exec(line);
    if (meta !== null) {
      const [, what, name = '', rest = ''] = meta;
      if (what === 'TYPE') {
        if (seen.has(name)) throw new Error(`${name} is described twice, or interleaved`);
        seen.add(name);
        family = { name, type: rest };
      }
      if (name !== family.name) throw new Error(`${line} stands in ${family.name}`);
      if (what === 'UNIT' && !name.endsWith(`_${rest}`)) throw new Error(`${rest} does not end ${name}`);
      return [];
    }
    const [, name = '', labels = '', value = '', time] = SERIES.exec(line) ?? [];
    if (name !== family.name + (SUFFIXES[family.type] ?? ''))
      throw new Error(`${line} stands in ${family.name}`);
    const key = `${name}{${labels}}`;
    if (key !== before && series.has(key)) throw new Error(`${key} is interleaved`);
    if (key === before && time === undefined) throw new Error(`${key} stands twice`);
    series.add(key);
    before = key;
    const { le, rest } = boundOf(labels);
    if (family.type === 'histogram' && le === null) throw new Error(`${line} has no bound`);
    // Of one series and moment, buckets follow each other upwards to +Inf.
    if (le !== null) {
      const moment = `${name} ${rest} ${time ?? ''}`;
      const last = open.get(moment);
      if (last !== undefined && (last.le >= le || last.count > Number(value)))
        throw new Error(`${line} does not follow ${last.le} ${last.count}`);
      open.set(moment, { le, count: Number(value) });
    }
    if (Number.isNaN(Number(value))) throw new Error(`${line} has no value`);
    return [
      {
        name,
        labels: labelsOf(labels),
        value: Number(value),
        time: time === undefined ? null : Number(time),
      },
    ];
  });
};

/** The bound of a bucket, and the labels without it; null for what is no bucket. */
const boundOf = (labels: string): { readonly le: number | null; readonly rest: string } => {
  const bound = /(?:^|,)le="([^"]*)"/.exec(labels);
  if (bound === null) return { le: null, rest: labels };
  const text = bound[1] ?? '';
  return {
    le: text === '+Inf' ? Number.POSITIVE_INFINITY : Number(text),
    rest: labels.replace(bound[0], ''),
  };
};

const labelsOf = (text: string): Record<string, string> => {
  const labels: [string, string][] = [];
  for (let rest = text; rest !== ''; ) {
    const [all = '', name = '', value = ''] = LABEL.exec(rest) ?? [];
    if (all === '') throw new Error(`no labels: ${rest}`);
    labels.push([name, value.replace(/\\(.)/g, (_, one: string) => (one === 'n' ? '\n' : one))]);
    rest = rest.slice(all.length);
  }
  return Object.fromEntries(labels);
};
