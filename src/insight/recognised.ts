/** What insight has recognised in a session, for whoever shows it: plain data, and copies. */
import type { Snapshot } from '../core/snapshot.ts';
import type { Finding } from './findings/finding.ts';

/** A series that did something unlikely, as far as it was known at this sample. */
export type SpikeMark = {
  readonly metric: string;
  /** null for the host's own. */
  readonly pid: number | null;
  readonly comm: string | null;
  readonly startUs: number;
  readonly endUs: number;
  /** -log10 of how often a tick is so large. */
  readonly score: number;
};

/** A series by its name, for whoever reports it. */
export type SeriesName = {
  readonly metric: string;
  readonly pid: number | null;
  readonly comm: string | null;
};

/** Two series that spike together, and which first, if that can be determined. Association, never cause. */
export type SeriesLink = {
  readonly leader: SeriesName;
  readonly follower: SeriesName;
  /** False: they belong together, and which comes first cannot be determined. */
  readonly ordered: boolean;
  readonly lagMs: number;
  /** P(they belong together). */
  readonly confidence: number;
  /** How often they did. */
  readonly seen: number;
};

/** Several series that did something unlikely at the same time, whether or not it has a name. */
export type IncidentMark = {
  readonly startUs: number;
  readonly endUs: number;
  /** How far it stands out, in standard deviations of what was usual. */
  readonly weight: number;
  /** The first to begin first. */
  readonly spikes: readonly (SeriesName & {
    readonly startUs: number;
    readonly score: number;
    /** Per second for a counter. */
    readonly peak: number;
    /** It went down to that. */
    readonly fell?: boolean;
  })[];
  /**
   * The process that did most of what hurts, by which metric and what share of it; or, where that is not measured, whose series left
   * its usual range farthest, in usual spreads. null or absent for nobody.
   */
  readonly suspect?: (SeriesName & { readonly share?: number; readonly spreads?: number }) | null;
  /** Why nobody is. */
  readonly nobody?: string;
  /** What there was more waiting for than before; absent where nothing says that somebody waited. */
  readonly harm?: 'cpu' | 'io' | 'memory';
  /** Who waited most for it, and in how many threads all the time; absent where nobody was seen to. */
  readonly sufferers?: readonly (SeriesName & { readonly threads: number })[];
};

/** What the numbers mean, from nothing but what came before this sample. */
export type Recognised = {
  /** Known failures, the most severe first. */
  readonly findings: readonly Finding[];
  /** The latest, in order of their beginning. */
  readonly spikes: readonly SpikeMark[];
  /** What is usual is still being learnt. */
  readonly learning: boolean;
};

/** That, and what is only worked out when somebody asks. */
export type InsightView = Recognised & {
  /** Since when what is usual is learnt no more; null while it is. */
  readonly frozenUs: number | null;
  /** In order of time; computed when first asked for, in a fraction of a millisecond. */
  readonly incidents: () => readonly IncidentMark[];
  /** The surest first; computed when first asked for, which can take a second: never on the way to a frame. */
  readonly links: () => readonly SeriesLink[];
};

/** A moment of a session as it is shown: what was counted, and what it means. */
export type WatchedSnapshot = Snapshot & { readonly insight: InsightView };
