// A witness by another mechanism than ours: strace writes down every call of a process that changes its memory, with its
// arguments and its result; what the process holds after each is worked out from them, page by page.
import { readFileSync } from 'node:fs';

const PAGE = 4096;
const CALLS = ['mmap', 'munmap', 'brk', 'mremap', 'mprotect'];

/** The words that run a command under it; `-D`: the command stays the child of whoever starts it. */
export const underStrace = (notes) => [
  'strace',
  '-o',
  notes,
  '-e',
  `trace=${CALLS.join(',')}`,
  '-e',
  'signal=none',
];

const LINE = /^(\w+)\((.*)\)\s+= (0x[\da-f]+|\d+)/;

/**
 * @param arenaBytes the size that makes an anonymous mapping an arena; 0 for none
 * @returns what the metrics of Python mean, of the process in those notes, from its last exec on
 */
export const heapOf = (notes, arenaBytes) => {
  const account = {
    arenas: 0,
    arenas_freed: 0,
    arena_bytes: 0,
    heap_grown: 0,
    heap_freed: 0,
    memory_calls: 0,
  };
  const held = createPages();
  let end = 0;
  for (const line of readFileSync(notes, 'utf8').split('\n')) {
    const [, call, text, resultText] = LINE.exec(line) ?? [];
    if (call === undefined) continue;
    const args = text.split(', ');
    const result = Number(resultText);
    const before = held.size();
    if (call === 'mmap') {
      const isOurs = args[2].includes('PROT_WRITE') && args[3].includes('MAP_PRIVATE');
      held.put(result, size(args[1]), { isData: isOurs, isPrivate: args[3].includes('MAP_PRIVATE') });
      if (!isOurs || !args[3].includes('MAP_ANONYMOUS') || args[3].includes('MAP_FIXED')) continue;
      account.memory_calls += 1;
      if (size(args[1]) === arenaBytes) {
        account.arenas += 1;
        account.arena_bytes += arenaBytes;
      } else account.heap_grown += pages(size(args[1])) * PAGE;
      continue;
    }
    if (call === 'munmap') held.remove(Number(args[0]), size(args[1]));
    if (call === 'brk') {
      if (end !== 0 && result > end) held.put(end, result - end, { isData: true, isPrivate: true });
      if (end !== 0 && result < end) held.remove(result, end - result);
      end = result;
    }
    if (call === 'mprotect') {
      held.change(Number(args[0]), size(args[1]), args[2].includes('PROT_WRITE'));
      if (!args[2].includes('PROT_WRITE')) continue;
    }
    if (call === 'mremap') held.move(Number(args[0]), size(args[1]), result, size(args[2]));
    const grown = held.size() - before;
    if (grown === 0) continue;
    account.memory_calls += 1;
    if (call === 'munmap' && size(args[1]) === arenaBytes) account.arenas_freed += 1;
    else if (grown > 0) account.heap_grown += grown * PAGE;
    else account.heap_freed -= grown * PAGE;
  }
  return account;
};

const size = (text) => Number(text);
const pages = (bytes) => Math.ceil(bytes / PAGE);

/** The pages of a process: of each whether it is private, and whether it is its data (private and writable). */
const createPages = () => {
  const all = new Map();
  let data = 0;
  const take = (page) => {
    if (all.get(page)?.isData) data -= 1;
    all.delete(page);
  };
  const set = (page, what) => {
    take(page);
    all.set(page, what);
    if (what.isData) data += 1;
  };
  const each = (at, bytes, body) => {
    for (let page = Math.floor(at / PAGE); page < Math.ceil((at + bytes) / PAGE); page += 1) body(page);
  };
  return {
    size: () => data,
    put: (at, bytes, what) => each(at, bytes, (page) => set(page, what)),
    remove: (at, bytes) => each(at, bytes, take),
    change: (at, bytes, isWritable) =>
      each(at, bytes, (page) => {
        const was = all.get(page);
        if (was !== undefined) set(page, { ...was, isData: was.isPrivate && isWritable });
      }),
    move: (from, bytes, to, newBytes) => {
      const what = all.get(Math.floor(from / PAGE));
      each(from, bytes, take);
      if (what !== undefined) each(to, newBytes, (page) => set(page, what));
    },
  };
};
