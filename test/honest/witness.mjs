// Witnesses beside the processes' own accounts: kernel events counted by perf of one process alone, and the kernel's
// totals in /proc.
import { textOf } from './here.mjs';

const EVENT = 'filemap:mm_filemap_add_to_page_cache';
const ORDERS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
const hasOrder = ['/sys/kernel/tracing', '/sys/kernel/debug/tracing'].some((root) =>
  textOf(`${root}/events/${EVENT.replace(':', '/')}/format`).includes('order'),
);

/** Folios that entered the page cache, an event for each order; on old kernels each is a page. */
export const ADDED = hasOrder
  ? Object.fromEntries(
      ORDERS.map((order) => [`order${order}`, { event: EVENT, filter: `order == ${order}` }]),
    )
  : { order0: { event: EVENT } };

/** The pages of those folios; null without perf. */
export const addedPages = (witness) =>
  witness.order0 === undefined
    ? null
    : ORDERS.reduce((sum, order) => sum + (witness[`order${order}`] ?? 0) * 2 ** order, 0);
