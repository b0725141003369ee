/**
 * The timeline: signals of the machine, then of the selected process, on one axis of time, the loudest first.
 *
 * First what the finding shown at the top rests on, then what spiked within the span, then what moved at all, then
 * the rest; within each in the order of the manifests, so that lanes keep their places while values change.
 */
import type { MetricDescriptor } from '../../core/metric.ts';
import type { Row } from '../../core/snapshot.ts';
import type { SpikeMark, WatchedSnapshot } from '../../insight/recognised.ts';
import { type Account, accountShown } from '../finding/accounts.ts';
import { type Line, type Span, span, type Tone } from '../format/line.ts';
import { amount, duration, ratePerSecond, rateSuffix } from '../format/numbers.ts';
import { clean, fitTo } from '../format/text.ts';
import { trustMark } from '../format/trust.ts';
import { selectedRow } from '../table/selected.ts';
import type { View } from '../view.ts';
import { axisLine, type Chart, marksLine } from './axis-line.ts';
import { laneWidths, MARKED_SCORE } from './lane-widths.ts';
import { peakOf, perSecond, sampleTimes, sparkline, trustIn } from './series.ts';
import { type Axis, axisOf, cellOf, processCells, signalCells } from './timeline.ts';

export const laneMetrics = (
  snapshot: WatchedSnapshot,
  { ui }: Pick<View, 'ui'>,
): readonly MetricDescriptor[] =>
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
export const lanesWanted = (snapshot: WatchedSnapshot, view: View): number => {
  const signals = laneMetrics(snapshot, view).length;
  return signals === 0 ? 0 : signals + 1 + OF_PROCESS + 1;
};

/** Lanes of the selected process beside those of the machine, where there is room for both. */
const OF_PROCESS = 4;

/** At most `height` lines: the axis with its marks, then lanes. */
export const laneLines = (snapshot: WatchedSnapshot, view: View, height: number): readonly Line[] => {
  const { ui } = view;
  const widths = laneWidths(view);
  if (height < 2 || widths.cells < 8) return [];
  const axis = axisOf(snapshot, view, widths.cells);
  const account = accountShown(snapshot, view);
  const chart = { snapshot, view, axis, widths, account };
  const lanes = signalLanes(chart);
  if (lanes.length === 0) return [];
  const row = followedRow(snapshot, view, account);
  const own = height < 6 || row === undefined ? [] : processLanes(chart, row);
  const marks = marksLine(chart, height);
  const room = height - 1 - marks.length;
  const forProcess = own.length === 0 ? 0 : Math.min(own.length + 1, Math.max(2, Math.floor(room * 0.4)));
  const forSignals = Math.min(lanes.length, room - forProcess);
  const top = Math.max(0, Math.min(ui.laneTop, lanes.length - forSignals));
  const shown = lanes.slice(top, top + forSignals);
  const hidden = lanes.length - shown.length;
  const naming = namingOf([...shown, ...own]);
  return [
    axisLine(chart, hidden, marks.length === 0),
    ...marks,
    ...shown.map((lane) => laneLine(chart, lane, naming)),
    ...(forProcess === 0 || row === undefined
      ? []
      : [
          [span(`of ${clean(row.comm, view.glyphs.charset)} (${row.pid})`, 'heading')],
          ...own.slice(0, forProcess - 1).map((lane) => laneLine(chart, lane, naming)),
        ]),
  ];
};

/** Who was selected. Where nobody was, who is accused, also when others have come to stand on top since. */
const followedRow = (snapshot: WatchedSnapshot, view: View, account: Account | null): Row | undefined => {
  const accused = view.ui.selectedId === null ? (account?.rowId ?? null) : null;
  return snapshot.rows.find(({ id }) => id === accused) ?? selectedRow(snapshot, view);
};

const signalLanes = ({ snapshot, view, axis, account }: Chart): Lane[] => {
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

const processLanes = ({ snapshot, view, axis, account }: Chart, row: Row): Lane[] =>
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

type Naming = (metric: MetricDescriptor) => string;

/**
 * The kernel counts some things for the machine that a probe counts per process, under the same name: then the
 * machine's has the name that the kernel gives it.
 */
const namingOf = (lanes: readonly Lane[]): Naming => {
  const plain = ({ label }: MetricDescriptor): string => label.replace(/s$/, '');
  const counted = new Set(lanes.flatMap(({ metric }) => (metric.scope === 'host' ? [] : [plain(metric)])));
  return (metric) =>
    metric.scope === 'host' && counted.has(plain(metric))
      ? metric.id.slice(metric.id.indexOf('.') + 1)
      : metric.label;
};

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

const laneLine = ({ snapshot, view, axis, widths }: Chart, lane: Lane, naming: Naming): Line => {
  const { glyphs } = view;
  const { metric, row, peak } = lane;
  const lately = trustIn(snapshot, metric, 'rate');
  const now = nowOf(snapshot, lane);
  const mark = trustMark(lately, glyphs);
  // What was counted before stays in its place.
  const covered = snapshot.coverage[metric.id]?.coverage !== 'not-covered';
  const label = `${row === null ? '' : ' '}${naming(metric)}${rateSuffix(metric.kind, metric.unit)}`;
  const shown = covered && lately !== 'not-covered' ? mark + shortValue(now, metric) : glyphs.notCovered;
  const highest = covered && peak > 0 ? mark + shortValue(peak, metric) : '';
  return [
    span(
      fitTo(label, widths.label, 'left', glyphs.ellipsis),
      lane.accused ? 'title' : peak > 0 ? 'plain' : 'dim',
    ),
    span(fitTo(shown, widths.value, 'right', glyphs.ellipsis), now > 0 ? 'title' : 'dim'),
    span(' '),
    ...(covered ? cellSpans(view, axis, lane) : [span(' '.repeat(axis.cells))]),
    span(' '),
    span(fitTo(highest, widths.value, 'right', glyphs.ellipsis), 'dim'),
    ...(widths.link === 0 ? [] : linkSpans(snapshot, view, lane, widths.link)),
  ];
};

/** At the moment shown, and nothing later: a cell may hold many samples, and shows the largest. */
const nowOf = (snapshot: WatchedSnapshot, { metric, row }: Lane): number => {
  const { history } = snapshot;
  const values =
    row !== null
      ? history.row(row.id, metric.id, 1)
      : metric.scope === 'host'
        ? history.host(metric.id, 1)
        : history.all(metric.id, 1);
  return perSecond(values, metric, sampleTimes(snapshot, 1))[0] ?? Number.NaN;
};

const shortValue = (value: number, metric: MetricDescriptor): string => {
  if (Number.isNaN(value)) return '';
  return metric.kind === 'counter' ? ratePerSecond(value, metric) : amount(value, metric.unit);
};

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
  snapshot: WatchedSnapshot,
  { glyphs, links }: View,
  { metric, row }: Lane,
  width: number,
): Line => {
  const link = links?.find(
    ({ leader }) => leader.metric === metric.id && (row === null || leader.pid === row.pid),
  );
  if (link === undefined) return [];
  const { follower, ordered, lagMs } = link;
  const label = snapshot.metrics.find(({ id }) => id === follower.metric)?.label ?? follower.metric;
  const whose = follower.pid === null ? '' : ` ${clean(follower.comm ?? '?', glyphs.charset)}`;
  const text = ordered
    ? `${glyphs.leads} ${duration(lagMs * 1000)} ${clean(label, glyphs.charset)}${whose}`
    : `${glyphs.together} ${clean(label, glyphs.charset)}${whose}`;
  return [span(' '), span(fitTo(text, width - 1, 'left', glyphs.ellipsis), 'accent')];
};
