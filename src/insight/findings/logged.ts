/** Conditions on what a kernel log counts: an event is one, whenever it was. */
import type { MetricUnit } from '../../core/metric.ts';
import type { Condition } from './signature.ts';

export const logged = (id: string, metric: string, what: string): Condition => ({
  id,
  scope: 'host',
  need: 'required',
  measure: { kind: 'amount', metric: `klog.${metric}` },
  least: 1,
  unit: 'count',
  what,
});

export const loggedToo = (
  id: string,
  metric: string,
  what: string,
  unit: MetricUnit = 'count',
): Condition => ({
  ...logged(id, metric, what),
  need: 'optional',
  unit,
});
