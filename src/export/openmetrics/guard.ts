/** What a guard has decided. */
import type { Family } from './family.ts';
import { PREFIX } from './names.ts';

export type GuardCount = {
  readonly finding: string;
  /** '' where nothing was done. */
  readonly action: string;
  readonly decision: string;
  readonly count: number;
};

export const guardFamilies = (armed: boolean, counts: readonly GuardCount[]): Family[] => [
  {
    name: `${PREFIX}_guard_armed`,
    type: 'gauge',
    unit: '',
    help: '1 where the guard acts, 0 where it only says what it would do.',
    points: [{ labels: {}, value: armed ? 1 : 0 }],
  },
  {
    name: `${PREFIX}_guard_decisions`,
    type: 'counter',
    unit: '',
    help: 'Decisions of the guard, acted or not, and what came of its actions.',
    points: counts.map(({ count, ...labels }) => ({ labels, value: count })),
  },
];
