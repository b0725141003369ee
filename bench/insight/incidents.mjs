// How the findings judge real sessions: those of `npm run lab`, kept in test/fixtures/incidents, with what is true of them
// in truth.json. A session counts as named by what is named at its end; what was named at any moment before, and taken
// back, is distinguished.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { allFindings } from '../../dist/insight/findings/all.js';
import { openRecording } from '../../dist/recording/read/recording.js';
import { createSession, foldInto } from '../../dist/session/session.js';
import { root } from '../measure.mjs';
import { HALVES, halfOf } from './halves.mjs';

const SHELVES = ['test/fixtures/incidents', 'examples'].map((shelf) => join(root, shelf));
const LOOK_EVERY_SAMPLES = 5;
const NOTHING = 'nothing';

/** Every session that is kept, with what is true of it. */
export const kept = () =>
  Object.entries(JSON.parse(readFileSync(join(SHELVES[0], 'truth.json'), 'utf8'))).map(([name, truth]) => ({
    name,
    truth,
    path: SHELVES.map((shelf) => join(shelf, `${name}.ndjson.gz`)).find((file) => existsSync(file)),
  }));

/** One row for each session, of one half or of both: what is true, what was named, and by whose name. */
export const judge = (half = null) =>
  kept()
    .filter(({ name }) => half === null || halfOf(name) === half)
    .map(({ name, truth, path }) => {
      const { header, hours, atEnd, before } = play(path);
      const named = atEnd.map(({ id }) => id);
      return {
        name,
        ...truth,
        kernel: header.host.kernel,
        hours,
        atEnd,
        before: before.filter((id) => !named.includes(id)),
        right: truth.findings.every(({ id }) => named.includes(id)) && named.length === truth.findings.length,
        suspectRight: truth.findings.every(({ id, suspect }) =>
          atEnd.some(
            (finding) => finding.id === id && (finding.suspect?.pid ?? null) === (suspect?.pid ?? null),
          ),
        ),
      };
    });

const play = (path) => {
  const recording = openRecording(path);
  const { header } = recording;
  const session = createSession(header);
  const { state, watch } = session;
  const before = new Set();
  const named = () => allFindings({ watch, state });
  for (let number = 0; number < recording.samples(); number += 1) {
    for (const record of recording.recordsOf(number)) foldInto(session, record);
    if (number % LOOK_EVERY_SAMPLES === 0) for (const { id } of named()) before.add(id);
  }
  const hours = (recording.endUs() - header.clock.bootUs) / 3.6e9;
  recording.close();
  return { header, hours, atEnd: named(), before: [...before] };
};

/** What is asked of the findings, over all sessions. */
export const figuresOf = (rows) => {
  const incidents = rows.filter(({ kind }) => kind === 'incident');
  const near = rows.filter(({ kind }) => kind === 'near miss');
  const nulls = rows.filter(({ kind }) => kind === 'null');
  const expected = rows.map(({ findings }) => classes(findings));
  const named = rows.map(({ atEnd }) => classes(atEnd));
  const all = [...new Set(expected.flat())];
  const f1 = all.map((one) => scoreOf(one, expected, named));
  return {
    macroF1: f1.reduce((sum, value) => sum + value, 0) / all.length,
    classes: all.length,
    incidents: incidents.length,
    suspectsRight: incidents.filter(({ suspectRight }) => suspectRight).length,
    near: near.length,
    nearNamed: near.filter(({ atEnd }) => atEnd.length > 0).length,
    nearNamedBefore: near.filter(({ atEnd, before }) => atEnd.length > 0 || before.length > 0).length,
    nullHours: nulls.reduce((sum, { hours }) => sum + hours, 0),
    nullNamed: nulls.reduce((sum, { atEnd, before }) => sum + atEnd.length + before.length, 0),
  };
};

const classes = (findings) =>
  findings.length === 0 ? [NOTHING] : [...new Set(findings.map(({ id }) => id))];

const scoreOf = (one, expected, named) => {
  const count = (test) =>
    expected.filter((truth, row) => test(truth.includes(one), named[row].includes(one))).length;
  const hits = count((is, said) => is && said);
  const wrong = count((is, said) => is !== said);
  return (2 * hits) / (2 * hits + wrong);
};

/** As Markdown. */
export const tableOf = (rows) => {
  const groups = [
    ['all', rows],
    ...HALVES.map((half) => [half, rows.filter(({ name }) => halfOf(name) === half)]),
  ].filter(([, group]) => group.length > 0);
  const figures = groups.map(([, group]) => figuresOf(group));
  const rowOf = (what, cellOf) => `| ${[what, ...figures.map(cellOf)].join(' | ')} |`;
  const lines = [
    '| session | half | kind | kernel | named | right |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows.map(({ name, kind, kernel, atEnd, before, right, suspectRight }) => {
      const said = atEnd.map(({ id, suspect }) => `${id}: ${suspect?.comm ?? 'nobody'}`);
      const then = before.map((id) => `${id} for a while`);
      return `| ${name} | ${halfOf(name)} | ${kind} | ${kernel} | ${[...said, ...then].join(', ') || NOTHING} | ${right && suspectRight ? 'yes' : 'NO'} |`;
    }),
    '',
    `| measured on real sessions | ${groups.map(([name, { length }]) => `${name} (${length})`).join(' | ')} |`,
    `| --- |${groups.map(() => ' --- |').join('')}`,
    rowOf(
      'macro-F1 over so many classes, "nothing" among them',
      ({ macroF1, classes }) => `${macroF1.toFixed(2)}; ${classes}`,
    ),
    rowOf(
      'incidents with the right suspect on the first try',
      ({ suspectsRight, incidents }) => `${suspectsRight} of ${incidents}`,
    ),
    rowOf(
      'near misses named at the end; at any moment',
      ({ nearNamed, nearNamedBefore, near }) => `${nearNamed}; ${nearNamedBefore} of ${near}`,
    ),
    rowOf(
      'null sessions: named, in hours observed',
      ({ nullNamed, nullHours }) => `${nullNamed} in ${nullHours.toFixed(1)} h`,
    ),
  ];
  return lines.join('\n');
};
