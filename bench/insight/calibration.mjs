// Whether what is stated is so as often as stated: a reliability table, and the Brier score (the mean square of what was stated less
// what was so: 0 is certain and right, .25 what always saying one half has).

const EDGES = [0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.98, 1];

const meanOf = (rows, pick) => rows.reduce((sum, row) => sum + pick(row), 0) / Math.max(1, rows.length);

/** Of `rows` of `{stated, real}`. */
export const summaryOf = (rows) => ({
  count: rows.length,
  stated: meanOf(rows, ({ stated }) => stated),
  observed: meanOf(rows, ({ real }) => (real ? 1 : 0)),
  brier: meanOf(rows, ({ stated, real }) => (stated - (real ? 1 : 0)) ** 2),
});

/** The same by how sure it was. */
export const reliabilityOf = (rows) =>
  EDGES.slice(1).map((to, index) => {
    const from = EDGES[index];
    return {
      from,
      to,
      ...summaryOf(rows.filter(({ stated }) => stated >= from && (stated < to || to === 1))),
    };
  });

/**
 * Findings of the kept sessions at their end: each is right where the session's truth has it, with its suspect. By its id, and in
 * two halves of the sessions.
 */
export const findingRows = (judged) =>
  judged.flatMap(({ findings: truth, atEnd }, index) =>
    atEnd.map(({ id, confidence, suspect }) => ({
      id,
      half: index % 2,
      stated: confidence,
      real: truth.some((one) => one.id === id && (one.suspect?.pid ?? null) === (suspect?.pid ?? null)),
    })),
  );
