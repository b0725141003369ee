/** The limits that bound a process: of each control group that has one, how much of it is used, and what it costs. */
import { isWithin } from '../../core/cgroup.ts';
import { cgroupName } from '../../core/cgroup-name.ts';
import type { CgroupReadings, Row } from '../../core/snapshot.ts';
import type { WatchedSnapshot } from '../../insight/recognised.ts';
import { type Line, span, wrapLine } from '../format/line.ts';
import { bytes, percent, ratePerSecond } from '../format/numbers.ts';
import { clean } from '../format/text.ts';
import { hostRateNow } from '../signals/series.ts';
import { keyOf } from '../table/groups.ts';
import type { View } from '../view.ts';

export const cgroupLines = (snapshot: WatchedSnapshot, row: Row, view: View): readonly Line[] =>
  row.endedBootUs !== null ? [] : boundsOf(snapshot, row).flatMap((one) => limitLines(snapshot, one, view));

/** Lines at most of a group that is looked into: its own limit, and the nearest above it. */
const MOST_LINES = 2;

/** The same of the group whose processes the table lists; none where it has no limit, or nobody lives in it. */
export const groupLimitLines = (snapshot: WatchedSnapshot, view: View): readonly Line[] => {
  const { within } = view.ui;
  if (within === null || !(within.arrange === 'cgroup' || within.arrange === 'container')) return [];
  const isInside = (row: Row): boolean =>
    row.endedBootUs === null && keyOf[within.arrange](row) === within.key;
  const one = snapshot.rows.find(isInside);
  return one === undefined
    ? []
    : boundsOf(snapshot, one)
        .toSorted((a, b) => b.path.length - a.path.length)
        .flatMap((group) => limitLines(snapshot, group, view))
        .slice(0, MOST_LINES);
};

const boundsOf = (snapshot: WatchedSnapshot, { cgroup, cgroups = [] }: Row): readonly CgroupReadings[] =>
  (snapshot.cgroups ?? [])
    .filter((one) => one.endedBootUs === null)
    .filter(({ path }) => [cgroup, ...cgroups].some((own) => isWithin(own, path)));

const limitLines = (
  snapshot: WatchedSnapshot,
  one: CgroupReadings,
  { glyphs, size }: View,
): readonly Line[] =>
  wrapLine(
    [span('limits   ', 'dim')],
    clean(`${cgroupName(one.path)}: ${limitsText(snapshot, one)}`, glyphs.charset),
    'plain',
    size.columns,
  );

const limitsText = (snapshot: WatchedSnapshot, { metrics }: CgroupReadings): string => {
  const level = (name: string): number | null => metrics[`cgroup.${name}`]?.total ?? null;
  const rate = (name: string): number | null => {
    const reading = metrics[`cgroup.${name}`];
    return reading === undefined ? null : hostRateNow(snapshot, `cgroup.${name}`, reading.delta);
  };
  const said = (name: string, unit: 'us' | 'pages' | 'count', what: string): string[] => {
    const now = rate(name);
    return now === null || Number.isNaN(now)
      ? []
      : [`${what} ${ratePerSecond(now, { id: `cgroup.${name}`, unit }, 'long')}${unit === 'us' ? '' : '/s'}`];
  };
  const quota = level('cpu_quota');
  const limit = level('memory_limit');
  const held = level('memory');
  const ioLimits = level('io_limits');
  return [
    ...(quota === null ? [] : [`CPU quota ${percent(quota)}`]),
    ...(quota === null ? [] : said('throttled_us', 'us', 'held back')),
    ...(limit === null ? [] : [`memory ${held === null ? '?' : bytes(held)} of ${bytes(limit)}`]),
    ...(limit === null ? [] : said('limit_max', 'count', 'at its limit')),
    ...(limit === null ? [] : said('refaults', 'pages', 'refaults')),
    ...(ioLimits === null ? [] : [`I/O limited on ${ioLimits} ${ioLimits === 1 ? 'device' : 'devices'}`]),
    ...said('cpu_some_us', 'us', 'waits for a CPU'),
    ...said('memory_some_us', 'us', 'waits for memory'),
    ...said('io_some_us', 'us', 'waits for I/O'),
  ].join(', ');
};
