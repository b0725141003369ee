/** The pages that are only read: help, from the key table, and everything about the session. */
import { realMsAt } from '../../core/clock.ts';
import type { Snapshot } from '../../core/snapshot.ts';
import type { WatchedSnapshot } from '../../insight/recognised.ts';
import { frozenText } from '../finding/quiet.ts';
import { blank, cutLine, type Line, span, wrapLine } from '../format/line.ts';
import { bytes, clockTime, exact, longDuration, percent } from '../format/numbers.ts';
import { clean, fitTo } from '../format/text.ts';
import { keyLabel } from '../keys/keys.ts';
import { CONTEXT_TITLES, REFUSED, signsOf } from '../keys/legend.ts';
import type { View } from '../view.ts';

const KEY_CELLS = 19;

export const helpLines = ({ glyphs, ui, size, keys }: View): readonly Line[] => [
  ...CONTEXT_TITLES.filter(([where]) => where !== (ui.mode === 'live' ? 'replay' : 'live')).flatMap(
    ([where, title]): Line[] => [
      [span(title, 'title')],
      ...keys
        .filter((binding) => binding.where === where)
        .flatMap(({ keys: names, help }) =>
          wrapLine(
            [span(`  ${fitTo(names.map(keyLabel).join(' '), KEY_CELLS)} `, 'accent')],
            help,
            'plain',
            size.columns,
          ),
        ),
      blank,
    ],
  ),
  [span('Signs', 'title')],
  ...legend(signsOf(glyphs), size.columns),
  blank,
  [span('Not here', 'title')],
  ...legend(REFUSED, size.columns),
];

const legend = (rows: readonly (readonly [string, string])[], columns: number): readonly Line[] =>
  rows.flatMap(([sign, meaning]) =>
    wrapLine([span(`  ${fitTo(sign, KEY_CELLS)} `, 'accent')], meaning, 'plain', columns),
  );

export const sessionLines = (snapshot: WatchedSnapshot, view: View): readonly Line[] => {
  const { header, self } = snapshot;
  const text = (value: string): string => clean(value, view.glyphs.charset);
  const { columns } = view.size;
  const fact = (name: string, value: string): readonly Line[] =>
    wrapLine([span(fitTo(name, 8), 'dim')], text(value), 'plain', columns);
  return [
    [span('Session', 'title')],
    ...fact(
      'host',
      `${header.host.hostname}, Linux ${header.host.kernel} ${header.host.arch}, ${header.host.cpus} cpus, ${bytes(header.host.memoryBytes)}`,
    ),
    ...fact(
      'tracer',
      `bpftrace ${header.bpftrace ?? 'none'}, stallscope ${header.tool.version}, every ${header.intervalMs} ms, ${exact(header.mapKeys)} keys per map`,
    ),
    ...fact(
      'so far',
      `${exact(snapshot.samples)} samples in ${longDuration(snapshot.elapsedUs / 1e6)}${snapshot.ended === null ? '' : `; ended: ${snapshot.ended.reason}`}`,
    ),
    ...(snapshot.insight.frozenUs === null ? [] : fact('usual', frozenText(snapshot))),
    ...fact(
      'cost',
      `stallscope ${percent(self.cpuPercent)} of a cpu, ${bytes(self.rssBytes)}; tracer ${percent(self.tracerCpuPercent)}, ${bytes(self.tracerRssBytes)}; maps ${bytes(self.mapBytes)} of kernel memory`,
    ),
    ...(self.probesPercent === null
      ? []
      : fact(
          'probes',
          `${self.probeMsUnsure === true ? 'not measured yet; by their counts alone they ' : ''}take ${self.probeMsBy === 'estimated' ? 'about ' : ''}${percent(self.probesPercent)} of a cpu from those who run into them (${budgetText(header)}): ${Object.entries(
            self.probePercent,
          )
            .map(([id, share]) => `${id} ${percent(share)}`)
            .join(', ')}`,
        )),
    blank,
    [span('Probes', 'title')],
    ...snapshot.probes.flatMap((probe) =>
      wrapLine(
        [
          span(`  ${fitTo(text(probe.id), 12)} `, 'accent'),
          span(probe.state, probe.state === 'attached' ? 'good' : 'bad'),
          span(probe.variant === null ? '' : `, variant ${text(probe.variant)}`),
        ],
        probe.reason === undefined ? '' : `: ${text(probe.reason)}`,
        'plain',
        columns,
      ),
    ),
    blank,
    [span('What is counted', 'title')],
    ...snapshot.metrics
      .filter(({ scope }) => scope === 'pid')
      .flatMap((metric): Line[] => {
        const coverage = snapshot.coverage[metric.id];
        const trust = coverage?.coverage ?? 'exact';
        return [
          ...wrapLine(
            [
              span(`  ${fitTo(text(metric.label), 15)} `, 'accent'),
              span(fitTo(TRUST[trust], 12), trust === 'exact' ? 'good' : 'warn'),
            ],
            text(metric.help),
            'dim',
            columns,
          ),
          ...(coverage?.reasons ?? []).flatMap((reason) =>
            wrapLine([span(' '.repeat(Math.min(18, columns >> 1)))], text(reason), 'warn', columns),
          ),
        ];
      }),
    blank,
    [span('Lost', 'title')],
    ...lossLines(snapshot, text),
    ...(snapshot.marks.length === 0
      ? []
      : [
          blank,
          [span('Marks', 'title')],
          ...snapshot.marks.map(
            (mark): Line => [
              span(`  ${clockTime(realMsAt(snapshot.header.clock, mark.bootUs))} `, 'accent'),
              span(text(mark.text)),
            ],
          ),
        ]),
  ].map((line) => cutLine(line, view.size.columns, view.glyphs));
};

const budgetText = ({ budget, costBasis }: Snapshot['header']): string =>
  [
    typeof budget === 'number' ? `budget ${percent(budget * 100)} of each cpu at work` : 'no budget',
    ...(costBasis === undefined ? [] : [COST_BASIS[costBasis]]),
  ].join('; ');

const COST_BASIS = {
  measured: 'estimated from what they count, measured now and then',
  estimated: 'only estimated from what they count',
} as const;

const TRUST = {
  exact: 'exact',
  estimate: 'estimate',
  sampled: 'as imported',
  'lower-bound': 'lower bound',
  'not-covered': 'not covered',
} as const;

const lossLines = ({ losses, ...snapshot }: Snapshot, text: (value: string) => string): Line[] => {
  const kinds = Object.entries(losses.byKind).filter(([, count]) => count > 0);
  const lines: Line[] = kinds.map(([kind, count]) => [
    span(`  ${fitTo(kind, 18)} `, 'warn'),
    span(exact(count)),
  ]);
  for (const metric of losses.mapFull) lines.push([span(`  map full: ${text(metric)}`, 'bad')]);
  for (const gap of losses.gaps) {
    const from = clockTime(realMsAt(snapshot.header.clock, gap.fromBootUs));
    lines.push([
      span(`  gap at ${from} for ${longDuration((gap.toBootUs - gap.fromBootUs) / 1e6)}: `, 'warn'),
      span(text(gap.reason)),
    ]);
  }
  return lines.length === 0 ? [[span('  nothing', 'good')]] : lines;
};
