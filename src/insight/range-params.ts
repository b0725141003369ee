/** Every constant of leaving a usual range; the others are in params.ts. Where a value comes from is explained in docs/insight.md. */

/** The usual range of a series, and when it has been left for good (range.ts). */
export const RANGE = {
  /** Ticks are judged in blocks of about so long, and of at most so many. */
  blockMs: 5_000,
  mostBlockTicks: 5,
  /** Means remembered; when full, two become one. */
  history: 40,
  /** So many blocks in a row beyond the range are for good: a burst has ended by then. */
  holdBlocks: 6,
  /** So many show what is usual. */
  leastBlocks: 20,
  /** What is usual is worked out anew when it is older than this share of all that was seen; not of all series at once. */
  staleShare: 0.25,
  phases: 8,
  /** Half the range, in spreads: the interquartile range, and at least so much of the median, and of all that ever was. */
  width: 2,
  shareOfMedian: 0.02,
  shareOfReach: 0.1,
  /** Who went less far, in spreads, has not left. */
  leastSurprise: 3,
  /** A shift begins where it is at this share of how far it went; and who is so many times farther than before has shifted again. */
  begunAt: 0.1,
  jump: 5,
  /** Having seen no more blocks than this doubles the spread. */
  youngBlocks: 20,
  /** After so many blocks this is the new normal. */
  settledBlocks: 60,
} as const;

/** Series that leave for good, as incidents (departures.ts). */
export const DEPARTURE = {
  /** Who leaves within so many ticks of another belongs with it. */
  windowTicks: 30,
  /** What comes so soon is of the same moment; what comes within so many ticks of the first may be of it, unless it is so much louder. */
  atOnceTicks: 5,
  groupTicks: 90,
  louder: 1.5,
  /** Surprise that is no more than chance. */
  chanceSurprise: 3,
  /** What fell is a sign, too (a stall shows as less), and a weaker one: work that has ended falls. */
  fallWeight: 0.7,
  /** Who moved by less than this share of what all series of the metric are usually says less. */
  smallPart: 0.001,
  smallWeight: 0.5,
  /** Where it has been before it is no news; what it goes beyond all that it ever was says more, by ln of how far in reaches of that. */
  knownWeight: 0.4,
  newsWeight: 0.4,
  /** Having seen no more blocks than this halves it. */
  youngBlocks: 60,
  /** What makes an incident of few series, and how much more ten times as many need. */
  leastStrength: 1.2,
  perTenfold: 1,
  fewSeries: 25,
  /** What at least so many series, and this share of those of a metric, do within so many ticks is common to all. */
  leastTogether: 3,
  shareTogether: 0.25,
  togetherTicks: 15,
  timesCommon: 2.5,
  /** What a tick later costs a suspect; and by how much the first must be ahead of the next. */
  perTick: 0.01,
  leastLead: 1.1,
  /** -log10 of how often, in a tick, a series goes so far for good by chance: measured on sessions in which nothing happened. */
  scoreAtChance: 4.5,
  scorePerTenfold: 2,
} as const;
