/**
 * The timeline: signals of the machine, then of the selected process, on one axis of time, the loudest first.
 *
 * First what the finding shown at the top rests on, then what spiked within the span, then what moved at all, then
 * the rest; within each in the order of the manifests, so that lanes keep their places while values change.
 */
import type { MetricDescriptor } from '../../../core/metric.ts';
import type { Row, SeriesLink, Snapshot, SpikeMark } from '../../../core/snapshot.ts';
import {
  amount,
  clean,
  clockTime,
  duration,
  fitTo,
  longDuration,
  ratePerSecond,
  rateSuffix,
  trustMark,
} from '../../format.ts';
import { type Account, accountShown } from './accounts.ts';
import { type Line, type Span, span, type Tone } from './line.ts';
import { selectedRow } from './selected.ts';
import { peakOf, perSecond, sampleTimes, sparkline } from './series.ts';
import { type Axis, axisOf, cellOf, processCells, signalCells } from './timeline.ts';
import type { View } from './view.ts';

const LABEL = 16;
const VALUE = 9;
/** From this width on there is room for who leads whom. */
export const LINKS_FROM_COLUMNS = 116;
const LINK = 30;
/** A score from which on a spike is marked. */
const MARKED_SCORE = 6;

export const laneMetrics = (snapshot: Snapshot, { ui }: Pick<View, 'ui'>): readonly MetricDescriptor[] =>
  snapshot.metrics.filter(
    (metric) => metric.lane === true && isSignal(metric) && !ui.hidden.includes(metric.probe),
  );

/** Levels of processes are not added up: what they share would count more than once. */
const isSignal = ({ dims, scope, kind }: MetricDescriptor): boolean =>
  dims === undefined && (scope === 'host' || kind === 'counter');

type Lane = {
  readonly metric: MetricDescriptor;
  readonly row: Row | null;
  readonly cells: Float64Array;
  readonly peak: number;
  /** Score of its loudest spike within the span. */
  readonly loud: number;
  readonly accused: boolean;
};

/** How many lines it could use. */
export const lanesWanted = (snapshot: Snapshot, view: View): number => {
  const signals = laneMetrics(snapshot, view).length;
  return signals === 0 ? 0 : signals + 1 + OF_PROCESS + 1;
};

/** Lanes of the selected process beside those of the machine, where there is room for both. */
const OF_PROCESS = 4;

/** Cells of time. */
export const laneWidth = (view: Pick<View, 'size'>): number =>
  view.size.columns - LABEL - VALUE - VALUE - 3 - linkWidth(view);

const linkWidth = ({ size }: Pick<View, 'size'>): number => (size.columns >= LINKS_FROM_COLUMNS ? LINK : 0);

/** At most `height` lines: the axis with its marks, then lanes. */
export const laneLines = (snapshot: Snapshot, view: View, height: number): readonly Line[] => {
  const { ui } = view;
  const width = laneWidth(view);
  const linked = linkWidth(view);
  if (height < 2 || width < 8) return [];
  const axis = axisOf(snapshot, view, width);
  const account = accountShown(snapshot, view);
  const lanes = signalLanes(snapshot, view, axis, account);
  if (lanes.length === 0) return [];
  const row = selectedRow(snapshot, view);
  const own = height < 6 || row === undefined ? [] : processLanes(snapshot, view, axis, row, account);
  const marks = marksLine(view, axis, account, height);
  const room = height - 1 - marks.length;
  const forProcess = own.length === 0 ? 0 : Math.min(own.length + 1, Math.max(2, Math.floor(room * 0.4)));
  const forSignals = Math.min(lanes.length, room - forProcess);
  const top = Math.max(0, Math.min(ui.laneTop, lanes.length - forSignals));
  const shown = lanes.slice(top, top + forSignals);
  const hidden = lanes.length - shown.length;
  const links = linked === 0 ? [] : (view.links ?? []);
  return [
    axisLine(snapshot, view, axis, marks.length === 0 ? account : undefined, hidden),
    ...marks,
    ...shown.map((lane) => laneLine(snapshot, view, axis, lane, links)),
    ...(forProcess === 0 || row === undefined
      ? []
      : [
          [span(`of ${clean(row.comm, view.glyphs.charset)} (${row.pid})`, 'heading')],
          ...own.slice(0, forProcess - 1).map((lane) => laneLine(snapshot, view, axis, lane, links)),
        ]),
  ];
};

const signalLanes = (snapshot: Snapshot, view: View, axis: Axis, account: Account | null): Lane[] => {
  const chosen = laneMetrics(snapshot, view);
  const further = snapshot.metrics.filter(
    (metric) =>
      isSignal(metric) && account?.metrics.includes(metric.id) && !chosen.some(({ id }) => id === metric.id),
  );
  const lanes = [...chosen, ...further].map((metric) => {
    const cells = signalCells(axis, metric);
    return {
      metric,
      row: null,
      cells,
      peak: peakOf(cells),
      loud: loudestOf(axis, ({ metric: id }) => id === metric.id),
      accused: account?.metrics.includes(metric.id) ?? false,
    };
  });
  return lanes.sort((a, b) => rankOf(b) - rankOf(a));
};

const processLanes = (
  snapshot: Snapshot,
  view: View,
  axis: Axis,
  row: Row,
  account: Account | null,
): Lane[] =>
  snapshot.metrics
    .filter(
      ({ id, scope, kind, dims, probe }) =>
        scope === 'pid' &&
        kind !== 'max' &&
        dims === undefined &&
        row.metrics[id] !== undefined &&
        !view.ui.hidden.includes(probe),
    )
    .map((metric) => {
      const cells = processCells(axis, snapshot, row.id, metric);
      return {
        metric,
        row,
        cells,
        peak: peakOf(cells),
        loud: loudestOf(axis, ({ metric: id, pid }) => id === metric.id && pid === row.pid),
        accused: account?.pid === row.pid && account.metrics.includes(metric.id),
      };
    })
    .filter(({ peak }) => peak > 0)
    .sort((a, b) => rankOf(b) - rankOf(a));

/** Coarse on purpose: what is a little louder now must not change places with what was a moment ago. */
const rankOf = ({ accused, loud, peak, metric }: Lane): number =>
  (accused ? 1000 : 0) +
  Math.min(99, Math.round(loud)) * 10 +
  (peak > 0 ? (metric.lane === true ? 5 : 3) : 0);

const loudestOf = (axis: Axis, wanted: (spike: SpikeMark) => boolean): number =>
  axis.source.insight.spikes.reduce(
    (most, spike) =>
      spike.score > most && wanted(spike) && cellOf(axis, spike.startUs) >= 0 ? spike.score : most,
    0,
  );

const laneLine = (
  snapshot: Snapshot,
  view: View,
  axis: Axis,
  lane: Lane,
  links: readonly SeriesLink[],
): Line => {
  const { glyphs } = view;
  const { metric, row, peak } = lane;
  const coverage = snapshot.coverage[metric.id]?.coverage ?? 'exact';
  const now = nowOf(snapshot, lane);
  const mark = trustMark(coverage, glyphs);
  const covered = coverage !== 'not-covered';
  const label = `${row === null ? '' : ' '}${metric.label}${rateSuffix(metric.kind, metric.unit)}`;
  const shown = covered ? mark + shortValue(now, metric) : glyphs.notCovered;
  const highest = covered && peak > 0 ? mark + shortValue(peak, metric) : '';
  return [
    span(fitTo(label, LABEL, 'left', glyphs.ellipsis), lane.accused ? 'title' : peak > 0 ? 'plain' : 'dim'),
    span(fitTo(shown, VALUE, 'right', glyphs.ellipsis), now > 0 ? 'title' : 'dim'),
    span(' '),
    ...(covered ? cellSpans(view, axis, lane) : [span(' '.repeat(axis.cells))]),
    span(' '),
    span(fitTo(highest, VALUE, 'right', glyphs.ellipsis), 'dim'),
    ...linkSpans(snapshot, view, lane, links),
  ];
};

/** At the moment shown, and nothing later: a cell may hold many samples, and shows the largest. */
const nowOf = (snapshot: Snapshot, { metric, row }: Lane): number => {
  const { history } = snapshot;
  const values =
    row !== null
      ? history.row(row.id, metric.id, 1)
      : metric.scope === 'host'
        ? history.host(metric.id, 1)
        : history.all(metric.id, 1);
  return perSecond(values, metric, sampleTimes(snapshot, 1))[0] ?? Number.NaN;
};

const shortValue = (value: number, { kind, unit }: MetricDescriptor): string =>
  Number.isNaN(value) ? '' : kind === 'counter' ? ratePerSecond(value, unit) : amount(value, unit);

/** Its own spikes stand out; the cursor is a column through all lanes; what comes after it is faint. */
const cellSpans = ({ glyphs }: View, axis: Axis, { cells, peak, metric, row }: Lane): Span[] => {
  const drawn = [...sparkline(cells, glyphs, peak)];
  const spiked = new Set<number>();
  for (const spike of axis.source.insight.spikes) {
    if (spike.metric !== metric.id || spike.score < MARKED_SCORE) continue;
    if (row !== null && spike.pid !== row.pid) continue;
    const from = cellOf(axis, spike.startUs);
    const to = cellOf(axis, spike.endUs);
    for (let cell = from; cell >= 0 && cell <= Math.max(from, to); cell += 1) spiked.add(cell);
  }
  const toneOf = (cell: number): Tone => {
    if (cell === axis.cursor && !axis.atEnd) return 'selected';
    if (cell > axis.cursor) return 'dim';
    if (spiked.has(cell)) return 'spike';
    return peak > 0 ? 'spark' : 'dim';
  };
  return runs(drawn, toneOf);
};

const runs = (drawn: readonly string[], toneOf: (cell: number) => Tone): Span[] => {
  const spans: Span[] = [];
  let text = '';
  let tone: Tone = 'plain';
  drawn.forEach((glyph, cell) => {
    const own = toneOf(cell);
    if (text !== '' && own !== tone) {
      spans.push(span(text, tone));
      text = '';
    }
    tone = own;
    text += glyph;
  });
  if (text !== '') spans.push(span(text, tone));
  return spans;
};

/** Whom this signal comes before, or with; the surest only. */
const linkSpans = (
  snapshot: Snapshot,
  { glyphs }: View,
  { metric, row }: Lane,
  links: readonly SeriesLink[],
): Line => {
  const link = links.find(
    ({ leader }) => leader.metric === metric.id && (row === null || leader.pid === row.pid),
  );
  if (link === undefined) return [];
  const { follower, ordered, lagMs } = link;
  const label = snapshot.metrics.find(({ id }) => id === follower.metric)?.label ?? follower.metric;
  const whose = follower.pid === null ? '' : ` ${clean(follower.comm ?? '?', glyphs.charset)}`;
  const text = ordered
    ? `${glyphs.leads} ${duration(lagMs * 1000)} ${clean(label, glyphs.charset)}${whose}`
    : `${glyphs.together} ${clean(label, glyphs.charset)}${whose}`;
  return [span(' '), span(fitTo(text, LINK - 1, 'left', glyphs.ellipsis), 'accent')];
};

type AxisMark = { readonly cell: number; readonly sign: string; readonly tone: Tone };

/** From this height on marks have a line of their own, and do not stand on the times. */
const MARKS_FROM = 8;

const marksLine = (view: View, axis: Axis, account: Account | null, height: number): readonly Line[] => {
  const marks = marksOn(axis, view, account).filter(({ cell }) => cell >= 0);
  if (height < MARKS_FROM || marks.length === 0) return [];
  const cells = Array.from({ length: axis.cells }, () => span(' ', 'dim'));
  for (const { cell, sign, tone } of marks) cells[cell] = span(sign, tone);
  return [[span(' '.repeat(LABEL + VALUE + 1)), ...merge(cells)]];
};

/** The wall clock under the first and the last cell, the cursor, and what happened in between. */
const axisLine = (
  snapshot: Snapshot,
  view: View,
  axis: Axis,
  account: Account | null | undefined,
  hidden: number,
): Line => {
  const { ui, glyphs } = view;
  const realOf = (bootUs: number): number =>
    snapshot.header.clock.realMs + (bootUs - snapshot.header.clock.bootUs) / 1000;
  const spanText = longDuration((axis.cells * axis.cellUs) / 1e6);
  const title = `${ui.focus === 'signals' ? '>' : ''}SIGNALS${hidden > 0 ? ` +${hidden}` : ''}`;
  const now = axis.atEnd ? 'now' : clockTime(snapshot.realMs);
  const from = clockTime(realOf(axis.fromUs));
  const to = clockTime(realOf(axis.fromUs + axis.cells * axis.cellUs));
  const cells = Array.from({ length: axis.cells }, () => span(' ', 'dim'));
  const marks = account === undefined ? [] : marksOn(axis, view, account);
  const taken = new Set([...marks.map(({ cell }) => cell), ...(axis.atEnd ? [] : [axis.cursor])]);
  // A time with a mark in it could not be read: it is left out.
  const write = (at: number, text: string): void => {
    const characters = [...text];
    if (characters.some((_, index) => taken.has(at + index))) return;
    characters.forEach((character, index) => {
      if (at + index >= 0 && at + index < cells.length) cells[at + index] = span(character, 'heading');
    });
  };
  write(0, from);
  const middle = `${ui.zoom === 'all' ? 'all, ' : ''}${spanText}`;
  if (axis.cells > from.length + to.length + middle.length + 6)
    write(Math.floor((axis.cells - middle.length) / 2), middle);
  if (axis.cells > from.length + to.length + 2) write(axis.cells - to.length, to);
  for (const { cell, sign, tone } of marks) {
    if (cell >= 0 && cell < cells.length) cells[cell] = span(sign, tone);
  }
  if (!axis.atEnd) cells[axis.cursor] = span(glyphs.descending, 'selected');
  return [
    span(fitTo(title, LABEL, 'left', glyphs.ellipsis), 'heading'),
    span(fitTo(now, VALUE, 'right'), axis.atEnd ? 'heading' : 'accent'),
    span(' '),
    ...merge(cells),
    span(' '),
    span(fitTo('highest', VALUE, 'right'), 'heading'),
  ];
};

const merge = (cells: readonly Span[]): Span[] =>
  cells.reduce<Span[]>((spans, cell) => {
    const last = spans.at(-1);
    if (last?.tone === cell.tone) spans[spans.length - 1] = span(last.text + cell.text, cell.tone);
    else spans.push(cell);
    return spans;
  }, []);

/** In rising order of what must not be covered. */
const marksOn = (axis: Axis, { glyphs }: View, account: Account | null): AxisMark[] => {
  const { insight, losses, marks } = axis.source;
  const spikes = insight.spikes.filter(({ score }) => score >= MARKED_SCORE);
  return [
    ...spikes.map(({ startUs }): AxisMark => ({ cell: cellOf(axis, startUs), sign: '!', tone: 'warn' })),
    ...losses.gaps.flatMap(({ fromBootUs, toBootUs }): AxisMark[] => {
      const [from, to] = [cellOf(axis, fromBootUs), cellOf(axis, toBootUs)];
      const last = Math.max(from, to);
      return Array.from({ length: last < 0 ? 0 : last - Math.max(0, from) + 1 }, (_, index) => ({
        cell: Math.max(0, from) + index,
        sign: glyphs.gap,
        tone: 'bad' as const,
      }));
    }),
    ...marks.map(({ bootUs }): AxisMark => ({ cell: cellOf(axis, bootUs), sign: 'M', tone: 'accent' })),
    ...insight.findings.map(
      ({ startUs }): AxisMark => ({ cell: cellOf(axis, startUs), sign: 'F', tone: 'bad' }),
    ),
    ...(account === null
      ? []
      : [{ cell: cellOf(axis, account.startUs), sign: 'F', tone: 'banner' as const }]),
  ];
};
