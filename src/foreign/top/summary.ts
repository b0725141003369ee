/** The lines above top's table, of this and of earlier versions, in any locale: the load, where CPUs spend, memory. */

export type Reading = { readonly metric: string; readonly value: number; readonly isOfInterval?: true };

const number = (text: string): number => Number(text.replace(',', '.'));

/** `top - 22:23:31 up 5 min,  0 user,  load average: 1.48, 0.87, 0.37` */
export const FRAME = /^top - (\d\d):(\d\d):(\d\d)(?: up\b| |$)/;
const LOAD = /(\d+[.,]\d\d), +(\d+[.,]\d\d), +(\d+[.,]\d\d)\s*$/;
const CPUS = /^%?Cpu\(s\) *:/i;
const SHARES = ['us', 'sy', 'ni', 'id', 'wa', 'hi', 'si', 'st'] as const;
/** `48.9 us`, `48.9%us`, `48,9 ut`: what they are called depends on the locale, their order does not. */
const SHARE = /(\d+(?:[.,]\d+)?)\s*%?\s*\p{L}+/gu;
/** `MiB Mem :  24105.6 total,`, `KiB Swap:        0 total,` and, earlier, `Mem:   8178600k total,` */
const MEMORY = /^(?:(?<unit>[KMGTP])iB +\p{L}+|Mem|Swap) *: *(?<rest>\d.*)$/u;
const PART = /(\d+(?:[.,]\d+)?)([kmgt]?)\+?\s+([\p{L}/]+(?: Mem)?)/giu;
const KIB: Readonly<Record<string, number>> = { K: 1, M: 2 ** 10, G: 2 ** 20, T: 2 ** 30, P: 2 ** 40 };

/** What the parts of both lines are: by their English names, in whichever order a version has them. */
const PARTS: readonly Readonly<Record<string, string>>[] = [
  {
    total: 'mem.total',
    free: 'mem.free',
    used: 'top.mem_used_kib',
    buffers: 'mem.buffers',
    'buff/cache': 'top.mem_buff_cache_kib',
  },
  {
    total: 'swap.total',
    free: 'swap.free',
    used: 'swap.used',
    cached: 'mem.cached',
    'cached Mem': 'mem.cached',
    'avail Mem': 'mem.available',
  },
];
/** Their order since buffers and cache are one, in which other locales are read. */
const ORDER: readonly (readonly string[])[] = [
  ['total', 'free', 'used', 'buff/cache'],
  ['total', 'free', 'used', 'avail Mem'],
];

export const ofFirstLine = (line: string): Reading[] => {
  const loads = LOAD.exec(line)?.slice(1) ?? [];
  return ['load.1', 'load.5', 'load.15'].flatMap((metric, index) => {
    const text = loads[index];
    return text === undefined ? [] : [{ metric, value: number(text) }];
  });
};

/** null of a line that says nothing of CPUs. */
export const ofCpus = (line: string): Reading[] | null => {
  if (!CPUS.test(line)) return null;
  const values = [...line.slice(line.indexOf(':') + 1).matchAll(SHARE)].map(([, value = '']) => value);
  return SHARES.flatMap((name, index) => {
    const value = values[index];
    return value === undefined
      ? []
      : [{ metric: `top.cpu.${name}-percent`, value: number(value), isOfInterval: true as const }];
  });
};

/** `which`: 0 the line of memory, 1 the one of swap below it. null of a line that is neither. */
export const ofMemory = (line: string, which: number): Reading[] | null => {
  const { unit = 'K', rest } = MEMORY.exec(line)?.groups ?? {};
  const names = PARTS[which];
  if (rest === undefined || names === undefined) return null;
  const parts = [...rest.matchAll(PART)];
  const isEnglish = parts.every(([, , , name = '']) => names[name] !== undefined);
  // Of other locales only those whose order is known: before, used stood before free.
  if (!isEnglish && which === 0 && !parts.some(([, , , name = '']) => name.includes('/'))) return [];
  return parts.flatMap(([, value = '', suffix = '', name = ''], index) => {
    const metric = names[isEnglish ? name : (ORDER[which]?.[index] ?? '')];
    const kib = KIB[suffix === '' ? unit : suffix.toUpperCase()] ?? 1;
    return metric === undefined ? [] : [{ metric, value: Math.round(number(value) * kib) }];
  });
};
