/** All that was named so far, by signature and by growth. */
import type { SessionState } from '../../core/state.ts';
import { isOwn } from '../../core/who.ts';
import { extentFindings } from '../extent-growth.ts';
import { leakFindings } from '../leaks.ts';
import { slabFindings } from '../slab-leak.ts';
import type { Watched } from '../watch.ts';
import { fillIn } from './advice.ts';
import type { Finding, Party } from './finding.ts';
import { findingsOf } from './match.ts';

export const allFindings = ({ watch: { cases, leaks }, state }: Watched): Finding[] => [
  ...findingsOf(cases, state),
  ...extentFindings(leaks, state),
  ...slabFindings(leaks, state),
  ...leakFindings(leaks, state).flatMap((finding) => {
    const entity = finding.suspect === null ? undefined : entityOf(finding.suspect, state);
    if (entity !== undefined && isOwn(entity, state)) return [];
    return [{ ...finding, advice: fillIn(finding.advice, entity === undefined ? [] : [entity], state) }];
  }),
];

const entityOf = ({ pid, startMs }: Party, { owners, former }: SessionState) => {
  const owner = owners.get(pid);
  return owner?.startMs === startMs ? owner : former.get(`${pid}@${startMs ?? '?'}`);
};
