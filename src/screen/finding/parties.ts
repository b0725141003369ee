/** Who did it and who suffers, as a line has room for them. */
import { MAX_PARTIES, type Party } from '../../insight/findings/finding.ts';
import { clean } from '../format/text.ts';

type Charset = 'utf8' | 'ascii';

export const partyName = ({ pid, comm }: Party, charset: Charset): string =>
  `${clean(comm, charset)} (${pid})`;

/** PIDs of one name that are said. */
const PIDS = 2;

/** Those of one name are reported as one, with how many they are: the same name twelve times keeps the others off the line. */
export const groupedNames = (parties: readonly Party[], charset: Charset): string[] => {
  const byName = new Map<string, Party[]>();
  for (const party of parties) byName.set(party.comm, [...(byName.get(party.comm) ?? []), party]);
  const names = [...byName.values()].map((all) => {
    const [first] = all;
    if (first === undefined || all.length === 1) return first === undefined ? '' : partyName(first, charset);
    const pids = all.slice(0, PIDS).map(({ pid }) => pid);
    const more = all.length > PIDS ? ' and others' : '';
    return `${all.length} ${clean(first.comm, charset)} (${pids.join(', ')}${more})`;
  });
  // A finding keeps no more of them.
  return parties.length < MAX_PARTIES ? names : [...names, 'and more'];
};
