/** Numbers, processes and commands as a page shows them: rounded for the eye, exact in the element for whoever checks. */
import type { MetricKind, MetricUnit } from '../../core/metric.ts';
import type { Coverage } from '../../core/snapshot.ts';
import { amount, exactAmount, rateSuffix, scaledPerSecond } from '../../screen/format/numbers.ts';
import { trustMark } from '../../screen/format/trust.ts';
import { type Html, html } from './markup.ts';

/** In words for those who do not see a sign. */
const IN_WORDS: Readonly<Record<string, string>> = { '≥': 'at least', '≈': 'about' };

const signed = (coverage: Coverage | undefined): Html | string => {
  const sign = trustMark(coverage);
  return sign === '' ? '' : html`<abbr title="${IN_WORDS[sign] ?? ''}">${sign}</abbr>`;
};

export const amountOf = (value: number, unit: MetricUnit, coverage?: Coverage): Html =>
  html`${signed(coverage)}<data value="${value}">${amount(value, unit)}</data>`;

/** To the last digit where digits are what is counted. */
export const totalOf = (value: number, unit: MetricUnit, coverage?: Coverage): Html =>
  html`${signed(coverage)}<data value="${value}">${exactAmount(value, unit)}</data>`;

type Kind = { readonly kind: MetricKind; readonly unit: MetricUnit };

/** How fast a counter grows, or a level. */
export const rateText = (value: number, { kind, unit }: Kind): string =>
  kind === 'counter' ? scaledPerSecond(value, unit) + rateSuffix(kind, unit) : amount(value, unit);

export const rateOrLevel = (value: number, metric: Kind): Html =>
  html`<data value="${value}">${rateText(value, metric)}</data>`;

/** Probabilities and confidences never look surer than they are. */
export const shareOf = (value: number): Html =>
  html`<data value="${Number(value.toFixed(3))}">${Math.floor(value * 100)} %</data>`;

export const processName = ({
  comm,
  pid,
}: {
  readonly comm: string | null;
  readonly pid: number | null;
}): Html =>
  pid === null
    ? html`the host`
    : html`<bdi class="who">${comm ?? '?'}</bdi> <span class="pid">(${pid})</span>`;

export const metricName = (id: string): Html => html`<code class="metric">${id}</code>`;

export const commandLine = (text: string): Html => html`<code class="command">${text}</code>`;
