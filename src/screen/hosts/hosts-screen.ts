/**
 * Several hosts on one screen: a row for each with what is wrong there, who does it, since when and under what pressure it
 * is; below, what there is to say of the one with the cursor, and which host was in trouble first. Rows stay where they are.
 */
import type { Pane } from '../compose.ts';
import { blank, cutLine, type Line, packSegments, segment, span } from '../format/line.ts';
import { clockTime, compact } from '../format/numbers.ts';
import { clean, fitTo } from '../format/text.ts';
import { keyLabel } from '../keys/keys.ts';
import { shareText, waitsOf } from '../pressure.ts';
import { hostLines } from './host-detail.ts';
import { type HostState, stateOf } from './host-state.ts';
import { bindingsOf } from './hosts-keys-now.ts';
import type { HostsView, WatchedHost } from './hosts-view.ts';

const FRAME_LINES = 3;
/** Rows come first; the host with the cursor gets the rest. */
const LEAST_ROWS = 3;

export const composeHosts = (view: HostsView): readonly Pane[] => {
  const { size, hosts, playback } = view;
  const states = hosts.map((host) => stateOf(host, view.mode, view.glyphs));
  const position = playback === null ? [] : [positionLine(view)];
  const room = Math.max(1, size.rows - FRAME_LINES - position.length);
  const height = Math.min(hosts.length, Math.max(LEAST_ROWS, room - 2), room);
  const top = topOf(view, height);
  const rows = hosts
    .slice(top, top + height)
    .map((host, index) =>
      rowLine(host, states[top + index], { view, isChosen: top + index === view.chosen }),
    );
  const details = hostLines(view, states[view.chosen]);
  const main = [headLine(view), ...rows, ...details].slice(0, room + 1);
  const padded = [...main, ...Array.from({ length: Math.max(0, room + 1 - main.length) }, () => blank)];
  const cut = (line: Line): Line => cutLine(line, size.columns, view.glyphs);
  const panes: readonly Pane[] = [
    { id: 'header', lines: [titleLine(view, states)] },
    { id: 'main', lines: padded },
    { id: 'status', lines: [...position, hintLine(view)] },
  ];
  const lines = panes.map((pane) => ({ ...pane, lines: pane.lines.map(cut) }));
  const all = lines.flatMap((pane) => pane.lines);
  return all.length > size.rows ? [{ id: 'main', lines: all.slice(0, size.rows) }] : lines;
};

/** The first row shown. */
export const topOf = ({ hosts, chosen }: HostsView, height: number): number =>
  Math.max(0, Math.min(chosen - (height >> 1), hosts.length - height));

/** Which host a line of the screen is about; null for none. */
export const hostAt = (view: HostsView, y: number): number | null => {
  const room = Math.max(1, view.size.rows - FRAME_LINES - (view.playback === null ? 0 : 1));
  const height = Math.min(view.hosts.length, Math.max(LEAST_ROWS, room - 2), room);
  const row = y - 2;
  return row < 0 || row >= height ? null : topOf(view, height) + row;
};

const titleLine = (view: HostsView, states: readonly HostState[]): Line => {
  const count = (kind: HostState['kind']): number => states.filter((state) => state.kind === kind).length;
  const part = (kind: HostState['kind'], words: string, tone: 'bad' | 'warn' | 'dim') =>
    count(kind) === 0 ? [] : [segment(1, span(`${count(kind)} ${words}`, tone))];
  const shownMs = view.playback === null ? view.nowMs : view.playback.positionUs / 1_000;
  return packSegments(
    [
      segment(3, span('stallscope', 'title')),
      segment(0, span(view.mode === 'live' ? 'live' : ' REPLAY ', view.mode === 'live' ? 'good' : 'banner')),
      segment(0, span(`${states.length} hosts`, 'accent')),
      ...part('trouble', 'in trouble', 'bad'),
      ...part('silent', 'silent', 'bad'),
      ...part('failed', 'not watched', 'bad'),
      ...part('waiting', 'not yet counting', 'dim'),
      segment(2, span(clockTime(shownMs), 'title')),
    ],
    view.size.columns,
    view.glyphs,
  );
};

type Widths = { readonly name: number; readonly who: number; readonly waits: number; readonly text: number };
const STATE = 10;
const SINCE = 9;
/** `cpu 100% io 100% mem 100%` */
const ALL_WAITS = 27;

const widthsOf = ({ size, hosts, glyphs }: HostsView): Widths => {
  const name = Math.min(24, Math.max(6, ...hosts.map((host) => clean(host.name, glyphs.charset).length + 1)));
  const waits = size.columns >= 110 ? ALL_WAITS : size.columns >= 60 ? 10 : 0;
  const who = size.columns >= 110 ? 25 : size.columns >= 76 ? 18 : 0;
  return { name, who, waits, text: Math.max(8, size.columns - 1 - name - STATE - SINCE - who - waits) };
};

const headLine = (view: HostsView): Line => {
  const { name, text, who, waits } = widthsOf(view);
  const head = (title: string, width: number): string => (width === 0 ? '' : fitTo(title, width));
  return [
    span(
      ` ${head('HOST', name)}${head('STATE', STATE)}${head('SINCE', SINCE)}${head('FINDING', text)}${head('SUSPECT', who)}${head('WAITS', waits)}`,
      'heading',
    ),
  ];
};

const rowLine = (
  host: WatchedHost,
  state: HostState | undefined,
  { view, isChosen }: { readonly view: HostsView; readonly isChosen: boolean },
): Line => {
  if (state === undefined) return blank;
  const { name, text, who, waits } = widthsOf(view);
  const cell = (value: string, width: number): string =>
    width === 0
      ? ''
      : `${fitTo(clean(value, view.glyphs.charset), width - 1, 'left', view.glyphs.ellipsis)} `;
  const wide = state.who === '' ? text + who : text;
  const word = fitTo(state.word, STATE - 1);
  const line: Line = [
    span(isChosen ? '>' : ' '),
    span(cell(host.name, name), 'title'),
    span(word, state.tone),
    span(' '),
    span(cell(state.sinceMs === null ? '' : clockTime(state.sinceMs), SINCE)),
    span(cell(state.text, wide)),
    ...(state.who === '' ? [] : [span(cell(state.who, who), 'bad')]),
    ...waitSpans(host, waits),
  ];
  return isChosen ? [span(line.map((one) => one.text).join(''), 'selected')] : line;
};

/** The worst of the three where there is no room for all. */
const waitSpans = ({ snapshot }: WatchedHost, width: number): Line => {
  if (snapshot === null || width === 0) return [];
  const waits = waitsOf(snapshot);
  const [worst] = [...waits].sort((a, b) => b.share - a.share);
  const shown = width >= ALL_WAITS ? waits : worst === undefined ? [] : [worst];
  return shown.flatMap(({ label, share, tone }) => [
    span(`${label} `, 'dim'),
    span(`${shareText(share)} `, tone),
  ]);
};

const hintLine = (view: HostsView): Line => {
  const { unknownKey, size, glyphs } = view;
  if (unknownKey !== null)
    return [
      span(`${keyLabel(unknownKey)} is not a key here`, 'warn'),
      ...hints(view).flatMap((one) => [span('  '), ...one]),
    ];
  return packSegments(
    hints(view).map((one, index) => segment(index, ...one)),
    size.columns,
    glyphs,
  );
};

const hints = (view: HostsView): readonly Line[] =>
  bindingsOf(view.keys, view.mode).flatMap(({ hint, keys: [key] }) =>
    hint === undefined || key === undefined
      ? []
      : [[span(keyLabel(key), 'accent'), span(` ${hint.text}`, 'dim')]],
  );

const positionLine = ({ playback, size, glyphs }: HostsView): Line => {
  if (playback === null) return blank;
  const { positionUs, startUs, endUs, playing, speed } = playback;
  const left = ` ${Number.isFinite(speed) ? `${glyphs.times}${compact(speed)}` : 'max'} ${clockTime(positionUs / 1_000)} `;
  const right = ` ${clockTime(endUs / 1_000)}`;
  const width = Math.max(0, size.columns - left.length - right.length - 1);
  const share = endUs <= startUs ? 1 : (positionUs - startUs) / (endUs - startUs);
  const done = Math.round(Math.min(1, Math.max(0, share)) * width);
  return [
    span(playing ? glyphs.playing : glyphs.paused, playing ? 'good' : 'warn'),
    span(left, 'title'),
    span(glyphs.done.repeat(done), 'accent'),
    span(glyphs.ahead.repeat(width - done), 'dim'),
    span(right, 'dim'),
  ];
};
