/** The lines at the top: which machine, since when, under what pressure, with which probes, and what was lost. */
import type { Row, Snapshot } from '../../../core/snapshot.ts';
import { amount, bytes, clean, clockTime, compact, duration, longDuration, percent } from '../../format.ts';
import { type Line, packSegments, type Segment, segment, span } from './line.ts';
import { hostRateNow } from './series.ts';
import type { View } from './view.ts';

/** At most `lines` of them, the most telling first. */
export const headerLines = (snapshot: Snapshot, view: View, lines: number): readonly Line[] => {
  const width = view.size.columns;
  const pack = (segments: readonly Segment[]): Line => packSegments(segments, width, view.glyphs);
  const troubles = lossSegments(snapshot, view);
  if (lines >= 3) {
    return [
      pack([...stateSegments(snapshot, view), ...hostSegments(snapshot, view)]),
      pack(pressureSegments(snapshot)),
      pack([
        ...probeSegments(snapshot, view),
        ...(troubles.length > 0 ? troubles : [segment(1, span('nothing lost', 'good'))]),
      ]),
    ];
  }
  const second =
    troubles.length > 0
      ? troubles
      : [...pressureSegments(snapshot), segment(9, span('nothing lost', 'good'))];
  return [pack([...stateSegments(snapshot, view), ...hostSegments(snapshot, view)]), pack(second)].slice(
    0,
    lines,
  );
};

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
  if (view.ui.frozen) return [banner('HELD'), segment(3, span('collecting goes on', 'warn')), ...uncounted];
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
    const share = hostRateNow(snapshot, reading.delta) / 1e4;
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

const probeSegments = (snapshot: Snapshot, { glyphs }: View): Segment[] =>
  snapshot.probes.map((probe, index) => {
    const id = clean(probe.id, glyphs.charset);
    // Below what it began with: what is missing is marked where it is missing, the session page says why.
    if ((probe.uncounted ?? []).length > 0)
      return segment(
        2,
        span(id, 'warn'),
        span(`/${clean(probe.variant ?? 'off', glyphs.charset)} (budget)`, 'warn'),
      );
    if (probe.state === 'attached')
      return segment(
        5 + index,
        span(id, 'good'),
        span(`/${clean(probe.variant ?? '?', glyphs.charset)}`, 'dim'),
      );
    return segment(3, span(`${id} ${probe.state}`, 'bad'));
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
