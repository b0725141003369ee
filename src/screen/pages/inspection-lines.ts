/** What a living process was asked on demand: where it sleeps in the kernel, and its largest open files. */
import type { Row } from '../../core/snapshot.ts';
import { blank, type Line, span, wrapLine } from '../format/line.ts';
import { bytes, exact } from '../format/numbers.ts';
import { clean, fitEnd, fitTo } from '../format/text.ts';
import type { View } from '../view.ts';
import { threadLines } from './thread-lines.ts';

/** Nothing for who is gone, of a recording, or not asked yet. */
export const inspectionLines = (row: Row, view: View): readonly Line[] => {
  const { inspection } = view;
  if (inspection === null || inspection.pid !== row.pid || row.endedBootUs !== null) return [];
  return [...sleepLines(inspection, view), ...threadLines(inspection, view), ...fileLines(inspection, view)];
};

type Asked = NonNullable<View['inspection']>;

const STATES: Readonly<Record<string, string>> = {
  R: 'running, or ready to run',
  S: 'asleep, can be woken',
  D: 'asleep in the kernel, cannot be interrupted (D)',
  T: 'stopped',
  t: 'stopped by a debugger',
  Z: 'dead, not yet reaped',
  I: 'an idle kernel thread',
};

const sleepLines = (
  { state, waitChannel, kernelStack, stackProblem }: Asked,
  { size, glyphs }: View,
): Line[] => {
  const where = waitChannel === null ? '' : `, in ${clean(waitChannel, glyphs.charset)}`;
  const said = state === null ? 'not known' : (STATES[state] ?? state);
  return [
    blank,
    ...wrapLine([span('state    ', 'dim')], `${said}${where}`, state === 'D' ? 'bad' : 'plain', size.columns),
    ...(kernelStack.length === 0
      ? []
      : wrapLine(
          [span('stack    ', 'dim')],
          clean(kernelStack.join(' < '), glyphs.charset),
          'plain',
          size.columns,
        )),
    ...(stackProblem === null || state !== 'D'
      ? []
      : wrapLine([span('         ')], stackProblem, 'warn', size.columns)),
  ];
};

const fileLines = ({ files, moreFiles, filesProblem }: Asked, { size, glyphs, keys }: View): Line[] => {
  if (filesProblem !== null) return [[span('files    ', 'dim'), span(filesProblem, 'warn')]];
  if (files.length === 0) return [];
  const counted = files.some(({ extents, problem }) => extents !== null || problem !== null);
  const key = keys.find(({ id }) => id === 'extents')?.keys[0] ?? 'x';
  const widest = Math.max(10, size.columns - 26);
  return [
    blank,
    [
      span(`${fitTo('LARGEST OPEN FILES', widest)} ${fitTo('size', 10, 'right')}`, 'heading'),
      span(` ${fitTo(counted ? 'extents' : `${key} counts`, 12, 'right')}`, counted ? 'heading' : 'accent'),
    ],
    ...files.flatMap(({ path, sizeBytes, extents, isLeast, problem }): Line[] => [
      [
        span(fitEnd(clean(path, glyphs.charset), widest, glyphs)),
        span(` ${fitTo(bytes(sizeBytes), 10, 'right')}`),
        span(` ${fitTo(extentsText(extents, isLeast, glyphs), 12, 'right')}`, 'title'),
      ],
      ...(problem === null ? [] : wrapLine([span('  ')], problem, 'warn', size.columns)),
    ]),
    ...(moreFiles === 0 ? [] : [[span(`and ${exact(moreFiles)} smaller`, 'dim')] satisfies Line]),
  ];
};

const extentsText = (extents: number | null, isLeast: boolean, { atLeast }: View['glyphs']): string =>
  extents === null ? '' : `${isLeast ? atLeast : ''}${exact(extents)}`;
