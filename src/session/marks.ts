/** Marks of a stream, and those that were set beside it. */
import type { Mark } from '../core/snapshot.ts';
import type { Recording } from './ports.ts';

/** In order of time, each once: who sets a mark beside a recording may find it in the recording, too. */
export const withMarks = (own: readonly Mark[], added: readonly Mark[]): readonly Mark[] => {
  const late = added.filter(
    ({ bootUs, text }) => !own.some((mark) => mark.bootUs === bootUs && mark.text === text),
  );
  return late.length === 0 ? own : [...own, ...late].sort((a, b) => a.bootUs - b.bootUs);
};

/** Every mark of a recording, to its end. */
export const marksOf = (recording: Recording): readonly Mark[] =>
  withMarks(recording.ownMarks(), recording.addedMarks());
