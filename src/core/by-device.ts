/** What a process had done by each block device, put together of the metrics that count it. */
import { deviceName } from './device.ts';
import type { Breakdown, Snapshot } from './snapshot.ts';

type Amount = Pick<Breakdown, 'total' | 'delta'>;

export type OnDevice = {
  readonly device: string;
  readonly requests: Amount;
  readonly bytes: Amount;
  readonly ns: Amount;
};

const NOTHING: Amount = { total: 0, delta: 0 };

/** The devices of one process, the one with most time first. */
export const byDevice = ({ header, breakdown }: Snapshot, rowId: string): readonly OnDevice[] => {
  const [requests = [], bytes = [], ns = []] = ['requests', 'bytes', 'ns'].map((name) =>
    breakdown(rowId, `disk.device_${name}`),
  );
  const amountOf = (parts: readonly Breakdown[], device: number): Amount =>
    parts.find(({ key }) => key[0] === device) ?? NOTHING;
  const devices = new Set([...requests, ...bytes, ...ns].map(({ key }) => key[0] ?? 0));
  return [...devices]
    .map((device) => ({
      device: deviceName(header.host.devices ?? [], device),
      requests: amountOf(requests, device),
      bytes: amountOf(bytes, device),
      ns: amountOf(ns, device),
    }))
    .sort((a, b) => b.ns.total - a.ns.total);
};
