/**
 * A recording as OpenMetrics with timestamps, for `promtool tsdb create-blocks-from openmetrics`. It says at each sample what
 * `--listen` would have said then; a value is written where it changes, before that, and at least every `REPEAT_MS`, within
 * which Prometheus looks back. The format wants series one after the other, so all values are held until the end: at most
 * `MOST_POINTS`.
 */
import { failure } from '../../errors.ts';
import type { Encoder, End, Export } from '../encoder.ts';
import { familiesOf } from './families.ts';
import { type Family, familyHead, seriesText } from './family.ts';
import { createGroups } from './groups.ts';
import { type Labels, PREFIX } from './names.ts';

const REPEAT_MS = 60_000;
const MOST_POINTS = 5_000_000;

type Series = { readonly text: string; readonly timesMs: number[]; readonly values: number[]; last: number };
type Collected = { readonly head: string; readonly series: Map<string, Series> };

export const backfillEncoder = ({ header, from, isPart, chosen }: Export): Encoder => {
  const groups = createGroups(from, chosen.most ?? undefined);
  const whose: Labels = { instance: header.host.hostname, job: 'stallscope' };
  const families = new Map<string, Collected>();
  let beforeMs = Number.NaN;
  let points = 0;

  const collected = (family: Family): Collected => {
    const known = families.get(family.name);
    if (known !== undefined) return known;
    const begun = { head: familyHead(family, 'openmetrics'), series: new Map<string, Series>() };
    families.set(family.name, begun);
    return begun;
  };
  const put = (series: Series, timeMs: number, value: number): void => {
    series.timesMs.push(timeMs);
    series.values.push(value);
    points += 1;
    if (points > MOST_POINTS) throw tooMany();
  };
  const note = (timeMs: number, family: Family): void => {
    const { series } = collected(family);
    for (const { labels, value } of family.points) {
      const text = seriesText(family, { ...labels, ...whose });
      const one = series.get(text) ?? { text, timesMs: [], values: [], last: Number.NaN };
      series.set(text, one);
      const writtenMs = one.timesMs.at(-1);
      if (value === one.last && writtenMs !== undefined && timeMs - writtenMs < REPEAT_MS) continue;
      if (value !== one.last && writtenMs !== undefined && writtenMs < beforeMs) put(one, beforeMs, one.last);
      put(one, timeMs, value);
      one.last = value;
    }
  };
  const noteAll = (timeMs: number, all: readonly Family[]): void => {
    for (const family of all) note(timeMs, family);
    beforeMs = timeMs;
  };

  return {
    begin: () => [],
    sample: (snapshot) => {
      groups.add(snapshot);
      noteAll(snapshot.realMs, familiesOf(snapshot, groups));
      return [];
    },
    end: (end) => {
      noteAll(end.snapshot.realMs, wholenessOf(end, isPart));
      return written(families);
    },
  };
};

const wholenessOf = ({ stretch: { ended } }: End, isPart: boolean): Family[] => [
  {
    name: `${PREFIX}_recording_complete`,
    type: 'gauge',
    unit: '',
    help: '1: the recording has its end; 0: it was cut, and what it lacks is in the reason.',
    points: [
      {
        labels: { reason: ended?.reason ?? 'the recording is truncated: it has no trailer' },
        value: ended === null ? 0 : 1,
      },
    ],
  },
  {
    name: `${PREFIX}_recording_part`,
    type: 'gauge',
    unit: '',
    help: '1: only a part of the recording was asked for.',
    points: [{ labels: {}, value: isPart ? 1 : 0 }],
  },
];

function* linesOf({ head, series }: Collected): Generator<string> {
  yield head;
  for (const { text, timesMs, values } of series.values())
    yield timesMs.map((timeMs, at) => `${text} ${values[at]} ${(timeMs / 1000).toFixed(3)}\n`).join('');
}

const written = (families: ReadonlyMap<string, Collected>): string[] => [
  ...[...families.values()].flatMap((family) => [...linesOf(family)]),
  '# EOF\n',
];

const tooMany = (): Error =>
  failure('E_USAGE', {
    fact: `The stretch has more than ${MOST_POINTS / 1e6} million values, which this format wants sorted by series: narrow it with --from and --to, or --top.`,
    command: 'stallscope export',
  });
