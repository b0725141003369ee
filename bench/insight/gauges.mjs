// NAB's files through our detector of gauges: its detections are the spikes that analyze would say, at their start.
import { createInsight } from '../../dist/insight/detector-state.js';
import { openSeries, tick } from '../../dist/insight/insight.js';
import { PROFILES, scoreNab } from './nab.mjs';

const MICROSECONDS = 1000;

/** Per file the score of each record, 0 where no spike begins. */
export const detect = (files, eventScore) =>
  files.map(({ name, times, values }) => {
    const insight = createInsight(300_000, eventScore);
    const identity = {
      metric: `nab.${name}`,
      kind: 'gauge',
      unit: 'count',
      pid: null,
      startMs: null,
      comm: null,
    };
    const row = openSeries(insight, identity, 0);
    const scores = new Float64Array(values.length);
    values.forEach((value, at) => {
      insight.values[row] = value;
      tick(insight, (times[at] - times[0]) * MICROSECONDS);
    });
    for (const { tick: at, score } of insight.spikes) scores[at] = score;
    return scores;
  });

/** Best points by profile, and the points with the threshold chosen on the other half of the files. */
export const evaluateNab = (files) => {
  const scores = detect(files);
  const best = Object.fromEntries(
    Object.keys(PROFILES).map((profile) => [profile, scoreNab(files, scores, profile)]),
  );
  const halves = [0, 1].map((odd) => {
    const pick = (list, half) => list.filter((_, index) => index % 2 === half);
    const { threshold } = scoreNab(pick(files, 1 - odd), pick(scores, 1 - odd), 'standard');
    return scoreNab(pick(files, odd), pick(scores, odd), 'standard', threshold).points;
  });
  return {
    best,
    crossed: (halves[0] + halves[1]) / 2,
    spikes: scores.reduce((sum, file) => sum + file.filter((score) => score > 0).length, 0),
  };
};
