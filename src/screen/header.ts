/**
 * The lines that frame the rest: which moment of which machine this is, and how far the numbers can be trusted:
 * probes with the variant that ran, losses, gaps, what tracing itself costs.
 */
import type { Remote } from '../core/record.ts';
import type { Row, Snapshot } from '../core/snapshot.ts';
import { type Line, packSegments, type Segment, segment, span } from './format/line.ts';
import { bytes, clockTime, compact, duration, longDuration, percent } from './format/numbers.ts';
import { clean } from './format/text.ts';
import { namesOf } from './format/trust.ts';
import { isAttaching, type View } from './view.ts';

export const stateLine = (snapshot: Snapshot, view: View): Line =>
  packSegments(
    [...stateSegments(snapshot, view), ...hostSegments(snapshot, view), ...shortTrust(snapshot, view)],
    view.size.columns,
    view.glyphs,
  );

export const trustLine = (snapshot: Snapshot, view: View): Line => {
  const troubles = lossSegments(snapshot, view);
  return packSegments(
    [
      ...(troubles.length > 0 ? troubles : [segment(1, trustWord(snapshot, view))]),
      ...probeSegments(snapshot, view),
      ...costSegments(snapshot, view),
    ],
    view.size.columns,
    view.glyphs,
  );
};

/** Nothing lost is not yet everything exact. */
const trustWord = (snapshot: Snapshot, view: View) => {
  if (isAttaching(snapshot, view)) return span('no probe counts yet', 'warn');
  const { coverage, coverageNow } = snapshot;
  const doubtful = Object.keys(coverage).filter(
    (id) => (coverage[id]?.coverage ?? 'exact') !== 'exact' || (coverageNow[id] ?? 'exact') !== 'exact',
  );
  return doubtful.length === 0
    ? span('nothing lost', 'good')
    : span(`${compact(doubtful.length)} of ${compact(Object.keys(coverage).length)} not exact (i)`, 'warn');
};

/** Where rows are too few for the line of trust, what was lost is reported at the top. */
const shortTrust = (snapshot: Snapshot, view: View): Segment[] =>
  view.size.rows >= 16 ? [] : lossSegments(snapshot, view);

/** Ours first: a tool that watches load must show its own. In a replay these are the costs of recording it. */
const costSegments = ({ self, header }: Snapshot, { ui, glyphs }: View): Segment[] => [
  segment(
    2,
    span(ui.mode === 'live' ? 'self ' : 'cost then ', 'dim'),
    span(`${percent(self.cpuPercent)} ${bytes(self.rssBytes)}`),
  ),
  ...(self.tracerRssBytes === 0
    ? []
    : [
        segment(
          3,
          span('tracer ', 'dim'),
          span(`${percent(self.tracerCpuPercent)} ${bytes(self.tracerRssBytes)}`),
        ),
      ]),
  // What the traced pay, in their own time: the figure the budget is about.
  ...(self.probesPercent === null
    ? []
    : [
        segment(
          2,
          span('probes ', 'dim'),
          span(
            self.probeMsUnsure === true
              ? 'not measured yet'
              : `${self.probeMsBy === 'estimated' ? glyphs.about : ''}${percent(self.probesPercent)}`,
            self.probesPercent > budgetPercent(header) ? 'warn' : 'plain',
          ),
        ),
      ]),
  ...(self.mapBytes === 0 ? [] : [segment(4, span('maps ', 'dim'), span(bytes(self.mapBytes)))]),
];

/** Of one CPU; with more of them at work the probes may take more. */
const budgetPercent = ({ budget, host }: Snapshot['header']): number =>
  budget === undefined || budget === null ? Number.POSITIVE_INFINITY : budget * 100 * host.cpus;

/** What the reader must know before believing that the screen shows now. */
const stateSegments = (snapshot: Snapshot, view: View): Segment[] => {
  const since = longDuration(snapshot.elapsedUs / 1e6);
  const name = segment(5, span('stallscope', 'title'));
  const clock = segment(2, span(clockTime(snapshot.realMs), 'title'));
  const banners = bannerSegments(snapshot, view);
  const { pace } = view.ui;
  const every =
    pace === 1
      ? []
      : [segment(1, span(`numbers of ${duration(pace * snapshot.header.intervalMs * 1000)}`, 'accent'))];
  if (banners.length === 0)
    return [name, segment(1, span('live', 'good'), span(` ${since}`)), ...every, clock];
  const elapsed = view.ui.mode === 'replay' ? `+${since}` : since;
  return [name, ...banners, clock, segment(4, span(elapsed, 'dim'))];
};

/** Empty when what is shown is what happens now. */
const bannerSegments = (snapshot: Snapshot, view: View): Segment[] => {
  const banner = (text: string): Segment => segment(0, span(` ${text} `, 'banner'));
  // Of a past moment too: its numbers were as old then.
  const unread = unreadFor(snapshot);
  const uncounted = unread === null ? [] : [banner(`NO COUNTS FOR ${unread}`)];
  if (view.ui.mode === 'replay') return [banner('REPLAY'), ...uncounted];
  if (snapshot.ended !== null) {
    const reason = clean(snapshot.ended.reason, view.glyphs.charset);
    return [segment(0, span(' ENDED ', 'banner'), span(` ${reason}`, 'warn')), ...uncounted];
  }
  if (isAttaching(snapshot, view))
    return [
      banner('ATTACHING'),
      segment(0, span(`the probes, ${(view.waitedMs / 1000).toFixed(1)} s`, 'warn')),
    ];
  if (view.playback?.following === false)
    return [
      banner(view.overview !== null && view.overview.bootUs > snapshot.bootUs ? 'PAST' : 'HELD'),
      segment(3, span('still collecting, L follows', 'warn')),
      ...uncounted,
    ];
  // Without a sample there are no counts either.
  if (view.silentMs !== null)
    return [banner(`${silence(snapshot, view)} FOR ${longDuration(view.silentMs / 1000)}`)];
  return uncounted;
};

/** Of another host it is the link that may be gone. */
const silence = ({ header }: Snapshot, { glyphs }: View): string =>
  header.remote === undefined ? 'NO SAMPLE' : `NOTHING FROM ${clean(header.remote.hostname, glyphs.charset)}`;

/** The tracer is held up when it was not read for this many intervals, while the host still was. */
const UNREAD_INTERVALS = 2.5;

/** How long the tracer had not been read at the snapshot's moment; null when it was in time. */
const unreadFor = ({ bootUs, counted, header }: Snapshot): string | null => {
  const unreadUs = bootUs - counted.bootUs;
  if (unreadUs <= UNREAD_INTERVALS * header.intervalMs * 1000) return null;
  return unreadUs < 1e6 ? duration(unreadUs) : longDuration(unreadUs / 1e6);
};

const hostSegments = ({ header }: Snapshot, { glyphs, title }: View): Segment[] => [
  segment(3, span(clean(header.host.hostname, glyphs.charset), 'accent')),
  segment(6, span(clean(header.host.kernel, glyphs.charset))),
  segment(8, span(`${header.host.cpus} cpus ${bytes(header.host.memoryBytes)}`, 'dim')),
  segment(7, span(clean(title, glyphs.charset), 'dim')),
  ...(header.remote === undefined
    ? []
    : [segment(7, span(remoteText(header.remote, glyphs.charset), 'dim'))]),
  ...selectionSegments(header.selection, glyphs.charset),
];

/** How it is reached, and how far its clock is from that of who traces it. */
const remoteText = ({ hostname, aheadMs, unsureMs }: Remote, charset: 'utf8' | 'ascii'): string => {
  const sign = charset === 'ascii' ? '+-' : '±';
  const ahead = `${aheadMs < 0 ? '-' : '+'}${compact(Math.abs(Math.round(aheadMs)))}`;
  return `ssh ${clean(hostname, charset)}, clock ${ahead}${sign}${compact(Math.ceil(unsureMs))}ms`;
};

const selectionSegments = (
  selection: Snapshot['header']['selection'],
  charset: 'utf8' | 'ascii',
): Segment[] => {
  const parts = [
    selection.pids.length === 0
      ? ''
      : `pid ${selection.pids.slice(0, 4).join(',')}${selection.pids.length > 4 ? ',..' : ''}`,
    selection.comm === null ? '' : `comm ${selection.comm}`,
    selection.command === null ? '' : `-- ${selection.command.join(' ')}`.slice(0, 40),
  ].filter((part) => part !== '');
  return parts.length === 0 ? [] : [segment(4, span(`only ${clean(parts.join(' '), charset)}`, 'warn'))];
};

/** Probes that a key leaves out. */
const NUMBERED = 9;

/** The number is the key that leaves out what it counts. */
const probeSegments = (snapshot: Snapshot, { glyphs, ui }: View): Segment[] =>
  snapshot.probes.map((probe, index) => {
    const id = clean(probe.id, glyphs.charset);
    const number = span(index < NUMBERED ? `${index + 1} ` : '', 'dim');
    // Below what it began with: what is missing is marked where it is missing, the session page says why.
    if ((probe.uncounted ?? []).length > 0)
      return segment(
        2,
        number,
        span(id, 'warn'),
        span(`/${clean(probe.variant ?? 'off', glyphs.charset)} (budget)`, 'warn'),
      );
    if (probe.state !== 'attached') return segment(1, number, span(`${id} ${probe.state}`, 'bad'));
    if (ui.hidden.includes(probe.id)) return segment(2, number, span(`${id} left out`, 'warn'));
    return segment(
      5 + index,
      number,
      span(id, 'good'),
      span(`/${clean(probe.variant ?? '?', glyphs.charset)}`, 'dim'),
    );
  });

/** Empty when every event was counted. */
export const lossSegments = (snapshot: Snapshot, { glyphs }: Pick<View, 'glyphs'>): Segment[] => {
  const { losses } = snapshot;
  const segments: Segment[] = [];
  const gapUs = losses.gaps.reduce((sum, gap) => sum + gap.toBootUs - gap.fromBootUs, 0);
  if (losses.lostEvents > 0)
    segments.push(segment(0, span(`${compact(losses.lostEvents)} events lost`, 'bad')));
  if (losses.mapFull.length > 0) {
    segments.push(segment(0, span(`map full: ${clean(losses.mapFull.join(' '), glyphs.charset)}`, 'bad')));
  }
  if (losses.gaps.length > 0) {
    segments.push(
      segment(
        1,
        span(
          `${losses.gaps.length} gap${losses.gaps.length === 1 ? '' : 's'} (${longDuration(gapUs / 1e6)})`,
          'warn',
        ),
      ),
    );
  }
  const others = Object.entries(losses.byKind).filter(([kind, count]) => count > 0 && !ELSEWHERE.has(kind));
  // Of one kind they can be counted; processes, lines and runs of programs have no sum.
  const [first, ...more] = others;
  if (first !== undefined) {
    const [kind, count] = first;
    const words =
      more.length === 0
        ? `${kind.replaceAll('-', ' ')}: ${compact(count)}`
        : `${others.length} other kinds of loss`;
    segments.push(segment(2, span(`${clean(words, glyphs.charset)} (i)`, 'warn')));
  }
  return segments;
};

/** Kinds that have a segment of their own. */
const ELSEWHERE: ReadonlySet<string> = new Set(['lost-events', 'map-full']);

/** A name that says who a row is, safe to draw. */
export const commandOf = (row: Row, charset: 'utf8' | 'ascii', whole: boolean): string => {
  const cmdline = row.cmdline ?? '';
  return clean(whole && cmdline !== '' ? cmdline : namesOf(row, charset === 'ascii' ? '->' : '→'), charset);
};
