// Every session of the lab, in the order in which the table shows them.
import { INCIDENTS } from './incidents.mjs';
import { NEAR_MISSES } from './near-misses.mjs';
import { NULLS } from './nulls.mjs';

export const SESSIONS = [
  ...INCIDENTS.map((session) => ({ ...session, kind: 'incident' })),
  ...NEAR_MISSES.map((session) => ({ ...session, kind: 'near miss', truth: [] })),
  ...NULLS.map((session) => ({ ...session, kind: 'null', truth: [] })),
];

/** Sessions of these names, all for none; throws for a name that there is not. */
export const chooseSessions = (names) => {
  const unknown = names.find((wanted) => !SESSIONS.some(({ name }) => name === wanted));
  if (unknown !== undefined) {
    throw new Error(
      `There is no session ${unknown}. There are: ${SESSIONS.map(({ name }) => name).join(', ')}`,
    );
  }
  return names.length === 0 ? SESSIONS : SESSIONS.filter(({ name }) => names.includes(name));
};
