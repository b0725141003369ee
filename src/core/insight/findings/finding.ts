/** A failure that was named: who is accused, who suffers, by what evidence, what was not measured, what helps. */
import type { MetricUnit } from '../../metric.ts';

export type Party = { readonly pid: number; readonly startMs: number | null; readonly comm: string };

export type Evidence = {
  readonly metric: string;
  /** The most it was while the finding held; of a level, what it last was. */
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
  /** 0 to 1: how complete the evidence is. */
  readonly confidence: number;
  readonly suspect: Party | null;
  readonly victims: readonly Party[];
  readonly startUs: number;
  readonly endUs: number;
  readonly evidence: readonly Evidence[];
  /** Measures the session did not have. */
  readonly missing: readonly string[];
  readonly advice: readonly Advice[];
};
