/**
 * What a known failure looks like, as data. A signature is a small set of conditions, each on one measure of the
 * suspect, of other processes, or of the host; which must hold, which add to the evidence, which must not; and which
 * must come before which. Conditions are physical (so many steps per search, such a share of time), so that a failure
 * is named also where there was no quiet time to learn from.
 */
import type { MetricUnit } from '../../core/metric.ts';

export type Measure =
  /** Per second, over the last few ticks; `*` at the end sums all metrics that begin so. */
  | { readonly kind: 'rate'; readonly metric: string }
  /** All of it, over the time it held; of single events. */
  | { readonly kind: 'amount'; readonly metric: string }
  /** One rate per another. */
  | { readonly kind: 'ratio'; readonly metric: string; readonly per: string }
  /** The level of a gauge; with `*` their sum. */
  | { readonly kind: 'level'; readonly metric: string }
  /** How far a gauge has risen over so many ticks; negative when it fell. */
  | { readonly kind: 'rise'; readonly metric: string; readonly overTicks: number };

export type Condition = {
  readonly id: string;
  /** Of other processes the one with most; of the host its own metrics. */
  readonly scope: 'suspect' | 'others' | 'host';
  readonly need: 'required' | 'optional' | 'forbidden';
  readonly measure: Measure;
  readonly least?: number;
  readonly most?: number;
  /** Of a process that never counts this, it is not known: its file system, or its kernel, does not say. */
  readonly silentIsUnknown?: true;
  /** `least` and `most` are shares of the host's memory in KiB, or of the time of all its CPUs in ms per second. */
  readonly ofAll?: 'memory' | 'cpus';
  /** It must hold now, and not only lately: what was so before and after each other was never so at once. */
  readonly now?: true;
  /** Of others only those with so much of it for each of another count. */
  readonly each?: Each;
  readonly unit: MetricUnit;
  readonly what: string;
  /** Its onset comes at most so many ticks before, and at most so many after, the onset of another condition. */
  readonly order?: { readonly after: string; readonly earliestTicks: number; readonly latestTicks: number };
};

/** Kinds of places that can fail (place.ts), and the CPUs (programs.ts). */
export type PlaceKind = 'device' | 'channel' | 'program' | 'machine';

/** How much of a metric there must be for each of another: the time that one call takes. */
export type Each = { readonly per: string; readonly least: number };

/** Another title, where a condition held, where one could not be measured, or where somebody suffers. */
export type Title = {
  readonly text: string;
  readonly held?: string;
  readonly unknown?: string;
  readonly victims?: true;
  /** The control group of a victim was at its limit. */
  readonly atLimit?: true;
};

export type Signature = {
  readonly id: string;
  /** Why nobody is accused, where nobody is. */
  readonly nobody?: string;
  /** What is certain whenever all that is required has held. */
  readonly title: string;
  /** The first that fits is used instead of it. */
  readonly titles?: readonly Title[];
  readonly severity: 'critical' | 'high' | 'medium';
  /** What it names follows from other failures too: of the same suspect at the same time, the other is the finding. */
  readonly isGeneral?: true;
  /**
   * What is looked at are control groups, not processes: conditions on the `suspect` are measured of the group, on `others`
   * of the process in it with most. Victims are processes in it, and the suspect is the one that did most
   * of the first of these metrics that is measured.
   */
  readonly cgroups?: { readonly doers: readonly string[] };
  /** The extents of what the suspect has open are part of it. */
  readonly ofFiles?: true;
  /**
   * What is looked at are block devices, or functions of the kernel in which threads wait (place.ts): conditions on the
   * `suspect` are measured of those. A suspect is who provably has at least half of the device's queue, by this metric of
   * processes, where that is known; victims wait for this device, or there.
   */
  readonly places?: {
    readonly kind: PlaceKind;
    /** Names at which it is nothing of the kind. */
    readonly except?: readonly string[];
    readonly queuedBy?: string;
  };
  /** Whom the anchor singles out suffers it; who did it is not known. */
  readonly isOfVictim?: true;
  /** Processes are looked at from this rate of this metric on; of several the one with most is the suspect. */
  readonly anchor: { readonly metric: string; readonly least: number };
  readonly conditions: readonly Condition[];
  /** Conditions on the host that are enough where no probe counts processes: then nobody is accused. */
  readonly hostAlone?: readonly Condition[];
  /**
   * The same as the kernel writes it into its log, where that is all that was kept: single events of the host. Who is named
   * there suffers it.
   */
  readonly logged?: {
    readonly titles: readonly Title[];
    readonly conditions: readonly Condition[];
    readonly victims: string;
  };
  /** Conditions that have held within so many ticks hold together. */
  readonly togetherTicks: number;
  /** How long all that is required must have held. */
  readonly lastsTicks: number;
  /**
   * So much, over so few ticks, that no more need be seen: by condition the least of its mean over them, and how much
   * of a metric there must have been in all, so that short intervals do not make it easy.
   */
  readonly beyondDoubt?: {
    readonly ticks: number;
    readonly least: Readonly<Record<string, number>>;
    readonly inAll: { readonly metric: string; readonly least: number };
  };
  /** Where a condition cannot be measured, others must make up for it: the least they must reach then, in one way or another. */
  readonly without?: {
    readonly unknown: string;
    readonly least: readonly Readonly<Record<string, number>>[];
  };
  /** Other processes that suffer, by this rate, and by how much of it there is for each of another. */
  readonly victims: {
    readonly metric: string;
    readonly least: number;
    readonly each?: Each;
  } | null;
  readonly advice: readonly AdviceTemplate[];
};

/**
 * What helps. Words in braces are filled in with what is known of the host and the suspect (advice.ts); an advice is
 * given only where `when` is true of them, and all it needs is known.
 */
export type AdviceTemplate = {
  readonly text: string;
  readonly command?: string;
  /** What it may cost; reported wherever the command is. */
  readonly risk?: string;
  readonly when?: readonly HostTrait[];
};

/** What an advice may be tied to. */
export type HostTrait =
  | 'xfs'
  | 'ext4'
  | 'btrfs'
  | 'other-fs'
  | 'stepped'
  | 'stepless'
  | 'unit'
  | 'no-unit'
  | 'frozen'
  | 'accused'
  | 'own-disk'
  | 'waiter'
  | 'cgroup-path'
  | 'no-cgroup'
  | 'cgroup-v1'
  | 'cgroup-v2'
  | 'boundable'
  | 'quota-v1'
  | 'quota-v2'
  | 'limit-v1'
  | 'limit-v2'
  | 'container'
  | 'no-container'
  | 'qemu'
  | 'not-qemu'
  | 'numa'
  | 'swappiness-low'
  | 'swappiness-unknown'
  | 'swap'
  | 'room-for-reserve'
  | 'reserve-unknown';
