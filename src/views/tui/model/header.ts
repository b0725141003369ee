/**
 * The lines that frame the rest: which moment of which machine this is; under what pressure it is; and how far the
 * numbers can be trusted: probes with the variant that ran, losses, gaps, what tracing itself costs.
 */
import type { Row, Snapshot } from '../../../core/snapshot.ts';
import { amount, bytes, clean, clockTime, compact, duration, longDuration, percent } from '../../format.ts';
import { type Line, packSegments, type Segment, segment, span } from './line.ts';
import { hostRateNow } from './series.ts';
import type { View } from './view.ts';

export const stateLine = (snapshot: Snapshot, view: View): Line =>
  packSegments(
    [...stateSegments(snapshot, view), ...hostSegments(snapshot, view), ...shortTrust(snapshot, view)],
    view.size.columns,
    view.glyphs,
  );

export const pressureLine = (snapshot: Snapshot, view: View): Line =>
  packSegments(pressureSegments(snapshot), view.size.columns, view.glyphs);

export const trustLine = (snapshot: Snapshot, view: View): Line => {
  const troubles = lossSegments(snapshot, view);
  return packSegments(
    [
      ...(troubles.length > 0 ? troubles : [segment(1, span('nothing lost', 'good'))]),
      ...probeSegments(snapshot, view),
      ...costSegments(snapshot, view),
    ],
    view.size.columns,
    view.glyphs,
  );
};

/** Where rows are too few for the line of trust, what was lost is told at the top. */
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
            `${self.probeMsBy === 'estimated' ? glyphs.about : ''}${percent(self.probesPercent)}`,
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
  if (banners.length === 0) return [name, segment(1, span('live', 'good'), span(` ${since}`)), clock];
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
  if (view.playback?.following === false)
    return [
      banner(view.overview !== null && view.overview.bootUs > snapshot.bootUs ? 'PAST' : 'HELD'),
      segment(3, span('collecting goes on, L follows', 'warn')),
      ...uncounted,
    ];
  // Without a sample there are no counts either.
  if (view.silentMs !== null) return [banner(`NO SAMPLE FOR ${longDuration(view.silentMs / 1000)}`)];
  return uncounted;
};

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
  ...selectionSegments(header.selection, glyphs.charset),
];

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

/** Shares of time above which a machine is in trouble by PSI's own meaning: somebody waits this much of the time. */
const PRESSURE_WARN = 10;
const PRESSURE_BAD = 40;

const PRESSURES = [
  { label: 'cpu', metric: 'psi.cpu.some_us', rank: 4 },
  { label: 'io', metric: 'psi.io.some_us', rank: 1 },
  { label: 'mem', metric: 'psi.memory.some_us', rank: 2 },
] as const;

const pressureSegments = (snapshot: Snapshot): Segment[] => {
  const segments: Segment[] = [];
  const loads = ['load.1', 'load.5', 'load.15'].flatMap((id) => {
    const reading = snapshot.host[id];
    return reading === undefined ? [] : [amount(reading.total, 'load')];
  });
  if (loads.length > 0) segments.push(segment(0, span('load ', 'dim'), span(loads.join(' '))));
  for (const { label, metric, rank } of PRESSURES) {
    const reading = snapshot.host[metric];
    if (reading === undefined) continue;
    const share = hostRateNow(snapshot, metric, reading.delta) / 1e4;
    if (Number.isNaN(share)) continue;
    const tone = share >= PRESSURE_BAD ? 'bad' : share >= PRESSURE_WARN ? 'warn' : 'plain';
    segments.push(segment(rank, span(`${label} waits `, 'dim'), span(percent(share), tone)));
  }
  const available = snapshot.host['mem.available'];
  if (available !== undefined) {
    const share = (available.total * 1024) / snapshot.header.host.memoryBytes;
    segments.push(
      segment(
        3,
        span('avail ', 'dim'),
        span(amount(available.total, 'KiB'), share < 0.05 ? 'bad' : share < 0.1 ? 'warn' : 'plain'),
      ),
    );
  }
  const blocked = snapshot.host['tasks.blocked'];
  if (blocked !== undefined && blocked.total > 0) {
    segments.push(
      segment(
        2,
        span(
          `${compact(blocked.total)} blocked`,
          blocked.total >= snapshot.header.host.cpus ? 'bad' : 'warn',
        ),
      ),
    );
  }
  return segments;
};

/** The number is the key that leaves out what it counts. */
const probeSegments = (snapshot: Snapshot, { glyphs, ui }: View): Segment[] =>
  snapshot.probes.map((probe, index) => {
    const id = clean(probe.id, glyphs.charset);
    const number = span(index < 7 ? `${index + 1} ` : '', 'dim');
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
  const count = others.reduce((sum, [, value]) => sum + value, 0);
  if (count > 0) segments.push(segment(2, span(`${compact(count)} other losses (i)`, 'warn')));
  return segments;
};

/** Kinds that have a segment of their own. */
const ELSEWHERE: ReadonlySet<string> = new Set(['lost-events', 'map-full']);

/** A name that says who a row is, safe to draw. */
export const commandOf = (row: Row, charset: 'utf8' | 'ascii', whole: boolean): string => {
  const cmdline = row.cmdline ?? '';
  return clean(whole && cmdline !== '' ? cmdline : row.comm, charset);
};
