/** The threads of the process that is looked at, while they are asked for: those that are stuck first. */
import type { Inspection } from '../../core/inspection.ts';
import { blank, type Line, span } from '../format/line.ts';
import { duration, exact } from '../format/numbers.ts';
import { clean, fitTo } from '../format/text.ts';
import type { View } from '../view.ts';

const TID = 8;
const COMM = 16;
const CPU = 8;

export const threadLines = ({ threads }: Inspection, { glyphs, keys }: View): readonly Line[] => {
  const key = keys.find(({ id }) => id === 'threads')?.keys[0] ?? 'H';
  if (threads === null) return [blank, [span('threads  ', 'dim'), span(`${key} lists them`, 'accent')]];
  const { threads: shown, more, unread } = threads;
  return [
    blank,
    [
      span(
        `${fitTo('TID', TID, 'right')} ${fitTo('THREAD', COMM)} S ${fitTo('CPU', CPU, 'right')}`,
        'heading',
      ),
      span(' waits in', 'heading'),
    ],
    ...shown.map(
      ({ tid, comm, state, cpuMs, waitChannel }): Line => [
        span(`${fitTo(String(tid), TID, 'right')} `, 'accent'),
        span(fitTo(clean(comm, glyphs.charset), COMM, 'left', glyphs.ellipsis)),
        span(` ${clean(state, glyphs.charset)} `, state === 'D' ? 'bad' : 'plain'),
        span(fitTo(duration(cpuMs * 1000), CPU, 'right')),
        span(` ${clean(waitChannel ?? '', glyphs.charset)}`, state === 'D' ? 'bad' : 'dim'),
      ],
    ),
    ...(more === 0
      ? []
      : [
          [
            span(`and ${exact(more)} more${unread === 0 ? '' : `, ${exact(unread)} not looked at`}`, 'dim'),
          ] satisfies Line,
        ]),
  ];
};
