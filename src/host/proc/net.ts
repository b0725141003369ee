/**
 * What the network carries and loses, in the network namespace that this tool is in: bytes, errors and drops of each
 * interface with hardware behind it (of all but the loopback where none has, as in a container), and what TCP and UDP
 * say of the whole. Bridges, bonds and pairs of virtual interfaces would count the same bytes again.
 *
 * Of each interface on its own, because a sum falls by all that one had carried when it goes away.
 */
import type { MetricUnit } from '../../core/metric.ts';
import { type HostFiles, isThere, wholeLines } from '../files.ts';
import { type HostMetric, type HostSource, labelOf, presentIn } from './source.ts';

type Column = {
  readonly name: string;
  /** Positions after the name of the interface, added up. */
  readonly columns: readonly number[];
  readonly unit: MetricUnit;
  readonly label: string;
  readonly what: string;
};

const COLUMNS: readonly Column[] = [
  { name: 'rx_bytes', columns: [0], unit: 'bytes', label: 'received', what: 'Bytes received' },
  { name: 'tx_bytes', columns: [8], unit: 'bytes', label: 'sent', what: 'Bytes sent' },
  {
    name: 'errors',
    columns: [2, 10],
    unit: 'count',
    label: 'errors',
    what: 'Packets with errors, both ways,',
  },
  {
    name: 'drops',
    columns: [3, 11],
    unit: 'count',
    label: 'drops',
    what: 'Packets dropped, both ways (also those of protocols that nobody here speaks),',
  },
];

const FEWEST_COLUMNS = 16;
const MAX_INTERFACES = 8;

export const parseNetDev = (text: string): Record<string, number> => {
  const values: Record<string, number> = {};
  for (const line of wholeLines(text)) {
    const [, name, rest] = /^ *([^\s:]+): *((?:\d+ +)*\d+) *$/.exec(line) ?? [];
    const numbers = (rest ?? '').split(/ +/).map(Number);
    if (name === undefined || numbers.length < FEWEST_COLUMNS) continue;
    for (const { name: what, columns } of COLUMNS)
      values[`net.${name}.${what}`] = columns.reduce((sum, column) => sum + (numbers[column] ?? 0), 0);
  }
  return values;
};

/** The busiest first. */
export const netDev = (files: HostFiles): HostSource => ({
  path: '/proc/net/dev',
  parse: parseNetDev,
  describe: (first) => {
    const carried = (name: string): number =>
      (first[`net.${name}.rx_bytes`] ?? 0) + (first[`net.${name}.tx_bytes`] ?? 0);
    const used = interfacesIn(first).filter((name) => name !== 'lo' && carried(name) > 0);
    const hardware = used.filter((name) => hasHardware(files, name));
    return (hardware.length > 0 ? hardware : used)
      .sort((a, b) => carried(b) - carried(a))
      .slice(0, MAX_INTERFACES)
      .flatMap(metricsOf);
  },
});

const interfacesIn = (first: Readonly<Record<string, number>>): readonly string[] => [
  ...new Set(Object.keys(first).map((id) => id.slice('net.'.length, id.lastIndexOf('.')))),
];

const hasHardware = (files: HostFiles, name: string): boolean =>
  isThere(files, `/sys/class/net/${name}/device`);

const metricsOf = (device: string): readonly HostMetric[] =>
  COLUMNS.map(({ name, unit, label, what }) => ({
    id: `net.${device}.${name}`,
    kind: 'counter',
    unit,
    label: labelOf(device, label),
    help: `${what} on ${device}: its line in /proc/net/dev.`,
  }));

type Protocol = HostMetric & { readonly protocol: string; readonly field: string };

const counter = (
  id: string,
  label: string,
  [protocol, field]: readonly [string, string],
  help: string,
): Protocol => ({
  ...{ id, label, protocol, field, help, kind: 'counter', unit: 'count' },
  ...(id === 'tcp.retransmits' ? { lane: true } : {}),
});

const SNMP = [
  counter(
    'tcp.retransmits',
    'retransmits',
    ['Tcp', 'RetransSegs'],
    'TCP segments sent again: RetransSegs of /proc/net/snmp.',
  ),
  counter(
    'tcp.segments_sent',
    'segments sent',
    ['Tcp', 'OutSegs'],
    'TCP segments sent, without those sent again: OutSegs of /proc/net/snmp.',
  ),
  counter(
    'udp.full_buffers',
    'UDP buf full',
    ['Udp', 'RcvbufErrors'],
    'Datagrams dropped because the program was too slow to read them: RcvbufErrors of /proc/net/snmp.',
  ),
];

const NETSTAT = [
  counter(
    'tcp.listen_drops',
    'listen drops',
    ['TcpExt', 'ListenDrops'],
    'Connections refused because nobody accepted the ones before: ListenDrops of /proc/net/netstat.',
  ),
];

/** Pairs of lines: names, then numbers, each behind the same protocol. */
const parseNamed =
  (wanted: readonly Protocol[]) =>
  (text: string): Record<string, number> => {
    const values: Record<string, number> = {};
    const lines = wholeLines(text).map((line) => line.split(' '));
    lines.forEach((numbers, index) => {
      const names = lines[index - 1];
      if (names === undefined || names[0] !== numbers[0] || names.length !== numbers.length) return;
      for (const { id, protocol, field } of wanted) {
        const value = names[0] === `${protocol}:` ? numbers[names.indexOf(field)] : undefined;
        if (value !== undefined && /^\d+$/.test(value)) values[id] = Number(value);
      }
    });
    return values;
  };

const named = (path: string, wanted: readonly Protocol[]): HostSource => ({
  path,
  parse: parseNamed(wanted),
  describe: presentIn(wanted.map(({ protocol: _, field: __, ...metric }) => metric)),
});

export const netSnmp = named('/proc/net/snmp', SNMP);
export const netStat = named('/proc/net/netstat', NETSTAT);
