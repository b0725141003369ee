/** What a cause has to say as a finding: who, since when, by what evidence, what was not measured, how sure. */
import type { Entity } from '../../core/entity.ts';
import type { SessionState } from '../../core/state.ts';
import { fillIn } from './advice.ts';
import type { Cause } from './causes.ts';
import { type Evidence, type Finding, MAX_PARTIES, type Party } from './finding.ts';
import { SIGNATURES } from './index.ts';
import { isMeasured, ofStretch, uncountedSince } from './readings.ts';
import type { Condition, Signature } from './signature.ts';

/** The host's own signals say that it happens, and not who does it. */
const CONFIDENCE_WITHOUT_SUSPECT = 0.5;
/** What was going on so shortly before counting stopped may go on. */
const WAS_GOING_ON_US = 10e6;

export const describeCause = (cause: Cause, state: SessionState): Finding => {
  const { lead, cgroup, suspects, victims, startUs, endUs } = cause;
  const { place } = lead;
  const { signature, held } = lead;
  const signs = signature.conditions.filter(({ need }) => need !== 'forbidden');
  const missing = [
    ...signs.filter(({ id }) => lead.unknown.includes(id)),
    // What would have reported who it is.
    ...(lead.suspect === null && cgroup === null && place === null
      ? attendedConditions(signature)
      : []
    ).filter(({ need, measure }) => need !== 'forbidden' && !isMeasured(state, measure)),
  ];
  const [first] = suspects;
  const uncountedSinceUs = stoppedUs(cause, state);
  return {
    id: signature.id,
    title: titleOf(cause),
    severity: signature.severity,
    confidence: confidenceOf(cause, missing),
    signs: {
      seen: signs.filter(({ id }) => held.has(id) && !lead.unknown.includes(id)).length,
      of: signs.length,
    },
    suspect: first === undefined ? null : partyOf(first),
    ...(first !== undefined || signature.nobody === undefined ? {} : { nobody: signature.nobody }),
    ...(cgroup === null ? {} : { cgroup: cgroup.path }),
    ...(place?.kind === 'device' || place?.kind === 'channel' ? { [place.kind]: place.name } : {}),
    ...(suspects.length > 1 ? { suspects: suspects.slice(0, MAX_PARTIES).map(partyOf) } : {}),
    ...(signature.ofFiles === true && first !== undefined && first.files.length > 0
      ? { files: first.files }
      : {}),
    victims: victims.slice(0, MAX_PARTIES).map(partyOf),
    startUs,
    endUs,
    ...(uncountedSinceUs === null ? {} : { uncountedSinceUs }),
    evidence: signs.flatMap((condition) => evidenceOf(cause, condition)),
    missing: [...new Set(missing.map(({ measure }) => measure.metric))],
    advice: fillIn(signature.advice, suspects, state, { cgroup, place, victims }),
  };
};

const titleOf = ({ lead: { signature, held, unknown, limit }, victims }: Cause): string =>
  signature.titles?.find(
    (title) =>
      (title.held === undefined || held.has(title.held)) &&
      (title.unknown === undefined || unknown.includes(title.unknown)) &&
      (title.victims !== true || victims.length > 0) &&
      (title.atLimit !== true || limit !== null),
  )?.text ?? signature.title;

const evidenceOf = ({ lead, stretch }: Cause, condition: Condition): Evidence[] => {
  const { id, unit, what, measure } = condition;
  const seen = lead.held.get(id);
  if (seen === undefined || lead.unknown.includes(id)) return [];
  const overall = ofStretch(stretch, condition);
  // A level is what it last was; what nothing was counted of in that time is no evidence.
  const value = measure.kind === 'level' ? seen.most : overall;
  return Number.isFinite(value) && value > 0
    ? [{ metric: measure.metric, value, unit, what, atUs: seen.atUs }]
    : [];
};

/** Since when it cannot be determined whether it goes on: what it rests on is not counted any more. */
const stoppedUs = ({ lead, endUs }: Cause, state: SessionState): number | null => {
  const { signature, suspect } = lead;
  if (suspect === null || state.ended !== null || suspect.endedBootUs !== null) return null;
  const since = signature.conditions
    .filter(({ need, scope, id }) => need === 'required' && scope === 'suspect' && !lead.unknown.includes(id))
    .flatMap(({ measure }) => uncountedSince(state, measure.metric, endUs) ?? []);
  if (since.length === 0) return null;
  const first = Math.min(...since);
  return endUs >= first - WAS_GOING_ON_US ? Math.max(first, lead.startUs) : null;
};

const attendedConditions = ({ id }: Signature): readonly Condition[] =>
  SIGNATURES.find((signature) => signature.id === id)?.conditions ?? [];

/** All that is required is 0.8; what is optional fills the rest; each required measure that was missing costs. */
const confidenceOf = (
  { lead: { signature, suspect, held, place }, cgroup, suspects }: Cause,
  missing: readonly Condition[],
): number => {
  const isNobody = suspect === null || (suspects.length === 0 && signature.isOfVictim !== true);
  if (isNobody && cgroup === null && place === null) return CONFIDENCE_WITHOUT_SUSPECT;
  const optional = signature.conditions.filter(({ need }) => need === 'optional');
  const shown = optional.filter(({ id }) => held.has(id)).length;
  const share = optional.length === 0 ? 1 : shown / optional.length;
  const lost = missing.filter(({ need }) => need === 'required').length;
  return Math.max(0.3, 0.8 + 0.18 * share - 0.2 * lost);
};

const partyOf = ({ pid, startMs, comm }: Entity): Party => ({ pid, startMs, comm });
