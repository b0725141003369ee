/** A line of `atop -J`, which is one sample, as the lines of its parseable text that say the same. */
import type { AtopLine, Fields } from './fields.ts';
import { HOST_FIELDS, PROCESS_FIELDS } from './fields.ts';

type Entry = Readonly<Record<string, unknown>>;

/** null when it is none. */
export const samplesOf = (text: string): readonly AtopLine[] | null => {
  const sample = parsed(text);
  const [host, epochS, spanS] = [sample?.host, sample?.timestamp, sample?.elapsed];
  if (sample === null || typeof host !== 'string' || typeof epochS !== 'number' || typeof spanS !== 'number')
    return null;
  if (!(epochS > 0 && epochS < 1e10)) return null;
  const common = { host, epochS, spanS };
  return [
    ...Object.keys(HOST_FIELDS).flatMap((label) =>
      entriesOf(sample[label]).map((entry) => ({ ...common, label, fields: fieldsOf(entry), process: null })),
    ),
    ...processesOf(sample).map(({ label, entry, ...who }) => ({
      ...common,
      label,
      fields: fieldsOf(entry),
      process: who,
    })),
  ];
};

/** Only PRG has names, in parentheses. */
const processesOf = (sample: Entry) => {
  const names = new Map<unknown, { readonly name: string; readonly state: string }>();
  for (const { pid, name, state } of entriesOf(sample.PRG))
    names.set(pid, { name: String(name).replace(/^\((.*)\)$/s, '$1'), state: String(state) });
  return Object.keys(PROCESS_FIELDS).flatMap((label) =>
    entriesOf(sample[label]).flatMap((entry) => {
      const pid = Number(entry.pid);
      const known = names.get(entry.pid);
      return Number.isInteger(pid)
        ? [{ label, entry, pid, name: known?.name ?? '', state: known?.state ?? '' }]
        : [];
    }),
  );
};

const entriesOf = (value: unknown): Entry[] =>
  (Array.isArray(value) ? value : [value]).filter(
    (one): one is Entry => one !== null && typeof one === 'object' && !Array.isArray(one),
  );

const fieldsOf = (entry: Entry): Fields =>
  Object.fromEntries(
    Object.entries(entry).flatMap(([key, value]) =>
      typeof value === 'number' || typeof value === 'string' ? [[key, String(value)]] : [],
    ),
  );

const parsed = (text: string): Entry | null => {
  try {
    const value: unknown = JSON.parse(text);
    return value !== null && typeof value === 'object' ? (value as Entry) : null;
  } catch {
    return null;
  }
};
