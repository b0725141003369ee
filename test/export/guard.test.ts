/** What a guard decides, as Prometheus reads it. */
import { expect, it } from 'vitest';
import { textOf } from '../../src/export/openmetrics/family.ts';
import { guardFamilies } from '../../src/export/openmetrics/guard.ts';
import { readOpenMetrics } from '../helpers/exposition.ts';

it('counts decisions by finding, action and what was decided', () => {
  const finding = 'xfs-alloc-deadlock';
  const page = textOf(
    guardFamilies(true, [
      { finding, action: 'drop-slab', decision: 'acts', count: 2 },
      { finding, action: '', decision: 'cooldown', count: 7 },
    ]),
    'openmetrics',
  );
  expect(readOpenMetrics(page)).toMatchObject([
    { name: 'stallscope_guard_armed', value: 1 },
    {
      name: 'stallscope_guard_decisions_total',
      labels: { finding, action: 'drop-slab', decision: 'acts' },
      value: 2,
    },
    { name: 'stallscope_guard_decisions_total', labels: { finding, decision: 'cooldown' }, value: 7 },
  ]);
});
