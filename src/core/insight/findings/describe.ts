/** What a case has to say as a finding: who, since when, by what evidence, what was not measured, how sure. */
import type { Entity } from '../../entity.ts';
import type { SessionState } from '../../state.ts';
import type { Case } from './cases.ts';
import type { Finding, Party } from './finding.ts';
import { SIGNATURES } from './index.ts';
import { isMeasured } from './readings.ts';
import type { Condition, Signature } from './signature.ts';

/** Victims that are told. */
export const MAX_VICTIMS = 20;
/** The host's own signals say that it happens, and not who does it. */
const CONFIDENCE_WITHOUT_SUSPECT = 0.5;

export const describeCase = (one: Case, state: SessionState): Finding => {
  const { signature, suspect, held, startUs, endUs } = one;
  const missing = [
    ...signature.conditions,
    ...(suspect === null ? attendedConditions(signature) : []),
  ].filter(({ need, measure }) => need !== 'forbidden' && !isMeasured(state, measure));
  return {
    id: signature.id,
    title: signature.title,
    severity: signature.severity,
    confidence: confidenceOf(one, missing),
    suspect: suspect === null ? null : partyOf(suspect),
    victims: [...one.victims]
      .sort((a, b) => b[1] - a[1])
      .slice(0, MAX_VICTIMS)
      .map(([entity]) => partyOf(entity)),
    startUs,
    endUs,
    evidence: signature.conditions.flatMap(({ id, need, unit, what, measure }) => {
      const seen = held.get(id);
      if (seen === undefined || need === 'forbidden') return [];
      return [{ metric: measure.metric, value: seen.most, unit, what, atUs: seen.atUs }];
    }),
    missing: [...new Set(missing.map(({ measure }) => measure.metric))],
    advice: signature.advice,
  };
};

const attendedConditions = ({ id }: Signature): readonly Condition[] =>
  SIGNATURES.find((signature) => signature.id === id)?.conditions ?? [];

/** All that is required is 0.8; what is optional fills the rest; each required measure that was missing costs. */
const confidenceOf = ({ signature, suspect, held }: Case, missing: readonly Condition[]): number => {
  if (suspect === null) return CONFIDENCE_WITHOUT_SUSPECT;
  const optional = signature.conditions.filter(({ need }) => need === 'optional');
  const shown = optional.filter(({ id }) => held.has(id)).length;
  const share = optional.length === 0 ? 1 : shown / optional.length;
  const lost = missing.filter(({ need }) => need === 'required').length;
  return Math.max(0.3, 0.8 + 0.18 * share - 0.2 * lost);
};

const partyOf = ({ pid, startMs, comm }: Entity): Party => ({ pid, startMs, comm });
