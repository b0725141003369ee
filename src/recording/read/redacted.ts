/** A recording as its redacted copy would be read, without the copy. */
import type { Mark } from '../../core/snapshot.ts';
import type { Recording } from '../../session/ports.ts';
import type { LossyAnchor } from '../../session/timeline.ts';
import { createRedactor, type Shipped } from '../redact.ts';

/** What belongs together has one pseudonym, in whatever order it is read. */
export const redacted = (recording: Recording, shipped: Shipped): Recording => {
  const redactor = createRedactor(shipped);
  const header = redactor.header(recording.header);
  const mark = ({ bootUs, text }: Mark): Mark => {
    const one = redactor.record({ type: 'mark', bootUs, text });
    return { bootUs, text: one.type === 'mark' ? one.text : '' };
  };
  const anchor = (found: LossyAnchor | null): LossyAnchor | null =>
    found && { ...found, parts: found.parts.map((part) => redactor.checkpoint(part)) };
  return {
    ...recording,
    header,
    recordsOf: (number) => recording.recordsOf(number).map((record) => redactor.record(record)),
    tail: () => recording.tail().map((record) => redactor.record(record)),
    anchorAt: (number) => anchor(recording.anchorAt(number)),
    ownMarks: () => recording.ownMarks().map(mark),
    addedMarks: () => recording.addedMarks().map(mark),
  };
};
