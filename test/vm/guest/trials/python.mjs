// The distribution's own CPython doing known amounts of one thing each, against what the interpreter says of itself.
import { between, exactly, timeBetween } from '../claims.mjs';
import { run } from '../work.mjs';

const NATIVE_BLOCKS = 3_001;
const NATIVE_BYTES = NATIVE_BLOCKS * 10_000;
const LARGE_OBJECTS = 23;
/** What the interpreter takes for itself, before and beside. */
const OWN_BYTES = 8 * 2 ** 20;

/** Faults after the interpreter has counted its own. */
const OWN_FAULTS = 64;

const truth = async (mode, ...args) => {
  const { pid, stdout, wallNs } = await run(
    'python3',
    '/tool/workloads/python-truth.py',
    mode,
    ...args.map(String),
  );
  return { pid, wallNs, ...JSON.parse(stdout) };
};

export const python = {
  probe: 'python',
  work: async () => ({
    objects: await truth('objects'),
    native: await truth('native', NATIVE_BLOCKS),
    large: await truth('large', LARGE_OBJECTS),
    slow: await truth('slow'),
  }),
  claims: ({ work: { objects, native, large, slow }, seen }) => {
    const of = (process, metric) => seen.of(process.pid, `python.${metric}`);
    const net = (process) => of(process, 'heap_grown') - of(process, 'heap_freed');
    const version = `CPython ${objects.version}`;
    const variant = seen.variantOf('python');
    return [
      exactly('arenas', objects.arenas.made, of(objects, 'arenas'), `${version}, _debugmallocstats`),
      exactly(
        'arenas_freed',
        objects.arenas.freed,
        of(objects, 'arenas_freed'),
        `${version}, _debugmallocstats`,
      ),
      between('heap (native leak)', NATIVE_BYTES, NATIVE_BYTES + OWN_BYTES, net(native), 'bytes of malloc'),
      between(
        'heap (large objects)',
        LARGE_OBJECTS << 20,
        (LARGE_OBJECTS << 20) + OWN_BYTES,
        net(large),
        'bytes',
      ),
      between(
        'proc.minor_faults',
        Math.floor(slow.minorFaults / 2),
        slow.minorFaults + OWN_FAULTS,
        seen.of(slow.pid, 'proc.minor_faults'),
        'getrusage, at its last second',
      ),
      ...(variant === 'usdt'
        ? [0, 1, 2]
            .map((generation) =>
              exactly(
                `gc${generation}`,
                objects.gc[generation],
                of(objects, `gc${generation}`),
                'gc.get_stats',
              ),
            )
            .concat(timeBetween('gc_ns', 0, objects.wallNs, of(objects, 'gc_ns'), 'its wall time'))
        : []),
      ...(variant === 'api'
        ? ['api_mem', 'api_object', 'api_new'].map((name) => seenCalls(name, of(objects, name)))
        : []),
    ];
  },
};

const seenCalls = (metric, counted) => ({
  metric,
  expected: 'not possible because the build calls most of it directly: API calls seen',
  counted: String(counted),
  verdict: 'skipped',
});
