/** One line of what was recognised: the failure's name and its suspect, or what spikes just now. */
import type { Snapshot, SpikeMark } from '../../../core/snapshot.ts';
import { clean } from '../../format.ts';
import { type Line, span } from './line.ts';
import type { View } from './view.ts';

/** From which score on a spike is worth the line, and for how long after its end. */
const LOUD_SCORE = 6;
const RECENT_US = 20e6;

/** null when there is nothing to say. */
export const findingLine = (snapshot: Snapshot, { glyphs }: View): Line | null => {
  const { findings } = snapshot.insight;
  const [finding] = findings;
  if (finding !== undefined) {
    const { suspect } = finding;
    const who = suspect === null ? '' : `  ${clean(suspect.comm, glyphs.charset)} (${suspect.pid})`;
    const more = findings.length > 1 ? `  and ${findings.length - 1} more` : '';
    return [
      span(` ${finding.id} `, 'banner'),
      span(`${who}${more}`, 'warn'),
      span(`  ${finding.title}`, 'dim'),
    ];
  }
  const loud = recentSpikes(snapshot).sort((a, b) => b.score - a.score);
  const [loudest] = loud;
  if (loudest === undefined) return null;
  const more = loud.length > 1 ? `  and ${loud.length - 1} more` : '';
  return [span('spike ', 'warn'), span(`${nameOf(loudest, glyphs.charset)}${more}`)];
};

const recentSpikes = ({ insight, bootUs }: Snapshot): SpikeMark[] =>
  insight.spikes.filter(({ score, endUs }) => score >= LOUD_SCORE && bootUs - endUs <= RECENT_US);

const nameOf = ({ metric, pid, comm }: SpikeMark, charset: View['glyphs']['charset']): string =>
  pid === null ? metric : `${metric} of ${clean(comm ?? '?', charset)} (${pid})`;
