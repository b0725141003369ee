/** Everything about one finding: when, who, by which numbers, what was not measured, what helps, and who leads whom. */
import { realMsAt } from '../../core/clock.ts';
import type { SeriesLink, SeriesName, WatchedSnapshot } from '../../insight/recognised.ts';
import { blank, type Line, span, wrapLine } from '../format/line.ts';
import { clockTime, duration, longDuration, percent } from '../format/numbers.ts';
import { clean } from '../format/text.ts';
import { earlierText } from '../hosts/among.ts';
import type { View } from '../view.ts';
import { type Account, accountShown, accountsOf } from './accounts.ts';
import { TONE_OF } from './finding.ts';

export const accountLines = (snapshot: WatchedSnapshot, view: View): readonly Line[] => {
  const { size } = view;
  const account = accountShown(snapshot, view);
  if (account === null)
    return wrapLine(
      [],
      'Nothing stands out, so there is nothing to show. The session page (i) lists what is being watched.',
      'plain',
      size.columns,
    );
  return [
    ...factLines(snapshot, account, view),
    blank,
    [
      span('Correlated signals', 'title'),
      span('  which spikes coincide, and in which order: association, not cause', 'dim'),
    ],
    ...linkLines(
      snapshot,
      view,
      ({ metric, pid }) => account.metrics.includes(metric) || pid === account.pid,
    ),
  ];
};

/** What is known of it, and what helps. */
export const factLines = (snapshot: WatchedSnapshot, account: Account, view: View): readonly Line[] => {
  const { size, glyphs } = view;
  const { clock } = snapshot.header;
  const at = (bootUs: number): string => clockTime(realMsAt(clock, bootUs));
  const text = (value: string): string => clean(value, glyphs.charset);
  const wrap = (
    prefix: string,
    value: string,
    tone: 'plain' | 'dim' | 'warn' | 'good' = 'plain',
  ): readonly Line[] => wrapLine([span(prefix, 'dim')], text(value), tone, size.columns);
  const accounts = accountsOf(snapshot, view);
  const earlier = earlierText(snapshot, account, view);
  return [
    ...wrapLine(
      [
        span(
          ` ${account.severity === 'unknown' ? 'UNUSUAL' : account.severity.toUpperCase()} `,
          TONE_OF[account.severity],
        ),
        span(' '),
      ],
      text(account.title),
      'title',
      size.columns,
    ),
    ...wrap(
      'who      ',
      account.comm === null
        ? `no suspect: ${account.nobody}`
        : [`${account.comm} (${account.pid})`, ...account.others].join(', '),
    ),
    ...(account.about === null ? [] : wrap(account.about.label.padEnd(9), account.about.whole)),
    ...(account.known === '' ? [] : wrap('known by ', account.known)),
    ...(account.uncountedSinceUs === null
      ? []
      : wrap(
          'but      ',
          `not counted since ${at(account.uncountedSinceUs)}: whether it goes on is not known`,
          'warn',
        )),
    ...wrap(
      'when     ',
      `${at(account.startUs)} to ${at(account.endUs)} (${longDuration((account.endUs - account.startUs) / 1e6)}); f goes there`,
    ),
    ...(earlier === null ? [] : wrap('first    ', earlier, 'warn')),
    ...account.files.flatMap((file) => wrap('open     ', file)),
    ...(account.victims.length === 0 ? [] : wrap('victims  ', account.victims.join(', '))),
    ...(accounts.length < 2
      ? []
      : wrap(
          'also     ',
          accounts
            .filter(({ key }) => key !== account.key)
            .map(({ title }) => title.split(':')[0] ?? '')
            .join('; '),
        )),
    blank,
    [span('Evidence', 'title')],
    ...account.proof.flatMap((proof) => wrap('  ', proof)),
    ...(account.missing.length === 0
      ? []
      : wrap('  not measured here: ', account.missing.join(', '), 'warn')),
    blank,
    [span('Fix', 'title')],
    ...account.advice.flatMap(({ text: what, command, risk }) => [
      ...wrap('  - ', what),
      ...(command === undefined ? [] : wrap('      ', command, 'good')),
      ...(risk === undefined ? [] : wrap('      risk: ', risk, 'warn')),
    ]),
    ...(account.id === null ? [] : wrap('  more: ', `stallscope explain ${account.id}`)),
  ];
};

const MOST_LINKS = 12;

/** Links of the series that are wanted, the surest first. */
export const linkLines = (
  snapshot: WatchedSnapshot,
  { links, size, glyphs }: View,
  wanted: (name: SeriesName) => boolean,
): readonly Line[] => {
  if (links === null) return [[span('  being computed', 'dim')]];
  const own = links.filter(({ leader, follower }) => wanted(leader) || wanted(follower));
  if (own.length === 0)
    return [[span('  none of its spikes coincide with others often enough to say so', 'dim')]];
  const rest = own.length - MOST_LINKS;
  return [
    ...own
      .slice(0, MOST_LINKS)
      .flatMap((link) =>
        wrapLine(
          [span('  ')],
          clean(linkText(snapshot, link, glyphs), glyphs.charset),
          'plain',
          size.columns,
        ),
      ),
    ...(rest > 0 ? [[span(`  and ${rest} more`, 'dim')]] : []),
  ];
};

const linkText = (
  snapshot: WatchedSnapshot,
  { leader, follower, ordered, lagMs, confidence, seen }: SeriesLink,
  glyphs: View['glyphs'],
): string => {
  const name = ({ metric, pid, comm }: SeriesName): string => {
    const label = snapshot.metrics.find(({ id }) => id === metric)?.label ?? metric;
    return pid === null ? label : `${label} of ${clean(comm ?? '?', glyphs.charset)} (${pid})`;
  };
  const how = ordered ? `, ${duration(lagMs * 1000)} later ` : ', at the same time, ';
  const often = seen === 1 ? 'seen once, could be chance' : `${seen} times`;
  return `${name(leader)}${how}${name(follower)}: ${often}, ${percent(confidence * 100)} sure`;
};
