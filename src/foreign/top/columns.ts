/** What the columns of top's table mean: those that are imported, and in what they are. Others are passed over. */

import type { PointKind } from '../columns.ts';
import { own } from '../own.ts';

type TopColumn = {
  readonly metric: string;
  readonly kind: PointKind;
  readonly valueOf: (cell: string) => number | null;
  /** Of what its processes share, each thread would have all. */
  readonly ofThreads?: string;
};

const KIB_OF: Readonly<Record<string, number>> = {
  '': 1,
  k: 1,
  m: 2 ** 10,
  g: 2 ** 20,
  t: 2 ** 30,
  p: 2 ** 40,
};
const AMOUNT = /^(\d+(?:[.,]\d+)?)([kmgtp]?)i?b?$/i;

/** `12345`, `1.2g`, `1,2g`: KiB unless it says otherwise. */
const bytesOf = (cell: string): number | null => {
  const [, number, unit = ''] = AMOUNT.exec(cell) ?? [];
  if (number === undefined) return null;
  return Math.round(Number(number.replace(',', '.')) * (KIB_OF[unit.toLowerCase()] ?? 1) * 1024);
};

/** Whether an amount was made readable, and so rounded. */
export const isRounded = (cell: string): boolean => /^\d+[.,]\d+[mgtp]$/i.test(cell);

const PLAIN = /^\d+(?:[.,]\d+)?$/;

const plainOf = (cell: string): number | null => (PLAIN.test(cell) ? Number(cell.replace(',', '.')) : null);

/** `MMM:SS.hh`, and `MMM:SS` or `HHH,MM` or `12345h` where there is no room: only what has seconds is taken. */
const cpuMsOf = (cell: string): number | null => {
  const [, minutes, seconds, hundredths = '0'] = /^(\d+):(\d\d)(?:[.,](\d\d))?$/.exec(cell) ?? [];
  if (minutes === undefined) return null;
  return (Number(minutes) * 60 + Number(seconds)) * 1000 + Number(hundredths) * 10;
};

const SHARE = { kind: 'gauge', valueOf: plainOf } as const;
const AMOUNT_HELD = { kind: 'gauge', valueOf: bytesOf } as const;
const COUNT = { kind: 'total', valueOf: plainOf } as const;

const CPU_TIME: TopColumn = {
  metric: 'proc.cpu_ms',
  kind: 'total',
  valueOf: cpuMsOf,
  ofThreads: 'thread.cpu_ms',
};

const RESIDENT: TopColumn = { metric: 'proc.rss_bytes', ...AMOUNT_HELD };

const COLUMNS: Readonly<Record<string, TopColumn>> = {
  '%CPU': { metric: 'top.cpu-percent', ...SHARE, ofThreads: 'thread.cpu-percent' },
  RES: RESIDENT,
  REZ: RESIDENT,
  VIRT: { metric: 'top.virtual_bytes', ...AMOUNT_HELD },
  SHR: { metric: 'top.shared_bytes', ...AMOUNT_HELD },
  SWAP: { metric: 'top.swapped_bytes', ...AMOUNT_HELD },
  DATA: { metric: 'top.data_bytes', ...AMOUNT_HELD },
  'TIME+': CPU_TIME,
  TIME: CPU_TIME,
  nMaj: { metric: 'proc.major_faults', ...COUNT },
  nMin: { metric: 'proc.minor_faults', ...COUNT },
  nFLT: { metric: 'proc.major_faults', ...COUNT },
  nTH: { metric: 'top.threads', ...SHARE },
};

/** Shares are of the time since the frame before: of the first frame nobody knows of which. */
export const isOfInterval = (column: string): boolean => column === '%CPU';

/** Head lines begin a table. Most names are the same in every locale that top has. */
export const isHead = (words: readonly string[]): boolean =>
  words.includes('PID') && ['%CPU', 'VIRT', 'RES', 'SHR'].some((name) => words.includes(name));

/** Above rows of threads, as its translations have it. */
export const THREADS = /^(?:Threads?|Hilos|Wątki|Fire exec|스레드|Tuyến trình|Потоки|ნაკადები|Trådar) *:/;

const TIME_TRANSLATED = /^\p{Lu}+\+$/u;

/** `ZEIT+` and `TEMPS+` are `TIME+`. */
export const columnNamed = (name: string): TopColumn | undefined =>
  own(COLUMNS, name) ?? (TIME_TRANSLATED.test(name) ? CPU_TIME : undefined);

/** Where names stand: under COMMAND, or what that is called there, which is last. */
export const nameColumn = (words: readonly string[]): number => {
  const known = words.indexOf('COMMAND');
  return known === -1 ? words.length - 1 : known;
};
