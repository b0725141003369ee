/** What a guard says of a decision: one line, made of ids and numbers alone. */
import { type Effect, REASONS, type Report, type Target } from './policy.ts';

export const wordsOf = (report: Report): string => `guard: ${report.finding}: ${sentence(report)}`;

const sentence = (report: Report): string => {
  switch (report.kind) {
    case 'holds':
      return `nothing is done: ${REASONS[report.reason]}`;
    case 'acts':
      return report.armed
        ? `${report.action}${of(report.target)}`
        : `would do ${report.action}${of(report.target)} now (dry run: --armed does it)`;
    case 'ended':
      return `${report.action} ${HOW[report.outcome.how]}${report.outcome.text === '' ? '' : `: ${report.outcome.text}`}`;
    case 'measured': {
      const without = report.armed ? '' : 'without ';
      return `${without}${report.action} ${verdict(report)}${report.effects.map((one) => `; ${effect(one)}`).join('')}`;
    }
  }
};

const HOW = { done: 'is done', failed: 'failed', refused: 'was refused', late: 'goes on' } as const;

const of = (target: Target | null): string => (target === null ? '' : ` (PID ${target.pid})`);

const verdict = ({ armed, helped }: Report & { readonly kind: 'measured' }): string => {
  if (helped === null)
    return armed ? 'cannot be judged, which counts as no help' : 'nothing could be measured';
  if (armed) return helped ? 'helped' : 'did not help';
  return helped ? 'it went away' : 'it goes on';
};

const effect = ({ metric, before, after }: Effect): string =>
  `${metric} ${rate(metric, before)} before, ${rate(metric, after)} after`;

/** Times are shown as what they are of a second: more than one where several wait. */
const rate = (metric: string, perSecond: number | null): string => {
  if (perSecond === null) return 'not counted';
  if (/_?ns$/.test(metric)) return `${(perSecond / 1e6).toFixed(0)} ms/s`;
  if (/_us$/.test(metric)) return `${(perSecond / 1e3).toFixed(0)} ms/s`;
  return `${perSecond.toFixed(perSecond < 10 ? 1 : 0)}/s`;
};
