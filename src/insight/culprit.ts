/**
 * Who is behind an incident that has no name: the process that did most of what hurts, or nobody. A bystander is worse
 * than nobody, so what counts is neither who came first nor who is loudest. Something must hurt: somebody waits. The
 * deed must be in the unit of what hurts, and of what the machine did of it meanwhile at least half must be one
 * process's. Two that did as much of different things are no answer. Those who only wait (faults, reclaim, stalls) are
 * not looked at, kernel threads neither.
 */

import type { SessionState } from '../core/state.ts';
import { isOwn } from '../core/who.ts';
import type { Deed, Suffering, Wait } from './detector-state.ts';
import type { Incident } from './incidents.ts';
import { BLAME, DEEDS, type Harm, PRESSURE } from './params.ts';
import { DEPARTURE } from './range-params.ts';
import type { SeriesIdentity } from './series.ts';
import { type Sufferer, sufferersOf } from './sufferers.ts';
import type { Watched } from './watch.ts';

export type Culprit = {
  readonly identity: SeriesIdentity;
  /** Of what the machine did of this metric meanwhile; null where that is not known, and who stands out is meant. */
  readonly share: number | null;
  /** How it stands out; null where its share says it. */
  readonly standsOut: StandsOut | null;
};

/** How far it left its usual range, in usual spreads, and how far the next who did. */
export type StandsOut = {
  readonly spreads: number;
  /** Ticks after the incident began. */
  readonly afterTicks: number;
  readonly next: { readonly identity: SeriesIdentity; readonly spreads: number } | null;
};

export type Blame = {
  /** What there was more waiting for than before; null where nothing says that somebody waited. */
  readonly harm: Harm | null;
  /** Who waited most for that, whether or not anybody is to blame; never who is. */
  readonly sufferers: readonly Sufferer[];
} & (
  | { readonly culprit: Culprit; readonly why: null }
  /** In words, why nobody is named. */
  | { readonly culprit: null; readonly why: string }
);

/** What blame rests on: the deeds of a session, loud or not (who does something for the first time is seldom known to be loud). */
export type BlameScene = {
  readonly deeds: readonly Deed[];
  readonly waits: readonly Wait[];
  readonly suffered: readonly Suffering[];
  /** Stalls are measured here: where nobody waits, nothing hurts. */
  readonly hasPressure: boolean;
  readonly memoryBytes: number;
  /** CPU time is counted of every process. */
  readonly countsCpu: boolean;
  /** Somebody else measured it, and chose the metrics: those of the host may be anybody's. */
  readonly imported: boolean;
};

export const blameSceneOf = ({ watch, state }: Watched): BlameScene => ({
  // Who watches may have been known as such only later.
  deeds: watch.insight.deeds.filter(({ by }) => by === null || !isOurs(by, state)),
  waits: watch.insight.waits,
  suffered: watch.insight.suffered.filter(({ by }) => !isOurs(by, state)),
  hasPressure: Object.keys(PRESSURE).some((metric) => state.metrics.has(metric)),
  memoryBytes: state.header.host.memoryBytes,
  countsCpu: state.metrics.has('proc.cpu_ms'),
  imported: state.header.imported !== undefined,
});

const isOurs = ({ pid, startMs }: SeriesIdentity, state: SessionState): boolean => {
  const owner = state.owners.get(pid ?? -1);
  return owner !== undefined && owner.startMs === startMs && isOwn(owner, state);
};

export const blameFor = (incident: Incident, scene: BlameScene): Blame => {
  const harm = harmIn(incident, scene);
  const verdict = verdictOn(incident, harm, scene);
  const sufferers = harm === null ? [] : sufferersOf(incident, harm, scene.suffered);
  const { culprit } = verdict;
  return {
    ...verdict,
    harm,
    sufferers: sufferers.filter(({ identity }) => culprit === null || !areSame(identity, culprit.identity)),
  };
};

type Verdict = Pick<Blame, 'culprit' | 'why'> &
  ({ readonly culprit: Culprit; readonly why: null } | { readonly culprit: null; readonly why: string });

const verdictOn = (incident: Incident, harm: Harm | null, scene: BlameScene): Verdict => {
  if (harm === null && scene.hasPressure) return { culprit: null, why: NOBODY_WAITED };
  if (harm === null) return whoStandsOut(incident, scene);
  const candidates = candidatesFor(incident, harm, scene);
  const [best] = candidates;
  if (best === undefined) return { culprit: null, why: whyNobody(harm, scene) };
  const rival = candidates.find(
    ({ identity, size }) => !areSame(identity, best.identity) && size >= best.size * BLAME.rivalShare,
  );
  if (rival !== undefined) return { culprit: null, why: SEVERAL };
  return { culprit: { identity: best.identity, share: best.share, standsOut: null }, why: null };
};

/**
 * Where neither stalls nor deeds are measured: whose series left their usual range farthest and first, if that is one. It is who to
 * look at, and no proof.
 */
const whoStandsOut = ({ startTick, candidates }: Incident, scene: BlameScene): Verdict => {
  const [best, next] = candidates.filter(({ identity }) => mayStandOut(identity, scene));
  if (best === undefined) return { culprit: null, why: NOBODY };
  if (next !== undefined && best.score < next.score * DEPARTURE.leastLead)
    return { culprit: null, why: ALIKE };
  const standsOut = {
    spreads: best.most.beyond,
    afterTicks: best.firstTick - startTick,
    next: next === undefined ? null : { identity: next.identity, spreads: next.most.beyond },
  };
  return { culprit: { identity: best.identity, share: null, standsOut }, why: null };
};

/** What a machine says of itself is nobody. */
const mayStandOut = (identity: SeriesIdentity, { imported }: BlameScene): boolean =>
  maySuspect(identity) && (identity.pid !== null || (imported && !OF_MACHINE.test(identity.metric)));

const OF_MACHINE =
  /^(?:buddy|canary|cgroup|collectl|cpu|disk|fs|iostat|klog|load|mem|mount|net|numa|pcp|psi|sar|slab|swap|tasks|tcp|udp|vm|vmstat|xfs|zone|atop|below)\./;

/** `size` is how much of it was done, in what matters to a machine: comparable between metrics. */
type Doer = { readonly identity: SeriesIdentity; readonly share: number; readonly size: number };

/** Who did most of anything that does such harm, the most first. */
const candidatesFor = (incident: Incident, harm: Harm, { deeds, memoryBytes }: BlameScene): Doer[] => {
  const sums = new Map<string, Done>();
  for (const { tick, metric, by, amount, ofAll } of deeds) {
    if (tick < incident.startTick || tick > incident.endTick) continue;
    const sum = sums.get(metric) ?? { ofAll: 0, by: new Map() };
    sums.set(metric, sum);
    sum.ofAll += ofAll;
    if (by === null) continue;
    const who = `${by.pid} ${by.startMs}`;
    sum.by.set(who, { identity: by, amount: (sum.by.get(who)?.amount ?? 0) + amount });
  }
  return [...sums]
    .flatMap(([metric, { ofAll, by }]): Doer[] => {
      const deed = DEEDS[metric];
      if (deed === undefined || !deed.hurts.includes(harm)) return [];
      return [...by.values()].flatMap(({ identity, amount }) => {
        const share = amount / ofAll;
        if (identity.kernel === true || share < BLAME.leastShare) return [];
        // A level that rises takes memory away once, not every second.
        if (identity.kind === 'gauge' && amount < memoryBytes * BLAME.leastOfMemory) return [];
        return [{ identity, share, size: amount / deed.least }];
      });
    })
    .sort((a, b) => b.size - a.size);
};

type Done = {
  ofAll: number;
  readonly by: Map<string, { readonly identity: SeriesIdentity; readonly amount: number }>;
};

const areSame = (a: SeriesIdentity, b: SeriesIdentity): boolean => a.pid === b.pid && a.startMs === b.startMs;

const NOBODY = 'no counted process did most of it';
const NOBODY_WAITED = 'little time was lost waiting for it';
const ALIKE = 'several left their usual range alike, and none of them stands out';
const SEVERAL = 'several processes did much at once, and none of them most of it';
const whyNobody = (harm: Harm, { countsCpu }: BlameScene): string =>
  harm === 'cpu' && !countsCpu ? 'CPU time is not counted per process here; top shows it' : WHY[harm];

const WHY: Readonly<Record<Harm, string>> = {
  cpu: `${NOBODY}: who waits for a CPU is not who takes it`,
  io: `${NOBODY}: who waits for a disk is not who keeps it busy`,
  memory: `${NOBODY}: who waits for memory is not who takes it`,
};

/** Where stalls are not measured. */
const SYMPTOMS: readonly (readonly [RegExp, Harm])[] = [
  [/^(?:cpu\.busy|tasks\.running)/, 'cpu'],
  [/^(?:vm\.(?:pgscan|pgsteal|allocstall|workingset|pgmajfault|pswp|oom)|swap\.|mem\.available)/, 'memory'],
  [/^(?:disk\.|cpu\.iowait|tasks\.blocked|vm\.pgpg)/, 'io'],
];

/** What there was more waiting for; null where nothing says that anybody waited. */
export const harmIn = (incident: Incident, scene: BlameScene): Harm | null => {
  if (scene.hasPressure) return PRESSURE[risenWait(incident, scene.waits) ?? ''] ?? null;
  const [loudest] = incident.spikes
    .filter(({ identity }) => identity.pid === null)
    .sort((a, b) => b.score - a.score);
  return SYMPTOMS.find(([pattern]) => pattern.test(loudest?.identity.metric ?? ''))?.[1] ?? null;
};

/**
 * What there was more of than in as long a time before, loud or not: a stall that comes again and again is no surprise, and
 * hurts. One that goes on since before is not of this incident.
 */
const risenWait = ({ startTick, endTick }: Incident, waits: readonly Wait[]): string | null => {
  const ticks = endTick - startTick + 1;
  const mean = (metric: string, from: number): number =>
    waits
      .filter((wait) => wait.metric === metric && wait.tick >= from && wait.tick < from + ticks)
      .reduce((sum, { waitUs }) => sum + waitUs, 0) / ticks;
  const [worst] = Object.keys(PRESSURE)
    .map((metric) => ({
      metric,
      now: mean(metric, startTick),
      before: mean(metric, Math.max(0, startTick - ticks)),
    }))
    .filter(({ now, before }) => now >= BLAME.leastWaitUs && now >= before * BLAME.risen)
    .sort((a, b) => b.now - a.now);
  return worst?.metric ?? null;
};

/** What a process suffers, not what it does: never what is behind anything. */
const WAITS =
  /^(?:faults\.major|kswapd\.|page-alloc\.|xfs-alloc\.|inode\.\w+_ns|disk\.(?:ns|errors)|proc\.(?:major|minor)_faults|python\.)/;

/** Whether a series may be suspected at all: a deed of a process, or a signal of the host. */
export const maySuspect = ({ metric, pid, kernel }: SeriesIdentity): boolean =>
  pid === null || (kernel !== true && !WAITS.test(metric));
