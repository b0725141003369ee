/** Where the threads of one process wait, from its files. */
import { expect, it } from 'vitest';
import { readWaits } from '../../src/host/wait-channels.ts';
import { fakeFiles } from '../helpers/fake-files.ts';

const thread = (tid: number, state: string, wchan?: string) => ({
  [`/proc/7/task/${tid}/stat`]: `${tid} (a ) D (x) ${state} 1 7 7 0 -1 4194304 ${'0 '.repeat(40)}\n`,
  ...(wchan === undefined ? {} : { [`/proc/7/task/${tid}/wchan`]: wchan }),
});

it('is the kernel function of those in uninterruptible sleep', () => {
  const files = fakeFiles({
    ...thread(7, 'D', 'xlog_grant_head_wait'),
    ...thread(8, 'D', 'xlog_grant_head_wait'),
    ...thread(9, 'D', 'folio_wait_bit_common'),
    ...thread(10, 'S', 'do_epoll_wait'),
  });
  const byChannel = new Map([
    ['xlog_grant_head_wait', 2],
    ['folio_wait_bit_common', 1],
  ]);
  expect(readWaits(files, 7)).toEqual({ threads: 3, byChannel });
});

it('is not known where the kernel hides it, and they wait all the same', () => {
  const files = fakeFiles({ ...thread(7, 'D', '0'), ...thread(8, 'D') });
  expect(readWaits(files, 7)).toEqual({ threads: 2, byChannel: new Map() });
});

it('is nothing of a process that is gone', () => {
  expect(readWaits(fakeFiles(), 7)).toEqual({ threads: 0, byChannel: new Map() });
});
