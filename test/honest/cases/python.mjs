// Interpreters that do a known amount of one thing, and processes that are none. Arenas and collections they know
// themselves; of what their heaps took, strace writes down every call.
import { copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NotHere } from '../here.mjs';
import { heapOf, underStrace } from '../strace.mjs';
import { between, exactly, process, timeWithin } from './claims.mjs';

const SCRIPT = fileURLToPath(new URL('../workloads/heap.py', import.meta.url));
const PYTHON = '/usr/bin/python3';

const ROWS = [
  { id: 'small objects', works: ['small 300000'], part: 'ci' },
  { id: 'large objects', works: ['strings 200', 'arrays 100', 'dicts 2000', 'lists 23'] },
  { id: 'native memory', works: ['native 3001', 'blocks 103'] },
  { id: 'collections', works: ['collect 23'], part: 'ci' },
  { id: 'threads', works: ['threads 50000'] },
  { id: 'forked workers', works: ['fork 5'] },
  { id: "malloc instead of Python's allocator", works: ['small 100000'], env: { PYTHONMALLOC: 'malloc' } },
  // Nothing of it is counted: it is met by a look at all that live.
  {
    id: 'under another name',
    works: ['small 300000', 'native 3001'],
    renamed: 'uwsgi',
    lasts: 4,
    part: 'ci',
  },
  // Met by another probe.
  {
    id: 'under another name, all probes',
    works: ['small 300000'],
    renamed: 'uwsgi',
    lasts: 4,
    probes: 'all',
  },
  { id: 'under another name, and over at once', works: ['small 1000'], renamed: 'uwsgi' },
  { id: 'short strings in bpftrace', works: ['small 100000'], tool: { BPFTRACE_STRLEN: '6' } },
];

const isThere = () => {
  if (!existsSync(PYTHON)) throw new NotHere(`needs ${PYTHON}`);
};

const prepare = (row) => (stage) => {
  isThere();
  if (row.renamed === undefined) return { interpreter: PYTHON };
  const interpreter = join(stage.root, row.renamed);
  copyFileSync(PYTHON, interpreter);
  return { interpreter };
};

const work =
  (row) =>
  async (stage, { interpreter }) => {
    const stranger = await stage.beside([[stage.programs.files, stage.root, 'until', '0']]);
    const claims = [];
    for (const text of row.works) {
      const [mode, count] = text.split(' ');
      const notes = join(stage.root, 'calls');
      const watched = mode === 'threads' || mode === 'fork' ? [] : underStrace(notes);
      const options = { through: watched, env: { HOME: '/', LASTS: `${row.lasts ?? 0}`, ...row.env } };
      const account = await stage.start([interpreter, SCRIPT, mode, count], options).ended;
      claims.push(...accountClaims(text, account, row.env !== undefined));
      if (watched.length > 0) claims.push(...heapClaims(text, account, heapOf(notes, arenaBytes(account))));
    }
    const [other] = await stranger.stop();
    return (summary) => [
      ...claims.flatMap((claim) => (typeof claim === 'function' ? claim(summary) : [claim])),
      ...none('no Python', other),
    ];
  };

const arenaBytes = ({ version }) => (Number(version.split('.')[1]) >= 10 ? 2 ** 20 : 2 ** 18);

const accountClaims = (name, account, hasNoArenas) => {
  const who = process(name, account);
  const [gc0, gc1, gc2] = account.gc;
  return [
    ...(hasNoArenas ? [] : arenaClaims(who, account)),
    exactly('python.gc0', who, gc0, 'gc.get_stats'),
    exactly('python.gc1', who, gc1, 'gc.get_stats'),
    exactly('python.gc2', who, gc2, 'gc.get_stats'),
    ...(account.gc_ns === 0 ? [] : [timeWithin('python.gc_ns', who, account.gc_ns, gc0 + gc1 + gc2)]),
    ...account.children.flatMap((child, index) =>
      arenaClaims(process(`${name}, child ${index + 1}`, child), child),
    ),
  ];
};

const arenaClaims = (who, account) =>
  ['arenas', 'arenas_freed'].map((metric) =>
    exactly(`python.${metric}`, who, account[metric], 'sys._debugmallocstats'),
  );

const heapClaims = (name, account, heap) => [
  ...['arena_bytes', 'heap_grown', 'heap_freed', 'memory_calls'].map((metric) =>
    exactly(`python.${metric}`, process(name, account), heap[metric], 'strace'),
  ),
  (summary) => codeClaims(name, account, heap, summary),
];

/** Bytes with a mapping of their own that a work is known to ask for, and whose code asks. */
const ASKED = { 'arrays 100': ['own', 100 * 300_000], 'blocks 103': ['native', 103 * 300_000] };

/** Only the variants that report whose code asked for heap. */
const codeClaims = (name, account, heap, summary) => {
  if (!summary.metrics.some(({ id }) => id === 'python.own_mapped')) return [];
  const who = process(name, account);
  const [whose, bytes] = ASKED[name] ?? [null, 0];
  const least = (code) => (code === whose ? bytes : 0);
  const most = (code) => (whose === null || code === whose ? heap.heap_grown : heap.heap_grown - bytes);
  return [
    between('python.own_mapped', who, least('own'), most('own'), 'what was asked for, and strace'),
    between('python.native_mapped', who, least('native'), most('native'), 'what was asked for, and strace'),
    between('python.own_unmapped', who, 0, heap.heap_freed, 'strace'),
    between('python.native_unmapped', who, 0, heap.heap_freed, 'strace'),
  ];
};

const METRICS = ['arenas', 'arenas_freed', 'arena_bytes', 'heap_grown', 'heap_freed', 'memory_calls', 'gc0'];
const none = (name, account) =>
  METRICS.map((metric) => exactly(`python.${metric}`, process(name, account), 0, 'it is none'));

/** All of them there at once, each with a line of its own. */
const SLEEPERS = `
for i in $(seq 300); do sleep 6 & echo '{"child":true,"pid":'$!'}'; done
echo '{"pid":'$$'}'
wait`;

/** Many processes that are no Python, more than the kernel's maps take, and one that is. */
const crowd = {
  id: 'python a crowd of others',
  probes: 'python',
  budgets: ['off'],
  alone: true,
  args: ['--map-keys', '128'],
  prepare: isThere,
  work: async (stage) => {
    const sleepers = stage.start(['sh', '-c', SLEEPERS]);
    await stage.sleep(2_000);
    const real = await stage.start([PYTHON, SCRIPT, 'small', '300000'], { env: { HOME: '/' } }).ended;
    const others = await sleepers.ended;
    const all = { name: '300 others', who: { pids: others.children.map(({ pid }) => pid) } };
    return [
      ...METRICS.map((metric) => exactly(`python.${metric}`, all, 0, 'they are none')),
      ...accountClaims('the interpreter', real, false),
    ];
  },
};

export const python = [
  ...ROWS.map((row) => ({
    id: `python ${row.id}`,
    probes: row.probes ?? 'python',
    part: row.part,
    budgets: ['off'],
    env: row.tool,
    prepare: prepare(row),
    work: work(row),
  })),
  crowd,
];
