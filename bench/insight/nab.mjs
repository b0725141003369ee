// The Numenta Anomaly Benchmark's scoring, written from its description: each labelled window pays for its earliest
// detection, the more the earlier; detections outside cost by how far they are from the window before. A detector's
// points lie between those of one that says nothing (0) and one that is perfect (100). Detections in the first 15 %
// of a file are not looked at. One threshold serves all files; the best one is taken, as the published tables do.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const PROFILES = {
  standard: { falsePositive: 0.11, falseNegative: 1 },
  lowFalsePositive: { falsePositive: 0.22, falseNegative: 1 },
  lowFalseNegative: { falsePositive: 0.11, falseNegative: 2 },
};

const PROBATION = 0.15;
const PROBATION_MOST_RECORDS = 5000;

/** `[{name, times, values, windows: [[first, last]] (record numbers), probation}]`. */
export const readNab = (folder) => {
  const labels = JSON.parse(readFileSync(join(folder, 'labels', 'combined_windows.json'), 'utf8'));
  return readdirSync(join(folder, 'data'))
    .sort()
    .flatMap((group) =>
      readdirSync(join(folder, 'data', group))
        .filter((file) => file.endsWith('.csv'))
        .sort()
        .map((file) => `${group}/${file}`),
    )
    .map((name) => {
      const rows = readFileSync(join(folder, 'data', name), 'utf8')
        .trim()
        .split(/\r?\n/)
        .slice(1)
        .map((line) => line.split(','));
      const times = rows.map(([time]) => Date.parse(`${time.replace(' ', 'T')}Z`));
      const windows = labels[name].map(([from, to]) => {
        const [start, end] = [from, to].map((time) => Date.parse(`${time.slice(0, 19).replace(' ', 'T')}Z`));
        return [times.findIndex((time) => time >= start), times.findLastIndex((time) => time <= end)];
      });
      return {
        name,
        times,
        values: rows.map(([, value]) => Number(value)),
        windows,
        probation: Math.floor(PROBATION * Math.min(rows.length, PROBATION_MOST_RECORDS)),
      };
    });
};

const sigmoid = (x) => (x > 3 ? -1 : 2 / (1 + Math.exp(5 * x)) - 1);
const BEST = sigmoid(-1);

/** What a detection at each record would be worth, by profile-free parts: window number, or cost outside. */
const worthOf = ({ windows, values, probation }) => {
  const worth = [];
  for (let at = probation; at < values.length; at += 1) {
    const inside = windows.findIndex(([first, last]) => at >= first && at <= last);
    if (inside >= 0) {
      const [first, last] = windows[inside];
      worth.push({ at, window: inside, points: sigmoid(-(last - at + 1) / (last - first + 1)) / BEST });
      continue;
    }
    const before = windows.filter(([, last]) => last < at).at(-1);
    const far = before === undefined ? null : (at - before[1]) / (before[1] - before[0]);
    worth.push({ at, window: -1, points: far === null ? -1 : sigmoid(far) });
  }
  return worth;
};

/** `scores[file][record]` to the best threshold and its points of 100, by profile. */
export const scoreNab = (files, scores, profile, chosen) => {
  const { falsePositive, falseNegative } = PROFILES[profile];
  const windows = files.reduce((sum, file) => sum + file.windows.length, 0);
  const marks = files.flatMap((file, number) =>
    worthOf(file).map(({ at, window, points }) => ({
      score: scores[number][at],
      key: window < 0 ? null : `${number}:${window}`,
      points,
    })),
  );
  marks.sort((a, b) => b.score - a.score);
  const found = new Map();
  let sum = -falseNegative * windows;
  let best = { threshold: Number.POSITIVE_INFINITY, sum };
  for (let index = 0; index < marks.length; ) {
    const { score } = marks[index];
    if (chosen !== undefined && score < chosen) break;
    for (; index < marks.length && marks[index].score === score; index += 1) {
      const { key, points } = marks[index];
      if (key === null) sum += points * falsePositive;
      else {
        const before = found.get(key) ?? -falseNegative;
        if (points > before) {
          sum += points - before;
          found.set(key, points);
        }
      }
    }
    if (chosen !== undefined || sum > best.sum) best = { threshold: score, sum };
  }
  return {
    threshold: best.threshold,
    points: (100 * (best.sum + falseNegative * windows)) / (windows + falseNegative * windows),
  };
};
