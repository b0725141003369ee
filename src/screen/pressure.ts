/** What the machine as a whole does, and how much of the time somebody waits for what. */
import type { Snapshot } from '../core/snapshot.ts';
import { type Line, packSegments, type Segment, segment, span, type Tone } from './format/line.ts';
import { amount, bytes, compact, duration, percent } from './format/numbers.ts';
import { hostRateNow } from './signals/series.ts';
import type { View } from './view.ts';

export const pressureLine = (snapshot: Snapshot, view: View): Line =>
  packSegments(pressureSegments(snapshot), view.size.columns, view.glyphs);

/** Shares of time above which a machine is in trouble by PSI's own meaning: somebody waits this much of the time. */
const PRESSURE_WARN = 10;
const PRESSURE_BAD = 40;

/** What the CPUs do, in shares of all of them; what is as good as nothing gives up its place, what is not is kept. */
const MACHINE = [
  { label: 'cpu', metric: 'cpu.busy_ms', least: 0, bad: 95, rank: 0 },
  { label: 'steal', metric: 'cpu.steal_ms', least: 1, bad: 5, rank: 1 },
  { label: 'iowait', metric: 'cpu.iowait_ms', least: 1, bad: 40, rank: 1 },
] as const;
const FORKS_WORTH_SAYING = 100;

/** Tenths of what is little; the line has no room for those of the rest. */
export const shareText = (share: number): string =>
  share >= 9.95 && share < 99.95 ? `${Math.round(share)}%` : percent(share);

const machineSegments = (snapshot: Snapshot): Segment[] => {
  const { host, header } = snapshot;
  const rate = (metric: string): number => hostRateNow(snapshot, metric, host[metric]?.delta ?? Number.NaN);
  const shares = MACHINE.flatMap(({ label, metric, least, bad, rank }) => {
    const share = rate(metric) / (10 * Math.max(1, header.host.cpus));
    if (!(share >= least)) return [];
    return [segment(rank, span(`${label} `, 'dim'), span(shareText(share), share >= bad ? 'warn' : 'plain'))];
  });
  const forks = rate('tasks.forked');
  return forks >= FORKS_WORTH_SAYING
    ? [...shares, segment(2, span('forks ', 'dim'), span(`${compact(forks)}/s`))]
    : shares;
};

const PRESSURES = [
  { label: 'cpu', metric: 'psi.cpu.some_us' },
  { label: 'io', metric: 'psi.io.some_us' },
  { label: 'mem', metric: 'psi.memory.some_us' },
] as const;

/** Of the time somebody waited, for each of the three, in percent; what nothing is known of is left out. */
export const waitsOf = (
  snapshot: Snapshot,
): readonly { readonly label: string; readonly share: number; readonly tone: Tone }[] =>
  PRESSURES.flatMap(({ label, metric }) => {
    const reading = snapshot.host[metric];
    const share = reading === undefined ? Number.NaN : hostRateNow(snapshot, metric, reading.delta) / 1e4;
    if (Number.isNaN(share)) return [];
    return [
      { label, share, tone: share >= PRESSURE_BAD ? 'bad' : share >= PRESSURE_WARN ? 'warn' : 'plain' },
    ];
  });

const waitSegments = (snapshot: Snapshot): Segment[] => {
  const spans = waitsOf(snapshot).flatMap(({ label, share, tone }) => [
    span(` ${label} `, 'dim'),
    span(shareText(share), tone),
  ]);
  return spans.length === 0 ? [] : [segment(0.5, span('waits', 'dim'), ...spans)];
};

/** Of all interfaces; what is lost is worth more of the line than what is carried. */
const networkSegments = (snapshot: Snapshot): Segment[] => {
  const { host } = snapshot;
  const rateOf = (metric: string): number => {
    const rate = hostRateNow(snapshot, metric, host[metric]?.delta ?? 0);
    return Number.isNaN(rate) ? 0 : rate;
  };
  const sum = (what: string): number | null => {
    const own = Object.keys(host).filter((id) => id.startsWith('net.') && id.endsWith(`.${what}`));
    return own.length === 0 ? null : own.reduce((all, id) => all + rateOf(id), 0);
  };
  const lost = [
    ['retrans', rateOf('tcp.retransmits')],
    ['net drops', (sum('drops') ?? 0) + (sum('errors') ?? 0)],
    ['listen drops', rateOf('tcp.listen_drops')],
  ] as const;
  const received = sum('rx_bytes');
  const sent = sum('tx_bytes');
  return [
    ...lost
      .filter(([, rate]) => rate >= LOST_WORTH_SAYING)
      .map(([label, rate]) => segment(2, span(`${label} `, 'dim'), span(`${compact(rate)}/s`, 'warn'))),
    ...(received === null || sent === null || received + sent < CARRIED_WORTH_SAYING
      ? []
      : [
          segment(
            5,
            span('net in ', 'dim'),
            span(`${bytes(received)}/s`),
            span(' out ', 'dim'),
            span(`${bytes(sent)}/s`),
          ),
        ]),
  ];
};
/** From where on it is seen by who saves a file, and where he thinks that it hangs. */
const CANARY_WARN_US = 100e3;
const CANARY_BAD_US = 1e6;

const canarySegments = ({ host }: Snapshot): Segment[] => {
  const us = host['canary.latency_us']?.total;
  if (us === undefined) return [];
  const tone = us >= CANARY_BAD_US ? 'bad' : us >= CANARY_WARN_US ? 'warn' : 'plain';
  return [segment(tone === 'plain' ? 2 : 1, span('canary ', 'dim'), span(duration(us), tone))];
};

/** Bytes a second: what keeps connections alive is not said. */
const CARRIED_WORTH_SAYING = 10_000;
/** A segment sent again now and then is how TCP works. */
const LOST_WORTH_SAYING = 1;

const loadSegments = ({ host }: Snapshot): Segment[] => {
  const [lately, ...before] = ['load.1', 'load.5', 'load.15'].flatMap((id) => {
    const reading = host[id];
    return reading === undefined ? [] : [amount(reading.total, 'load')];
  });
  if (lately === undefined) return [];
  return [segment(4, span('load ', 'dim'), span(lately)), segment(8, span(before.join(' '), 'dim'))];
};

const pressureSegments = (snapshot: Snapshot): Segment[] => {
  const segments = [...machineSegments(snapshot), ...waitSegments(snapshot), ...loadSegments(snapshot)];
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
  return [...segments, ...canarySegments(snapshot), ...networkSegments(snapshot)];
};
