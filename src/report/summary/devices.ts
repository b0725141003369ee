/** Who had which device do how much: of the processes with most time in one, a line for each device. */
import { byDevice } from '../../core/by-device.ts';
import type { Snapshot } from '../../core/snapshot.ts';
import { bytes, duration, exact } from '../../screen/format/numbers.ts';
import { clean } from '../../screen/format/text.ts';
import { namesOf, trustMark } from '../../screen/format/trust.ts';

const MAX_LINES = 20;

export const deviceLines = (snapshot: Snapshot): string[] => {
  const mark = trustMark(snapshot.coverage['disk.device_ns']?.coverage);
  const found = snapshot.rows
    .filter(({ metrics }) => 'disk.device_ns' in metrics)
    .flatMap((row) => byDevice(snapshot, row.id).map((one) => ({ row, one })))
    .sort((a, b) => b.one.ns.total - a.one.ns.total);
  if (found.length === 0) return [];
  const rest = found.length - MAX_LINES;
  return [
    '',
    'Devices, by process',
    ...found.slice(0, MAX_LINES).map(({ row, one: { device, requests, bytes: moved, ns } }) => {
      const each = requests.total === 0 ? '' : `, ${duration(ns.total / requests.total / 1000)} each`;
      return `  ${clean(device)}  ${clean(namesOf(row))} (${row.pid}): ${mark}${bytes(moved.total)} in ${mark}${exact(requests.total)} requests${each}`;
    }),
    ...(rest > 0 ? [`  … and ${exact(rest)} more: --json has them all`] : []),
  ];
};
