/** The devices that a process reads and writes: how much now, how long a request takes there, and how much in all. */
import { byDevice, type OnDevice } from '../../core/by-device.ts';
import type { Row, Snapshot } from '../../core/snapshot.ts';
import { blank, type Line, span } from '../format/line.ts';
import { bytes, duration, exact } from '../format/numbers.ts';
import { clean, fitTo } from '../format/text.ts';
import { trustMark } from '../format/trust.ts';
import { rateNow } from '../signals/series.ts';
import type { View } from '../view.ts';

/** Of more, those with most time. */
const MOST_DEVICES = 8;
const NAME = 14;
const BYTES = 'disk.device_bytes';

export const deviceLines = (snapshot: Snapshot, { id }: Row, { glyphs }: View): readonly Line[] => {
  const devices = byDevice(snapshot, id);
  if (devices.length === 0) return [];
  const mark = trustMark(snapshot.coverage['disk.device_ns']?.coverage, glyphs);
  return [
    blank,
    [span('DEVICES', 'heading'), span('  now, and since tracing began', 'dim')],
    ...devices.slice(0, MOST_DEVICES).map((one): Line => {
      const now = nowText(snapshot, one);
      return [
        span(fitTo(clean(one.device, glyphs.charset), NAME, 'left', glyphs.ellipsis)),
        span(` ${now}`, now === IDLE ? 'dim' : 'title'),
        span(`; ${mark}${bytes(one.bytes.total)} in ${mark}${exact(one.requests.total)} requests`, 'dim'),
      ];
    }),
    ...(devices.length > MOST_DEVICES
      ? [[span(`and ${exact(devices.length - MOST_DEVICES)} more`, 'dim')] satisfies Line]
      : []),
  ];
};

const IDLE = 'nothing now';

/** `12.0MiB/s, 3.1ms each`. */
const nowText = (snapshot: Snapshot, { requests, bytes: moved, ns }: OnDevice): string => {
  if (requests.delta === 0) return IDLE;
  const rate = bytes(rateNow(snapshot, BYTES, moved.delta));
  return `${rate === '' ? '' : `${rate}/s, `}${duration(ns.delta / requests.delta / 1000)} each`;
};
