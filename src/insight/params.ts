/**
 * Every constant of the insight in one place. Where a value comes from is explained in docs/insight.md. Time is counted in
 * ticks (samples), so that the same numbers serve one-second tracing and a ten-minute sar file; the unit is one
 * sample interval. Scores are S = -log10 P(a tick is at least this big).
 */

/** The detector of counters (counter.ts, tail.ts, common.ts). */
export const COUNTER = {
  /** Memory of how often anything happens. */
  rateHalfLifeTicks: 900,
  /** Memory of whether something happens in most ticks, which makes a series dense. */
  activeHalfLifeTicks: 60,
  denseAfterTicks: 30,
  denseAbove: 0.5,
  sparseBelow: 0.4,
  /** The level that a dense series is measured from, and how far a step may pull it, in mean deviations. */
  levelHalfLifeTicks: 20,
  deviationHalfLifeTicks: 60,
  levelStepDeviations: 3,
  deviationStepDeviations: 5,
  leastDeviation: 0.1,
  /** An excursion of a dense series begins this many mean deviations above its level. */
  excursionDeviations: 2,
  /** What having looked at two sizes, the largest tick and the sum of a run, costs. */
  twoLooks: 0.3,
  /** An unusual run teaches the baseline less: 10^(limit - S), never below the least. */
  learnBelowScore: 3.5,
  leastLearning: 0.05,
  /** More alarm than this for so long is a new normal, and is learnt at full speed. */
  alarmHalfLifeTicks: 60,
  alarmShare: 0.25,
} as const;

/** The tail of sizes: generalised Pareto above a running quantile. */
export const TAIL = {
  meanHalfLifeRuns: 200,
  excessHalfLifeRuns: 100,
  quantile: 0.9,
  leastQuantileStep: 0.02,
  firstQuantileStep: 0.5,
  quantileStepPower: 0.7,
  /** Runs that the mean of all processes counts for, and how much wider a size unseen may be. */
  poolRuns: 2,
  poolWidening: 1.3,
  /** A series stands for itself after this many runs. */
  ownRuns: 6,
  scalePriorRuns: 3,
  shapePrior: 0.15,
  shapePriorRuns: 30,
  shapeLeast: 0.02,
  shapeMost: 0.6,
  /** The shape that all processes show together counts for at most this many runs, against so many of the prior. */
  poolShapeRuns: 60,
  poolPriorRuns: 20,
  meanCapExcesses: 8,
  excessCapExcesses: 20,
} as const;

/** What all dense series do together is load, and is not held against each of them. */
export const COMMON = {
  leastSeries: 20,
  leastAgeTicks: 60,
  loadingHalfLifeTicks: 600,
  loadingPrior: 1,
  loadingPriorVariance: 0.005,
  loadingMost: 3,
  ratioMost: 2,
} as const;

/** The detector of gauges (gauge.ts). */
export const GAUGE = {
  /** Levels remembered; a level far from all of them is new. 3.2 KB a series, with as many spreads. */
  remembered: 192,
  /** Nothing is new before so many ticks. */
  leastLevels: 10,
  /** How much going beyond the range ever seen counts more. */
  beyondRange: 0.25,
  /** What is usual lies between the mean distance (1) and the range (0), on a logarithmic scale. */
  meanWeight: 0.6,
  /** Restlessness: the standard deviation over so many ticks, and how much its novelty adds. */
  spreadTicks: 16,
  spreadWeight: 0.15,
  /** Novelty of the first change of what never moved. */
  firstChange: 0.5,
  /** Novelty to S: how often NAB's gauges were so new. */
  scale: [
    [0, 0],
    [0.29, 3],
    [0.42, 3.15],
    [1, 4.05],
    [2, 6],
  ],
  /** Ticks this far apart or more show the rhythm of days; two spikes of such a gauge are at least so far apart, unless the later one is clearly louder. */
  slowFromMs: 60_000,
  holdOffTicks: 120,
  louder: 1.5,
} as const;

export const SPIKE = {
  /** A spike begins with the first tick at least this unlikely, and what feeds links and incidents. */
  eventScore: 3,
  /** It is over after so many quiet ticks. */
  quietTicks: 10,
  /** After so many a run that is louder by so much is another. */
  pauseTicks: 2,
  clearlyLouder: 2,
  /** Scores of a series younger than this say nothing; until the second they are reported as learning. */
  validTicks: 30,
  learningTicks: 120,
  /** A process that ended is remembered this long. */
  frozenTicks: 120,
  /** A single series worth a mark. */
  alertScore: 6,
  /** What of a counter that must never move is at least. */
  criticalScore: 6,
} as const;

/** Bounds. */
export const MAX_SERIES = 20_000;
export const MAX_SPIKES = 50_000;
export const MAX_SHIFTS = 5_000;
export const MAX_DEEDS = 20_000;

export type Harm = 'cpu' | 'io' | 'memory';

/**
 * What a process can do to a machine, in the unit of what it hurts: making names is none of it, whatever the share. Per
 * second from where on it matters (of a level its rise in a tick); and, where the machine counts the same of itself, by
 * which metric and how much one of its units is: what was done by nobody that was counted is part of the whole.
 */
export const DEEDS: Readonly<
  Record<
    string,
    {
      readonly least: number;
      readonly hurts: readonly Harm[];
      readonly whole?: { readonly metric: string; readonly each: number };
    }
  >
> = {
  'faults.read_bytes': { least: 8e6, hurts: ['io', 'memory'], whole: { metric: 'vm.pgpgin', each: 1024 } },
  'faults.write_bytes': { least: 8e6, hurts: ['io'], whole: { metric: 'vm.pgpgout', each: 1024 } },
  'faults.page_cache_added': { least: 2_000, hurts: ['memory'] },
  'iomap.seek_ns': { least: 2e8, hurts: ['cpu', 'io'], whole: { metric: 'cpu.busy_ms', each: 1e6 } },
  'proc.anon_bytes': { least: 16 * 2 ** 20, hurts: ['memory'] },
  'proc.cpu_ms': { least: 300, hurts: ['cpu'], whole: { metric: 'cpu.busy_ms', each: 1 } },
  'proc.child_cpu_ms': { least: 300, hurts: ['cpu'], whole: { metric: 'cpu.busy_ms', each: 1 } },
};

/**
 * Read of every process, whether or not it does what a probe looks for: who uses a CPU is no news in itself, and no sign of
 * anything. They are deeds, and what findings rest on.
 */
export const UNWATCHED: ReadonlySet<string> = new Set([
  'proc.cpu_ms',
  'proc.child_cpu_ms',
  'proc.cpu_wait_ns',
]);

/** What says that something hurts: time lost to waiting, which is the same unit for all. */
export const PRESSURE: Readonly<Record<string, Harm>> = {
  'psi.cpu.some_us': 'cpu',
  'psi.io.some_us': 'io',
  'psi.memory.some_us': 'memory',
};

/** Time that a process waits, by what for. Uninterruptible sleep is for a disk, for a lock, for memory: most often for a disk. */
export const SUFFERED: Readonly<Record<string, Harm>> = {
  'proc.cpu_wait_ns': 'cpu',
  'blocked.ns': 'io',
  'kswapd.direct_reclaim_ns': 'memory',
  'kswapd.memcg_reclaim_ns': 'memory',
};

export const BLAME = {
  /** Of what the machine did meanwhile. */
  leastShare: 0.5,
  /** Time that somebody waited, in µs a second, from where on something hurts; and how much more than before it must be. */
  leastWaitUs: 50_000,
  risen: 2,
  /** Who grew by less than this share of the machine's memory took no memory from anybody. */
  leastOfMemory: 0.05,
  /** Another that did so much of another thing is as likely. */
  rivalShare: 0.5,
} as const;

/** Counters of which a single one is news. */
export const CRITICAL: ReadonlySet<string> = new Set([
  'vm.oom_kill',
  'page-alloc.failures',
  'xfs-alloc.failures',
]);

/** Averages over minutes: they say nothing about when, and lag behind what they average. */
const SMOOTHED: ReadonlySet<string> = new Set(['load.1', 'load.5', 'load.15']);

/**
 * Watermarks are settings, ZONE_DMA is for devices of the last century, how kswapd went to sleep is the kernel's own affair, and
 * what is in a disk at one moment is chance, and what a network carries is work: nobody is helped by hearing that they moved.
 */
const INTERNAL =
  /^(?:zone\.\d+\..+\.(?:min|low|high)|zone\.\d+\.DMA\..+|buddy\..+|canary\.(?:rounds|missed|create_us|remove_us|sync_us)|net\..+\.[rt]x_bytes|tcp\.segments_sent|disk\..+\.in_flight|vm\.kswapd_(?:low|high)_wmark_hit_quickly|vm\.pageoutrun)$/;

/** Signals that are recorded and shown, and prove nothing. */
export const saysNothing = (metric: string): boolean => SMOOTHED.has(metric) || INTERNAL.test(metric);

/** Who belongs with whom (correlate.ts). */
export const LINK = {
  /** Lags looked at, both ways, and half the width of the window that one lag is. */
  reachTicks: 40,
  windowTicks: 1,
  /** Spikes of both sides are also counted only from so much above the event score. */
  scoreSteps: [0, 1, 2, 3, 4.5],
  stepPenalty: 0.3,
  /** log10 of how many independent lags were tried. */
  lagPenalty: 1.6,
  stormTicks: 5,
  stormLeast: 0.5,
  /** A link gains from others that share its occurrences and agree on the lags: the best one, then the next two. */
  supportBest: 1,
  supportNext: 0.5,
  supportLagTicks: 2,
  supportOccurrences: 2,
  /** Louder coincidences first, where chance cannot say. */
  loudness: 0.05,
  loudMost: 12,
  falseDiscoveryRate: 0.1,
  /** Share of the rate per stratum of min(spikes of A, spikes of B): 5 or more, 3 or 4, 2, 1. */
  strata: [
    { least: 5, share: 0.5 },
    { least: 3, share: 0.25 },
    { least: 2, share: 0.2 },
    { least: 1, share: 0.05 },
  ],
  /** Where more pairs than about this would be near each other, spikes are thinned by score. */
  mostPairs: 300_000,
  /** Weaker links are named beside so many significant ones, down to this score. */
  candidatesBeside: 3,
  candidateScore: 4,
  mostCandidates: 400,
  /** P(link) from its score: logistic, with the odds of a pair among so many. Fitted on seeds 1 to 10 and 31 to 34. */
  confidenceOffset: -10.1,
  confidenceSlope: 1.39,
  confidencePairs: 79_800,
} as const;

/** What many begin at once (crowds.ts). */
export const CROWD = {
  /** Ticks from the first to the last of a window. */
  windowTicks: 2,
  /** Fewer may be one cause and what it leads to. */
  leastOwners: 8,
  /** So many standard deviations above what a window holds on average. */
  deviations: 5,
} as const;

/**
 * How often a series that nothing happened to has a spike of this score or more, among storms, clocks and clumps: per hour
 * of a tick a second. Measured on seeds 101 to 105 of both families (bench/insight), the rarer of the two.
 */
export const RARITY = [
  { score: 4.4, perHour: 0.5 },
  { score: 5.4, perHour: 0.1 },
  { score: 7.5, perHour: 0.02 },
] as const;

/** Marks of the stream from which on what is usual is learnt no more, and is learnt again (baseline.ts). */
export const BASELINE_MARK = { frozen: 'baseline frozen', learning: 'baseline learning' } as const;

/** Counters that always moved and stop (silence.ts). */
export const SILENCE = {
  leastTicks: 5,
  /** Times as long as its longest before. */
  timesLongest: 3,
  leastSeenTicks: 120,
  /** Of these ticks it did something in at least this share. */
  leastShare: 0.95,
  /** What a process stops within so many ticks is one event. */
  togetherTicks: 20,
  score: 6,
} as const;

export const DIRECTION = {
  leastLagTicks: 2,
  /** One tick is enough when it was seen so often. */
  shortLagOccurrences: 5,
  confidence: 0.95,
} as const;

export const SUSPECT = {
  /** What looking at many lags and steps cost in a link costs all suspects alike. */
  scoreOffset: 1.9,
  /** What third series may add (correlate.ts). */
  supportMost: 6,
  leads: 1,
  together: 0.3,
  trails: 0.1,
  perLoudness: 0.5,
  loudMost: 12,
  /** Among the strongest, one that leads the others gains this share for each. */
  leadership: 0.2,
  leadersShare: 0.4,
  leadersMost: 12,
  leaderLinkScore: 5,
} as const;

/** What is known of who can drive what (physics.ts), in powers of ten. Fitted on seeds 1 to 36 of the third family. */
export const PHYSICS = {
  /** Share of what happens that the table knows. */
  known: 0.6,
  leastChance: 0.001,
  driven: -2,
  same: -2,
  none: -0.4,
  unknown: 0,
  kin: 0.3,
  /** What a process began with stands so much before what followed of it. */
  source: 1.02,
} as const;

export const PERIODIC = {
  periodsTicks: [10, 15, 20, 30, 60, 120, 300],
  /** Rayleigh: n R^2 above which phases are no accident. */
  concentration: 5.5,
  leastSpikes: 5,
  /** Occurrences that two series share, on one grid: fewer may be an accident. */
  leastShared: 4,
  leastGapTicks: 10,
  jitterTicks: 2,
  jitterShare: 0.05,
} as const;

/** Hours of the day (season.ts). */
export const SEASON = {
  /** How many days are remembered, and on how many of them it must have been like this. */
  days: 7,
  leastDays: 2,
  /** As large as then, and by this share of what there was between the most and the least of those hours. */
  margin: 0.1,
  /** As much in all: what is split between two hours is half of it in each. */
  timesSum: 2,
} as const;

export const INCIDENT = {
  /** Spikes that begin within this of each other belong together. */
  windowTicks: 20,
  leastSeries: 3,
  /** A spike adds min(score, most) - least + 1. */
  leastScore: 4,
  mostScore: 8,
  /** A little below 6, which one false incident an hour has: five loud series in a quiet session are reported. */
  leastWeight: 5,
  /** What an incident may add to what is usual, and the spread that is assumed where nothing happened yet. */
  usualMost: 12,
  leastVariance: 20,
  /** What so many series of a metric do, and this share of all, is load. */
  leastTogether: 5,
  shareTogether: 0.6,
  most: 500,
} as const;
