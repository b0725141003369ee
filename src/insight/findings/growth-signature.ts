/** A failure that is known by growth over minutes to weeks: what it is called, and what helps. */
import type { Advice, Finding } from './finding.ts';

export type GrowthSignature = {
  readonly id: string;
  readonly title: string;
  readonly severity: Finding['severity'];
  readonly advice: readonly Advice[];
};
