/**
 * Python objects that are never dropped, at the pace at which memory grows: small ones fill arenas, which are mapped and
 * not given back; those of 128 KiB and more have mappings of their own, which the interpreter asks malloc for.
 *
 * What else makes these metrics move is in docs/runbooks/python-leak.md.
 */
import type { Advice } from './finding.ts';
import { BOUND_IT, type LeakSignature, SEE_CALLERS } from './leak-signature.ts';

const COMPARE: readonly Advice[] = [
  {
    text: 'Compare the objects of two moments',
    command: 'python3 -X tracemalloc … ; tracemalloc.take_snapshot().compare_to(before, "lineno")',
    risk: 'it needs a restart, and doubles the cost of allocations',
  },
  {
    text: 'See where they were made',
    command: 'memray attach PID',
    risk: 'it stops the process for a moment, and makes every allocation slower while it is attached',
  },
];

export const pythonLeak: LeakSignature = {
  id: 'python-leak',
  title: 'Python leak: objects pile up in the arenas of the interpreter',
  severity: 'high',
  advice: [
    ...COMPARE,
    {
      text: 'Look for caches without a bound: lists, dicts, lru_cache(maxsize=None), closures kept by callbacks',
    },
  ],
};

export const largeObjects: LeakSignature = {
  id: 'python-leak',
  title: 'Python leak: large blocks that the interpreter itself asked for pile up',
  severity: 'high',
  advice: [
    ...COMPARE,
    {
      text: 'Look for what grows in one piece or keeps long things: lists, dicts, bytes, strings, buffers of responses, caches without a bound',
    },
    SEE_CALLERS,
    BOUND_IT,
  ],
};
