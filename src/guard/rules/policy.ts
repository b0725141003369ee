/** What a guard goes by, what it is given to decide by, and what it says. No name of a process or a file is in any of it. */
import type { Action } from './actions.ts';

export type Policy = {
  /** false: it says what it would do. */
  readonly armed: boolean;
  /** In this order: the next is tried after one that did not help. */
  readonly actions: readonly Action[];
  /** Ids of findings. */
  readonly on: readonly string[];
  readonly minConfidence: number;
  readonly cooldownUs: number;
  readonly maxPerHour: number;
  /** So many actions in a row that did not help are the last. */
  readonly giveUpAfter: number;
  readonly intervalUs: number;
};

/** Who a finding accuses, by what no process can choose for itself. */
export type Target = { readonly pid: number; readonly startMs: number };

export type SeenFinding = {
  readonly id: string;
  readonly confidence: number;
  /** When its last sign was seen. */
  readonly lastUs: number;
  /** What it rests on is counted no more. */
  readonly uncounted: boolean;
  readonly suspect: Target | null;
};

/** One sample, as far as a guard needs it. */
export type Observation = {
  readonly atUs: number;
  /** The tracer was read for it: what it says is of now. */
  readonly counted: boolean;
  readonly findings: readonly SeenFinding[];
  /** Metric to what was counted since tracing began; those of EFFECTS that are measured. */
  readonly totals: Readonly<Record<string, number>>;
};

/** How an action went. `late`: it goes on beyond its time, and nothing else is begun until it ends. */
export type Outcome = {
  readonly how: 'done' | 'failed' | 'refused' | 'late';
  /** Why, in words of ours. */
  readonly text: string;
};

export type Event =
  /** `ageUs`: how long ago it was true, when it came to be decided on. */
  | { readonly type: 'sample'; readonly observation: Observation; readonly ageUs: number }
  | { readonly type: 'outcome'; readonly atUs: number; readonly outcome: Outcome };

/** What it lacks to act, though what it watches for is there. */
export const REASONS = {
  blind: 'the tracer does not count: what goes on now is not known',
  stale: 'what was seen is too old by now',
  confidence: 'too uncertain',
  over: 'what it is measured by has not grown lately: it may be over',
  'no-suspect': 'nobody is accused whom it could be done to',
  busy: 'an action has not ended yet',
  'gave-up': 'the last actions did not help: it does nothing more until it is started again',
  cooldown: 'the last action was too short a time ago',
  hourly: 'as many actions as an hour may have',
} as const;
export type Reason = keyof typeof REASONS;

/** Per second, before and after; null where it was not counted throughout. */
export type Effect = {
  readonly metric: string;
  readonly before: number | null;
  readonly after: number | null;
};

export type Report = { readonly atUs: number; readonly finding: string } & (
  | { readonly kind: 'holds'; readonly reason: Reason }
  | {
      readonly kind: 'acts';
      readonly armed: boolean;
      readonly action: string;
      readonly target: Target | null;
    }
  | { readonly kind: 'ended'; readonly action: string; readonly outcome: Outcome }
  | {
      readonly kind: 'measured';
      readonly armed: boolean;
      readonly action: string;
      readonly effects: readonly Effect[];
      /** null where nothing could be measured: that counts as no help. */
      readonly helped: boolean | null;
    }
);

export type Step =
  | {
      readonly type: 'act';
      readonly action: Action;
      readonly finding: string;
      readonly target: Target | null;
    }
  | { readonly type: 'report'; readonly report: Report };
