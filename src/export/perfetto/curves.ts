/**
 * The curves of counters. Growth is drawn over the interval that it came in: from its beginning on, and zero where no
 * growth follows. While the tracer is not read nothing is known of processes, and nothing is drawn.
 */
import type { MetricDescriptor } from '../../core/metric.ts';
import type { Row, Snapshot } from '../../core/snapshot.ts';
import type { Change } from '../changes.ts';
import { eventPacket } from './packets.ts';
import { OTHERS, type Tracks, type Whose } from './tracks.ts';

export type Curves = {
  draw(
    snapshot: Snapshot,
    changes: readonly Change[],
    others: ReadonlyMap<MetricDescriptor, number>,
  ): Uint8Array[];
  /** Back to zero, where the last interval ended. */
  end(): Uint8Array[];
};

type Span = { readonly fromUs: number; readonly toUs: number };
type Raised = { readonly toUs: number; readonly ofTracer: boolean };

export const createCurves = (tracks: Tracks, startUs: number): Curves => {
  /** Curves above zero, and when their interval ended. */
  const raised = new Map<bigint, Raised>();
  const over = new Set<string>();
  let readUs = startUs;
  let hostUs = startUs;

  const value = (atUs: number, track: bigint, number: number): Uint8Array =>
    eventPacket(atUs, { type: 'counter', track, value: number });

  const lower = (which: (uuid: bigint, curve: Raised) => boolean): Uint8Array[] => {
    const packets: Uint8Array[] = [];
    for (const [uuid, curve] of raised) {
      if (!which(uuid, curve)) continue;
      raised.delete(uuid);
      packets.push(value(curve.toUs, uuid, 0));
    }
    return packets;
  };

  /** Nobody holds anything any more who has ended. */
  const ended = ({ rows, metrics }: Snapshot): Uint8Array[] => {
    const levels = metrics.filter(({ kind, scope }) => kind === 'gauge' && scope === 'pid');
    const levelsOf = (row: Row): Uint8Array[] =>
      levels.flatMap((metric) => {
        const uuid = tracks.drawn(metric, row);
        return uuid === null ? [] : [value(row.endedBootUs ?? 0, uuid, 0)];
      });
    return rows.flatMap((row) => {
      if (row.endedBootUs === null || over.has(row.id)) return [];
      over.add(row.id);
      return levelsOf(row);
    });
  };

  return {
    draw: (snapshot, changes, others) => {
      const { bootUs, read } = snapshot;
      const isRead = read.bootUs === bootUs;
      const ofTracer: Span = { fromUs: Math.max(readUs, bootUs - read.intervalUs), toUs: bootUs };
      const ofHost: Span = { fromUs: hostUs, toUs: bootUs };
      if (isRead) readUs = bootUs;
      hostUs = bootUs;
      const packets: Uint8Array[] = [];
      const grown = new Map<bigint, Raised>();
      const add = (metric: MetricDescriptor, whose: Whose, number: number): void => {
        const isOfTracer = whose === OTHERS || whose.row !== undefined;
        const { fromUs, toUs } = isOfTracer ? ofTracer : ofHost;
        const { uuid, packets: described } = tracks.counter(metric, whose);
        packets.push(...described);
        if (metric.kind !== 'counter') {
          packets.push(value(toUs, uuid, number));
          return;
        }
        const before = raised.get(uuid);
        if (before !== undefined && before.toUs < fromUs) packets.push(value(before.toUs, uuid, 0));
        packets.push(value(fromUs, uuid, number));
        grown.set(uuid, { toUs, ofTracer: isOfTracer });
      };
      for (const { metric, value: number, ...whose } of changes) add(metric, whose, number);
      for (const [metric, sum] of others) add(metric, OTHERS, sum);
      packets.push(...lower((uuid, curve) => !grown.has(uuid) && (isRead || !curve.ofTracer)));
      for (const [uuid, curve] of grown) raised.set(uuid, curve);
      packets.push(...ended(snapshot));
      return packets;
    },
    end: () => lower(() => true),
  };
};
