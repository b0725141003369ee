// The cases of searches: file system, shape of the file, how it is searched, what goes on beside.

const row = (id, fs, shape, how, beside = [], more = {}) => ({
  id,
  fs,
  shape,
  how,
  beside,
  whence: 'hole',
  times: 200,
  ...more,
});
const CI = { part: 'ci' };
/** With our /proc still mounted: a process reads there which number it has outside. */
const NAMESPACE = { through: ['unshare', '--pid', '--fork'] };

export const ROWS = [
  row('xfs, alone', 'xfs', 'plain', 'each'),
  row('xfs, others on this mount and another', 'xfs', 'plain', 'each', ['searcher', 'elsewhere'], CI),
  row('xfs, appended by itself', 'xfs', 'plain', 'append'),
  row('xfs, appended by another', 'xfs', 'plain', 'each', ['grower'], { times: 4_000, ...CI }),
  row('xfs, delayed allocation', 'xfs', 'delayed', 'each', [], CI),
  row('xfs, preallocated beyond the end', 'xfs', 'beyond', 'each', [], CI),
  row('xfs, sparse, from change to change', 'xfs', 'sparse', 'walk', ['searcher'], { times: 5 }),
  row('xfs, unwritten, from change to change', 'xfs', 'unwritten', 'walk', [], { times: 5 }),
  row('xfs, unwritten, holes', 'xfs', 'unwritten', 'each'),
  row('xfs, SEEK_DATA', 'xfs', 'plain', 'each', ['searcher'], { whence: 'data' }),
  row('xfs, reflinked', 'xfs', 'reflinked', 'each', ['rewriter']),
  row('xfs, to be copied on write', 'xfs', 'copied', 'each'),
  row('xfs, extents listed by another', 'xfs', 'plain', 'each', ['lister'], { times: 2_000 }),
  row('xfs, written back beside', 'xfs', 'plain', 'each', ['flusher'], { times: 2_000 }),
  row('xfs, overwritten by another', 'xfs', 'reflinked', 'each', ['rewriter'], { times: 2_000 }),
  row('xfs, another tracer beside', 'xfs', 'long', 'each', ['tracer', 'searcher'], { times: 1_000 }),
  row('xfs, remounted meanwhile', 'xfs', 'plain', 'each', ['remounter'], { times: 8_000 }),
  row('xfs, statistics cleared meanwhile', 'xfs', 'plain', 'each', ['clearer'], { times: 8_000 }),
  row('xfs, remounted, from change to change', 'xfs', 'sparse', 'walk', ['remounter'], { times: 100 }),
  // Not in CI: it makes lower bounds of the steps of all that are recorded with it.
  row('xfs, cleared, from change to change', 'xfs', 'sparse', 'walk', ['clearer'], { times: 100 }),
  row('xfs, four threads', 'xfs', 'plain', 'threads', ['elsewhere']),
  row('xfs, exec in between', 'xfs', 'plain', 'exec', ['searcher']),
  row('xfs, short-lived children', 'xfs', 'plain', 'children', ['searcher'], { times: 100, ...CI }),
  row('xfs, inside a PID namespace', 'xfs', 'plain', 'each', ['searcher'], NAMESPACE),
  row('xfs, rubbish in upper halves', 'xfs', 'plain', 'garbage', [], CI),
  row('xfs, a 32-bit caller', 'xfs', 'plain', 'narrow'),
  row('xfs, a storm', 'xfs', 'long', 'each', [], { times: 500, storm: true }),
  row(
    'xfs, everything beside',
    'xfs',
    'plain',
    'each',
    ['searcher', 'elsewhere', 'lister', 'flusher', 'grower'],
    {
      times: 2_000,
    },
  ),
  row('ext4, alone', 'ext4', 'plain', 'each', [], CI),
  row('ext4, others beside', 'ext4', 'plain', 'each', ['searcher', 'elsewhere', 'lister']),
  row('ext4, delayed allocation', 'ext4', 'delayed', 'each'),
  row('ext4, preallocated beyond the end', 'ext4', 'beyond', 'each'),
  row('ext4, sparse, from change to change', 'ext4-roomy', 'sparse', 'walk', [], { times: 5 }),
  row('ext4, unwritten, from change to change', 'ext4-roomy', 'unwritten', 'walk', ['flusher'], { times: 5 }),
  row('ext4, a storm', 'ext4', 'plain', 'each', [], { times: 10_000, storm: true }),
  row('overlayfs on xfs', 'overlay on xfs', 'plain', 'each', [], CI),
  row('overlayfs on xfs, another on the lower one', 'overlay on xfs', 'plain', 'each', ['lower']),
  row('overlayfs on ext4', 'overlay on ext4', 'sparse', 'walk', [], { times: 5 }),
  row('erofs', 'erofs', 'sparse', 'walk', ['elsewhere'], { times: 5 }),
  row('btrfs', 'btrfs', 'sparse', 'walk', ['elsewhere'], { times: 5 }),
  row('tmpfs', 'tmpfs', 'sparse', 'walk', ['searcher'], { times: 5, ...CI }),
];
