/** Python objects that are never let go: arenas are mapped and not given back, at the pace at which memory grows. */
import type { LeakSignature } from './leak-signature.ts';

export const pythonLeak: LeakSignature = {
  id: 'python-leak',
  title: 'Python leak: objects pile up in the arenas of the interpreter',
  severity: 'high',
  grows: 'python',
  advice: [
    {
      text: 'Compare the objects of two moments',
      command: 'python3 -X tracemalloc … ; tracemalloc.take_snapshot().compare_to(before, "lineno")',
      risk: 'tracemalloc doubles the cost of allocations',
    },
    {
      text: 'See where they were made',
      command: 'memray attach PID',
      risk: 'it stops the process for a moment, and makes every allocation slower while it is attached',
    },
    {
      text: 'Look for caches without a bound: lists, dicts, lru_cache(maxsize=None), closures kept by callbacks',
    },
  ],
};
