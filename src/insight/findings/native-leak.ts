/**
 * Memory that grows beside Python's own objects, as far as that was measured: asked for by native code; by either;
 * by an interpreter into which nobody looked; by a program in another language, of whose allocator nothing is known.
 *
 * What else makes these metrics move is in docs/runbooks/native-leak.md.
 */
import { BOUND_IT, type LeakSignature, SEE_CALLERS, SEE_MAPPING } from './leak-signature.ts';

/** Blocks with mappings of their own, that code outside of the interpreter asked for. */
export const nativeLeak: LeakSignature = {
  id: 'native-leak',
  title: 'Native leak: large blocks of extensions or libraries of a Python process are not given back',
  severity: 'high',
  advice: [
    SEE_CALLERS,
    {
      text: 'Arrays of NumPy and the like are native memory that Python objects hold: see whether those pile up',
      command: 'python3 -X tracemalloc … ; tracemalloc.take_snapshot().compare_to(before, "lineno")',
      risk: 'it needs a restart, and doubles the cost of allocations',
    },
    {
      text: 'See who allocates it, with the lines of Python that led there',
      command: 'memray attach --native PID',
      risk: 'it stops the process for a moment, and makes every allocation slower while it is attached',
    },
    BOUND_IT,
  ],
};

/** Only that it is not in the arenas is known. */
export const outsideArenas: LeakSignature = {
  id: 'native-leak',
  title: "Memory grows outside of Python's arenas: its objects above 512 bytes, or native code",
  severity: 'medium',
  advice: [
    {
      text: 'Python holds long strings, bytes, lists and dicts of many entries outside of arenas too: the two cannot be distinguished from outside',
    },
    {
      text: 'Ask Python: what it holds is in this comparison, what it does not hold is native',
      command: 'python3 -X tracemalloc … ; tracemalloc.take_snapshot().compare_to(before, "lineno")',
      risk: 'it needs a restart, and doubles the cost of allocations',
    },
    {
      text: "Or add up its allocators: Python's arenas by sys._debugmallocstats() or PYTHONMALLOCSTATS=1, all of malloc by malloc_info(3)",
    },
    SEE_CALLERS,
    BOUND_IT,
  ],
};

/** An interpreter that the probe could not count. */
export const unwatchedInterpreter: LeakSignature = {
  id: 'native-leak',
  title: 'Memory of a Python process grows; by its objects or by native code was not counted',
  severity: 'medium',
  advice: [SEE_CALLERS, SEE_MAPPING, BOUND_IT],
};

/** No Python: a heap of a JVM or of node that fills to its limit grows like that, too. */
export const growingMemory: LeakSignature = {
  id: 'native-leak',
  title: 'Memory grows steadily and is not given back: a leak, or a heap or cache on the way to its limit',
  severity: 'medium',
  advice: [
    {
      text: 'Look for its limit first: -Xmx of a JVM, --max-old-space-size of node, the size of a cache or buffer pool',
    },
    SEE_MAPPING,
    SEE_CALLERS,
    BOUND_IT,
  ],
};
