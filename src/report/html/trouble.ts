/** What a reader must know before anything else: that the recording is not the whole of what it should be. */
import type { Snapshot } from '../../core/snapshot.ts';
import { duration, exact } from '../../screen/format/numbers.ts';
import { type Html, html, NOTHING } from './markup.ts';
import type { Page } from './material.ts';

/** At the top of the page; nothing where the recording is whole. */
export const troubleNotice = ({ snapshot, command }: Page): Html => {
  const troubles = troublesOf(snapshot);
  if (troubles.length === 0) return NOTHING;
  return html`<div class="notice" role="note" aria-label="This recording is not whole"><p><strong>This recording is not whole.</strong> What this page says holds for what it has.</p><ul>${troubles.map(
    (one) => html`<li>${one}</li>`,
  )}</ul><p><code class="command">${command('summary')}</code></p></div>`;
};

export const troublesOf = ({ header, losses, ended, samples }: Snapshot): string[] => {
  const damaged = losses.byKind.damaged ?? 0;
  const dropped = losses.byKind['recorder-dropped'] ?? 0;
  const missingUs = losses.gaps.reduce((sum, { fromBootUs, toBootUs }) => sum + toBootUs - fromBootUs, 0);
  return [
    ...(ended === null
      ? ['Truncated, or still being written: it has no trailer, and what came after its end is not known.']
      : []),
    ...(damaged > 0
      ? [
          `Damaged: ${times(damaged, 'place')} could not be read and ${damaged === 1 ? 'is' : 'are'} left out.`,
        ]
      : []),
    ...((header.segment ?? 0) > 0
      ? [`Partial: it begins with segment ${header.segment}; those before it are not here.`]
      : []),
    ...(dropped > 0
      ? [`The disk was too slow: ${times(dropped, 'record')} were dropped while it was written.`]
      : []),
    ...(losses.gaps.length > 0
      ? [`Nothing was counted for ${duration(missingUs)}, in ${times(losses.gaps.length, 'gap')}.`]
      : []),
    ...(samples === 0 ? ['It has no sample: nothing was counted.'] : []),
  ];
};

const times = (count: number, what: string): string => `${exact(count)} ${what}${count === 1 ? '' : 's'}`;
