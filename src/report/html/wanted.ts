/** Which signals a report draws: of those whom its findings name what proves it, then those of the machine. */
import type { MetricDescriptor } from '../../core/metric.ts';
import type { HeaderRecord } from '../../core/record.ts';
import type { Analysis } from '../../insight/analysis.ts';
import { type Finding, suspectsIn } from '../../insight/findings/finding.ts';
import type { Wanted, Who } from './series.ts';

/** Of processes, and of the machine. */
const MOST_OF_PROCESSES = 24;
const MOST_OF_HOST = 40;

export const wantedBy = (analysis: Analysis, header: HeaderRecord): readonly Wanted[] => {
  const ofProcesses = [
    ...analysis.findings.flatMap((one) => provenBy(one, header)),
    ...blamed(analysis, header),
  ];
  const proof = new Set(
    analysis.findings.flatMap(({ evidence }) => evidence.flatMap(({ metric }) => matching(header, metric))),
  );
  const ofHost = header.metrics.filter(
    (metric) => isSignal(metric) && (metric.lane === true || (metric.scope === 'host' && proof.has(metric))),
  );
  return [
    ...onceEach(ofProcesses).slice(0, MOST_OF_PROCESSES),
    ...[...ofHost]
      .sort((a, b) => Number(proof.has(b)) - Number(proof.has(a)))
      .slice(0, MOST_OF_HOST)
      .map((metric) => ({ metric, who: null })),
  ];
};

/** Levels of processes are not added up: what they share would count more than once. */
const isSignal = ({ dims, scope, kind }: MetricDescriptor): boolean =>
  dims === undefined && kind !== 'max' && (scope === 'host' || (scope === 'pid' && kind === 'counter'));

/** `vm.pgscan_*` stands for every metric that begins so. */
const matching = ({ metrics }: HeaderRecord, name: string): MetricDescriptor[] =>
  metrics.filter(({ id }) => (name.endsWith('*') ? id.startsWith(name.slice(0, -1)) : id === name));

const provenBy = (finding: Finding, header: HeaderRecord): Wanted[] => {
  const metrics = finding.evidence
    .flatMap(({ metric }) => matching(header, metric))
    .filter(({ scope, kind, dims }) => scope === 'pid' && kind !== 'max' && dims === undefined);
  const parties: readonly Who[] = [...suspectsIn(finding).slice(0, 2), ...finding.victims.slice(0, 2)];
  return parties.flatMap((who) => metrics.map((metric) => ({ metric, who })));
};

/** Of what has no name: who did most of it. */
const blamed = ({ incidents }: Analysis, header: HeaderRecord): Wanted[] =>
  incidents.flatMap(({ suspect }) => {
    if (suspect === null || suspect.pid === null) return [];
    const { pid, startMs, comm } = suspect;
    return matching(header, suspect.metric)
      .filter(({ scope }) => scope === 'pid')
      .map((metric) => ({ metric, who: { pid, startMs, comm: comm ?? '?' } }));
  });

const onceEach = (all: readonly Wanted[]): readonly Wanted[] => [
  ...new Map(all.map((one) => [`${one.metric.id} ${one.who?.pid} ${one.who?.startMs}`, one])).values(),
];
