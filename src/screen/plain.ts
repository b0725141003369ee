/**
 * The screen as sentences, for a screen reader, a dumb terminal, or a log: nothing is drawn, nothing is written over, and
 * little is repeated. What is wrong is reported when it begins, changes and ends; otherwise one line now and then.
 */
import type { WatchedSnapshot } from '../insight/recognised.ts';
import { type Account, accountShown, learningSamples } from './finding/accounts.ts';
import { frozenText, worstWait } from './finding/quiet.ts';
import { clockTime, longDuration, rateSuffix } from './format/numbers.ts';
import { clean } from './format/text.ts';
import { commandOf, lossSegments } from './header.ts';
import { pressureLine } from './pressure.ts';
import { columnMetrics } from './table/columns.ts';
import { orderRows } from './table/rows.ts';
import { cellText } from './table/table.ts';
import type { View } from './view.ts';

export type PlainReporter = (view: View) => readonly string[];

/** A line at least so often, also when nothing changes. */
const EVERY_US = 10e6;
const PROCESSES = 3;
const NUMBERS = 4;

export const createPlainReporter = (): PlainReporter => {
  let reported = 'not yet';
  let toldUs = Number.NEGATIVE_INFINITY;
  return (view) => {
    const { snapshot } = view;
    if (snapshot === null) return [];
    const account = accountShown(snapshot, view);
    const state = account === null ? 'none' : `${account.key} ${account.when}`;
    const changed = state !== reported;
    if (!changed && snapshot.bootUs - toldUs < EVERY_US && snapshot.ended === null) return [];
    reported = state;
    toldUs = snapshot.bootUs;
    return [
      ...(changed ? findingSentences(snapshot, account, view) : []),
      stateSentence(snapshot, account, view),
    ];
  };
};

const findingSentences = (
  snapshot: WatchedSnapshot,
  account: Account | null,
  view: View,
): readonly string[] => {
  const at = clockTime(snapshot.realMs);
  if (account === null) {
    const left = learningSamples(snapshot);
    const learning =
      left === 0
        ? ''
        : ` Still learning the baseline, ${longDuration((left * snapshot.header.intervalMs) / 1000)} more.`;
    const waits = worstWait(snapshot);
    const frozen = frozenText(snapshot);
    const baseline = frozen === '' ? '' : ` ${frozen.charAt(0).toUpperCase()}${frozen.slice(1)}.`;
    return [
      `${at} ${waits === null ? 'Nothing stands out.' : `${waits}, no known failure.`}${learning}${baseline}`,
    ];
  }
  const { title, comm, pid, about, others, known, nobody, when, proof, victims, advice, severity } = account;
  const more = others.length === 0 ? '' : `, and ${others.length} more`;
  const who =
    comm === null
      ? ` No suspect: ${nobody}.`
      : ` By ${comm}, PID ${pid}${more}${known === '' ? '' : `, ${known}`}.`;
  const place = about === null ? '' : ` About: ${about.label} ${about.name}.`;
  const [first] = advice;
  return [
    `${at} ${severity === 'unknown' ? 'UNUSUAL' : severity.toUpperCase()}${when === 'over' ? ', over' : when === 'ahead' ? ', ahead' : ''}: ${clean(title, view.glyphs.charset)}.${place}${who}`,
    ...(proof.length === 0 ? [] : [`  Evidence: ${proof.slice(0, 3).join('; ')}.`]),
    ...(victims.length === 0 ? [] : [`  Victims: ${victims.slice(0, 5).join(', ')}.`]),
    ...(first === undefined
      ? []
      : [
          `  Fix: ${first.text}${first.command === undefined ? '.' : `: ${first.command}`}`,
          ...(first.risk === undefined ? [] : [`  Risk: ${first.risk}.`]),
        ]),
  ].map((line) => clean(line, view.glyphs.charset));
};

const stateSentence = (snapshot: WatchedSnapshot, account: Account | null, view: View): string => {
  const { glyphs, ui } = view;
  const wide = { ...view, size: { columns: 200, rows: 50 } };
  const pressure = pressureLine(snapshot, wide)
    .map(({ text }) => text)
    .join('')
    .replaceAll('  ', ', ');
  const order = orderRows(snapshot, ui);
  const metrics = columnMetrics(snapshot, ui.hidden);
  const lead = metrics.filter(({ id }) => id === order.sort);
  const busiest = order.entries.slice(0, PROCESSES).flatMap(({ row }) => {
    const numbers = [...lead, ...metrics.filter(({ id }) => id !== order.sort)].flatMap((metric) => {
      const text = cellText(snapshot, row, metric, { values: order.values, glyphs });
      return text === '' || text === glyphs.zero || text === glyphs.notCovered
        ? []
        : [`${metric.label}${order.values === 'rate' ? rateSuffix(metric.kind, metric.unit) : ''} ${text}`];
    });
    return numbers.length === 0
      ? []
      : [`${commandOf(row, glyphs.charset, false)} (${row.pid}): ${numbers.slice(0, NUMBERS).join(', ')}`];
  });
  const losses = lossSegments(snapshot, view).map(({ spans }) => spans.map(({ text }) => text).join(''));
  const ended = snapshot.ended === null ? '' : ` Ended: ${clean(snapshot.ended.reason, glyphs.charset)}.`;
  return [
    `${clockTime(snapshot.realMs)} ${account === null ? 'quiet' : 'see above'}. ${pressure}.`,
    busiest.length === 0 ? '' : ` Busiest: ${busiest.join('; ')}.`,
    losses.length === 0 ? '' : ` Lost: ${losses.join(', ')}.`,
    ended,
  ].join('');
};
