/** The limits that bound a process: of each control group that has one, how much of it is used, and what it costs. */
import { isWithin } from '../../core/cgroup.ts';
import { cgroupName } from '../../core/cgroup-name.ts';
import type { CgroupReadings, Row } from '../../core/snapshot.ts';
import type { WatchedSnapshot } from '../../insight/recognised.ts';
import { type Line, span, wrapLine } from '../format/line.ts';
import { bytes, percent, ratePerSecond } from '../format/numbers.ts';
import { clean } from '../format/text.ts';
import { hostRateNow } from '../signals/series.ts';
import type { View } from '../view.ts';

export const cgroupLines = (
  snapshot: WatchedSnapshot,
  { cgroup, cgroups = [], endedBootUs }: Row,
  { glyphs, size }: View,
): readonly Line[] =>
  endedBootUs !== null
    ? []
    : (snapshot.cgroups ?? [])
        .filter((one) => one.endedBootUs === null)
        .filter(({ path }) => [cgroup, ...cgroups].some((own) => isWithin(own, path)))
        .flatMap((one) =>
          wrapLine(
            [span('limits   ', 'dim')],
            clean(`${cgroupName(one.path)}: ${limitsText(snapshot, one)}`, glyphs.charset),
            'plain',
            size.columns,
          ),
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
      : [`${what} ${ratePerSecond(now, unit)}${unit === 'us' ? '' : '/s'}`];
  };
  const quota = level('cpu_quota');
  const limit = level('memory_limit');
  const held = level('memory');
  return [
    ...(quota === null ? [] : [`CPU quota ${percent(quota)}`]),
    ...(quota === null ? [] : said('throttled_us', 'us', 'held back')),
    ...(limit === null ? [] : [`memory ${held === null ? '?' : bytes(held)} of ${bytes(limit)}`]),
    ...(limit === null ? [] : said('limit_max', 'count', 'at its limit')),
    ...(limit === null ? [] : said('refaults', 'pages', 'refaults')),
    ...said('cpu_some_us', 'us', 'waits for a CPU'),
    ...said('memory_some_us', 'us', 'waits for memory'),
    ...said('io_some_us', 'us', 'waits for I/O'),
  ].join(', ');
};
