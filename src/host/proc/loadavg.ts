import { type HostMetric, type HostSource, presentIn } from './source.ts';

const METRICS: readonly HostMetric[] = [
  {
    id: 'load.1',
    kind: 'gauge',
    unit: 'load',
    label: 'load 1 min',
    help: 'Tasks runnable or in uninterruptible sleep, averaged over 1 minute (/proc/loadavg).',
    lane: true,
  },
  {
    id: 'load.5',
    kind: 'gauge',
    unit: 'load',
    label: 'load 5 min',
    help: 'Tasks runnable or in uninterruptible sleep, averaged over 5 minutes (/proc/loadavg).',
  },
  {
    id: 'load.15',
    kind: 'gauge',
    unit: 'load',
    label: 'load 15 min',
    help: 'Tasks runnable or in uninterruptible sleep, averaged over 15 minutes (/proc/loadavg).',
  },
];

export const parseLoadavg = (text: string): Record<string, number> => {
  const found = /^(\d+\.\d\d) (\d+\.\d\d) (\d+\.\d\d) /.exec(text);
  if (found === null) return {};
  return { 'load.1': Number(found[1]), 'load.5': Number(found[2]), 'load.15': Number(found[3]) };
};

export const loadavg: HostSource = {
  path: '/proc/loadavg',
  parse: parseLoadavg,
  describe: presentIn(METRICS),
};
