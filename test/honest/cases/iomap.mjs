// Searches for holes and data. Each searcher knows how often it searched and how long that took; how many steps the
// kernel went for it says perf, by the kernel's own event of a step, of that process alone.
import { join } from 'node:path';
import { program32 } from '../actors.mjs';
import { ext4, fragmentExt4, smallExt4 } from '../fs/ext4.mjs';
import { btrfs, erofs, overlay, tmpfs } from '../fs/others.mjs';
import { SHAPES } from '../fs/shapes.mjs';
import { fragmentXfs, xfs } from '../fs/xfs.mjs';
import { must } from '../here.mjs';
import { exactly, family, process, timeWithin } from './claims.mjs';
import { ROWS } from './iomap-rows.mjs';

/** A step of a search; those of reads and writes have no REPORT flag. */
const STEPS = { steps: { event: 'iomap:iomap_iter', filter: 'flags & 4' } };

/** Where the file is made (`home`), where it is searched (`dir`), and how a file of many extents is made there. */
const PLACES = {
  xfs: (root) => ({ ...both(xfs(root)), fragment: fragmentXfs }),
  ext4: (root) => ({ ...both(smallExt4(root)), fragment: fragmentExt4 }),
  'ext4-roomy': (root) => both(ext4(root)),
  btrfs: (root) => both(btrfs(root)),
  tmpfs: (root) => both(tmpfs(root)),
  'overlay on xfs': (root) => layered(overlay(xfs(root)), fragmentXfs),
  'overlay on ext4': (root) => layered(overlay(ext4(root))),
  erofs: (root, make) => {
    const home = join(root, 'made');
    must('mkdir', '-p', home);
    make(home);
    return { home, dir: erofs(root, home), made: true };
  },
};
const both = (dir) => ({ home: dir, dir });
const layered = ({ lower, dir }, fragment) => ({ home: lower, dir, fragment });

/** What goes on beside the search; `command` is of a process whose searches are counted too. */
const BESIDE = {
  searcher: { command: ({ programs, own }) => [programs.seek, own, 'hole', 'until', '1000000000'] },
  elsewhere: { command: ({ programs, far }) => [programs.seek, far, 'hole', 'until', '1000000000'] },
  lower: { command: ({ programs, below }) => [programs.seek, below, 'hole', 'until', '1000000000'] },
  lister: { command: ({ programs, file }) => [programs.lay, file, 'list', '1'] },
  rewriter: { command: ({ programs, below }) => [programs.lay, below, 'rewrite', '1000'] },
  grower: { command: ({ programs, below }) => [programs.lay, below, 'grow', '64'] },
  flusher: { command: ({ programs, home }) => [programs.lay, join(home, 'flushed'), 'flush', '64'] },
  // While a map is read the kernel skips programs on that CPU, also those of whoever preempts the reader.
  tracer: {
    shell: () =>
      "exec bpftrace -q -e 'tracepoint:raw_syscalls:sys_enter { @[nsecs % 4096] = count(); } interval:ms:10 { print(@); }' >/dev/null",
  },
  remounter: { shell: ({ home }) => `while :; do mount -o remount ${home}; sleep 0.1; done` },
  clearer: {
    shell: ({ home }) =>
      `d=$(basename $(findmnt -no SOURCE ${home})); while :; do echo 1 > /sys/fs/xfs/$d/stats/stats_clear; sleep 0.1; done`,
  },
};

const prepare = (row) => (stage) => {
  const { root, programs } = stage;
  const lay = (file, what, count) => must(programs.lay, file, what, String(count));
  const copy = (from, to) => must('cp', '--reflink=always', from, to);
  const shape = (home, fragment, name = 'file') => {
    SHAPES[row.shape]({
      lay,
      copy,
      fragment: fragment ?? ((file, count) => lay(file, 'whole', count)),
      file: join(home, name),
    });
    return join(home, name);
  };
  const place = PLACES[row.fs](root, (home) => shape(home));
  if (place.made !== true) shape(place.home, place.fragment);
  const has = (name) => row.beside.includes(name);
  const own = has('searcher') ? shapeBeside(lay, place) : null;
  const far = has('elsewhere') ? farFile(root, lay) : null;
  return { ...place, programs, own, far, below: join(place.home, 'file'), file: join(place.dir, 'file') };
};

const shapeBeside = (lay, { home, dir }) => {
  lay(join(home, 'other'), 'whole', 16);
  return join(dir, 'other');
};

const farFile = (root, lay) => {
  const file = join(xfs(root, 'elsewhere'), 'file');
  lay(file, 'sparse', 100);
  return file;
};

const commandOf =
  (row) =>
  ({ programs }, { file }) =>
    row.how === 'narrow'
      ? [program32(programs), file, 'seek', String(row.times)]
      : [programs.seek, file, row.whence, row.how, String(row.times)];

const work = (row) => async (stage, context) => {
  const beside = row.beside.map((name) => BESIDE[name]);
  const commands = beside
    .filter(({ command }) => command !== undefined)
    .map(({ command }) => command(context));
  const strangers = await stage.beside(commands, { events: STEPS });
  const disturbing = beside
    .filter(({ shell }) => shell !== undefined)
    .map(({ shell }) => stage.disturb(shell(context)));
  if (disturbing.length > 0) await stage.sleep(300);
  const main = await stage.start(commandOf(row)(stage, context), { events: STEPS, through: row.through })
    .ended;
  const others = await strangers.stop();
  for (const { stop } of disturbing) stop();
  const names = row.beside.filter((name) => BESIDE[name].command !== undefined);
  return [...claimsOf(row.how, main), ...others.flatMap((account, index) => claimsOf(names[index], account))];
};

const claimsOf = (name, account) => {
  const { children, witness, seek_hole, seek_data, seek_ns, seek_max_ns } = account;
  const who = children.length > 0 ? family(name, account) : process(name, account);
  const sum = (metric) => children.reduce((total, child) => total + child[metric], account[metric]);
  const counts = [
    exactly('iomap.seek_hole', who, sum('seek_hole'), 'its own account'),
    exactly('iomap.seek_data', who, sum('seek_data'), 'its own account'),
    ...(witness.steps === undefined ? [] : [exactly('iomap.iter', who, witness.steps, 'perf: iomap_iter')]),
  ];
  if (children.length > 0 || seek_ns === undefined) return counts;
  const calls = seek_hole + seek_data;
  return [
    ...counts,
    timeWithin('iomap.seek_ns', who, seek_ns, calls),
    timeWithin('iomap.seek_max_ns', who, seek_max_ns, calls),
  ];
};

export const iomap = ROWS.map((row) => ({
  id: `iomap ${row.id}`,
  probes: 'iomap',
  part: row.part,
  budgets: row.storm ? ['off', 'default'] : ['off'],
  prepare: prepare(row),
  work: work(row),
  ...(row.storm ? { storm: { by: 'seek_ns', command: commandOf(row) } } : {}),
}));
