/** Who sleeps uninterruptibly, of all processes, from their files. */
import { expect, it } from 'vitest';
import { isStuck, readStuck } from '../../src/host/stuck.ts';
import { fakeFiles } from '../helpers/fake-files.ts';

const thread = (pid: number, tid: number, state: string, wchan: string) => ({
  [`/proc/${pid}/task/${tid}/stat`]: `${tid} (a ) D (x) ${state} 1 7 7 0 -1 4194304 ${'0 '.repeat(40)}\n`,
  [`/proc/${pid}/task/${tid}/wchan`]: wchan,
});

const files = fakeFiles({
  ...thread(7, 7, 'S', 'do_epoll_wait'),
  ...thread(7, 8, 'D', 'percpu_rwsem_wait'),
  ...thread(9, 9, 'D', 'folio_wait_bit_common'),
  ...thread(9, 10, 'D', '0'),
});

it('is every thread in state D whose function is known, and whether that waits for block I/O', () => {
  expect(readStuck(files, [7, 9, 11])).toEqual([
    { pid: 7, tid: 8, isForIo: false },
    { pid: 9, tid: 9, isForIo: true },
  ]);
});

it('is asked of one again', () => {
  expect([isStuck(files, 7, 8), isStuck(files, 7, 7), isStuck(files, 11, 11)]).toEqual([true, false, false]);
});
