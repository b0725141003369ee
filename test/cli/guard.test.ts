/** What the command line of a guard refuses, each with one error, before anything is traced. */
import { expect, it } from 'vitest';
import { runHere } from '../helpers/command.ts';

it.each([
  [[], 'needs something to do'],
  [['--action', 'reboot'], 'There is no action "reboot"'],
  [['--action', 'signal:USR1'], 'There is no action "signal:USR1"'],
  [['--action', 'run', '--on', 'seek-hole-storm'], 'give one'],
  [['--action', 'drop-slab', '--', 'true'], 'leave the command out'],
  [['--action', 'run', '--', 'true'], 'say which, --on'],
  [['--action', 'signal:STOP'], 'say which, --on'],
  [['--action', 'drop-cache', '--on', 'page-cache-thrash'], 'is not known to help page-cache-thrash'],
  [['--action', 'signal:TERM', '--on', 'xfs-alloc-deadlock'], 'is not known to help xfs-alloc-deadlock'],
  [['--action', 'drop-slab', '--on', 'xfs'], 'There is no finding "xfs"'],
  [['--action', 'drop-slab', '--action', 'signal:STOP'], 'There is no finding that'],
  [['--action', 'run', '--on', 'native-leak', '--', 'true'], 'or nothing shows whether it did'],
  [['--action', 'drop-slab', '--min-confidence', '0'], 'above 0, at most 1'],
  [['--action', 'drop-slab', '--min-confidence', '80%'], 'above 0, at most 1'],
  [['--action', 'drop-slab', '--cooldown', '1s'], 'the minimum is 30000 ms'],
  [['--action', 'drop-slab', '--max-per-hour', '61'], 'from 1 to 60'],
  [['--action', 'drop-slab', '--keep', '1h'], 'bound a recording'],
  [['--action', 'signal:STOP', '--on', 'seek-hole-storm', '--log'], 'accuses nobody'],
  [['--action', 'drop-slab', '--log', '--comm', 'x'], 'leave out --comm'],
])('%j: %s', async (args, why) => {
  const { exitCode, stderr, stdout } = await runHere('guard', ...args);
  expect(exitCode).toBe(2);
  expect(stdout).toBe('');
  expect(stderr).toContain(why);
  expect(stderr.trimEnd().split('\n')).toHaveLength(2);
});
