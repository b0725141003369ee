/** A failure that was named: who is accused, who suffers, by what evidence, what was not measured, what helps. */
import { type CountedFile, MANY_EXTENTS } from '../../core/file-extents.ts';
import type { MetricUnit } from '../../core/metric.ts';

export type Party = { readonly pid: number; readonly startMs: number | null; readonly comm: string };

/** Suspects, and victims, that a finding keeps. */
export const MAX_PARTIES = 20;

export type Evidence = {
  readonly metric: string;
  /** Over the time the finding held, the same for all evidence, so that it multiplies out; of a level the last. */
  readonly value: number;
  readonly unit: MetricUnit;
  readonly what: string;
  readonly atUs: number;
};

export type Advice = { readonly text: string; readonly command?: string; readonly risk?: string };

export type Finding = {
  readonly id: string;
  readonly title: string;
  readonly severity: 'critical' | 'high' | 'medium';
  /** 0 to 1: how complete the evidence is. What a person is shown are the signs. */
  readonly confidence: number;
  /** How many of the signs it is known by were seen; findings of the first recordings have none. */
  readonly signs?: { readonly seen: number; readonly of: number } | undefined;
  /** Who did most of it; null where nobody can be accused. */
  readonly suspect: Party | null;
  /** Why nobody is accused, where that can be said. */
  readonly nobody?: string | undefined;
  /** Path of the control group whose limit it is about; `suspect` is who did most in it. */
  readonly cgroup?: string | undefined;
  /** Name of the block device that it is about. */
  readonly device?: string | undefined;
  /** Function of the kernel in which threads wait, where it is about one. */
  readonly channel?: string | undefined;
  /** All who did it, those who did most first; evidence is their sum. Absent where `suspect` is all there is. */
  readonly suspects?: readonly Party[] | undefined;
  /** Files that the suspect had open while it went on, with their extents, the most first; where they were counted. */
  readonly files?: readonly CountedFile[] | undefined;
  readonly victims: readonly Party[];
  readonly startUs: number;
  readonly endUs: number;
  /** What it rests on is not counted any more since then: whether it goes on is not known. */
  readonly uncountedSinceUs?: number | undefined;
  readonly evidence: readonly Evidence[];
  /** Measures the session did not have. */
  readonly missing: readonly string[];
  readonly advice: readonly Advice[];
};

/** What it is about, where that is no process. */
export const subjectOf = ({ cgroup, device, channel }: Finding): string | undefined =>
  cgroup ?? device ?? channel;

/** Findings of the first recordings, and leaks, have no signs of their own: their evidence is what was seen. */
export const signsOf = ({
  signs,
  evidence,
  missing,
}: Finding): { readonly seen: number; readonly of: number } =>
  signs ?? { seen: evidence.length, of: evidence.length + missing.length };

export const suspectsIn = ({ suspect, suspects }: Finding): readonly Party[] =>
  suspects ?? (suspect === null ? [] : [suspect]);

/** The open file whose extents are many; of several the one with most. */
export const worstFileOf = (files: readonly CountedFile[] | undefined): CountedFile | null => {
  const [first] = files ?? [];
  return first !== undefined && first.extents >= MANY_EXTENTS ? first : null;
};
