/** Findings as a set of states, and the processes they name. */
import { entityId } from '../../core/entity.ts';
import { type Finding, type Party, suspectsIn } from '../../insight/findings/finding.ts';
import { FINDING_IDS } from '../../insight/findings/index.ts';
import type { WatchedSnapshot } from '../../insight/recognised.ts';
import type { Family } from './family.ts';
import { type Labels, PREFIX } from './names.ts';

/** A finding whose last sign is older than this holds no more. */
const QUIET_US = 15_000_000;

/** Ids of processes, suspects first, the latest finding first. */
export const namedIn = (findings: readonly Finding[], most: number): ReadonlySet<string> => {
  const latest = [...findings].sort((a, b) => b.endUs - a.endUs);
  const ids = [...latest.flatMap(suspectsIn), ...latest.flatMap(({ victims }) => victims)].map(
    ({ pid, startMs }) => entityId(pid, startMs),
  );
  return new Set([...new Set(ids)].slice(0, most));
};

export const findingFamilies = (snapshot: WatchedSnapshot, named: ReadonlySet<string>): Family[] => {
  const holding = snapshot.insight.findings.filter(({ endUs }) => snapshot.bootUs - endUs <= QUIET_US);
  const ids = new Set(holding.map(({ id }) => id));
  return [
    {
      name: `${PREFIX}_finding`,
      type: 'stateset',
      unit: '',
      help: 'Known failures: 1 while the signs of one are seen.',
      points: [...new Set([...FINDING_IDS, ...ids])].map((id) => ({
        labels: { [`${PREFIX}_finding`]: id },
        value: ids.has(id) ? 1 : 0,
      })),
    },
    {
      name: `${PREFIX}_finding_process`,
      type: 'gauge',
      unit: '',
      help: 'Who is suspected of a failure that is seen now, and who suffers from it.',
      points: onceEach(holding, named),
    },
  ];
};

const onceEach = (findings: readonly Finding[], named: ReadonlySet<string>): Family['points'] => {
  const points = new Map<string, Family['points'][number]>();
  for (const finding of findings) {
    const parties = [
      ...suspectsIn(finding).map((party) => ({ party, role: 'suspect' })),
      ...finding.victims.map((party) => ({ party, role: 'victim' })),
    ];
    for (const { party, role } of parties) {
      const id = entityId(party.pid, party.startMs);
      if (!named.has(id)) continue;
      const labels = { finding: finding.id, role, ...processLabels(party) };
      points.set(`${finding.id} ${role} ${id}`, { labels, value: 1 });
    }
  }
  return [...points.values()];
};

export const processLabels = ({ pid, startMs, comm }: Party): Labels => ({
  pid: String(pid),
  start: startMs === null ? '?' : String(startMs / 1000),
  command: comm,
});
