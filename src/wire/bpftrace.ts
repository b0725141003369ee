/**
 * Every message bpftrace 0.14 to 0.27 prints with `-f json`, one JSON document a line. Values beyond 2^53 come as
 * raw digits up to 0.23 and as strings from 0.24; a never-hit map is printed as 0, as `{}` or not at all; `count`
 * moved beside `data` in 0.24. A type this table does not know is kept by name, so that it can be counted.
 */
import { z } from 'zod';
import { type Misfit, misfitOf } from './misfit.ts';
import { repairText } from './text.ts';

const integer = z.union([z.number(), z.string().regex(/^-?\d+$/)]);
const text = z.string().transform(repairText);
/** What a map holds is looked at where it is read (`entriesOf`): thousands of keys a second are not gone through twice. */
const maps = z.record(z.string(), z.unknown());
const bucket = z.object({ min: integer.optional(), max: integer.optional(), count: integer });
const histogram = z.array(bucket);
const stats = z.union([
  integer,
  z.object({ count: integer.optional(), average: integer.optional(), total: integer.optional() }),
]);
const place = { filename: z.string().optional(), line: z.number().optional(), col: z.number().optional() };

const message = z.discriminatedUnion('type', [
  z.object({ type: z.literal('attached_probes'), data: z.object({ probes: z.number() }) }),
  z.object({ type: z.literal('map'), data: maps }),
  z.object({
    type: z.literal('hist'),
    data: z.record(z.string(), z.union([histogram, z.record(z.string(), histogram)])),
  }),
  z.object({
    type: z.literal('stats'),
    data: z.record(z.string(), z.union([stats, z.record(z.string(), stats)])),
  }),
  z.object({ type: z.literal('tseries'), data: z.unknown() }),
  z.object({ type: z.literal('value'), data: z.unknown() }),
  z.object({ type: z.literal('printf'), data: text }),
  z.object({ type: z.literal('time'), data: text }),
  z.object({ type: z.literal('cat'), data: text }),
  z.object({ type: z.literal('join'), data: text }),
  z.object({ type: z.literal('syscall'), data: text }),
  z.object({ type: z.literal('lost_events'), data: z.object({ events: z.number() }) }),
  z.object({
    type: z.literal('helper_error'),
    helper: z.string(),
    retcode: z.number(),
    msg: text.optional(),
    ...place,
  }),
  z.object({ type: z.literal('runtime_error'), msg: text, ...place }),
  z.object({ type: z.literal('errorf'), msg: text, ...place }),
  z.object({ type: z.literal('warnf'), msg: text, ...place }),
]);

export type TracerMessage = z.infer<typeof message>;

export type Decoded = { readonly kind: 'message'; readonly message: TracerMessage } | Misfit;

const KNOWN: ReadonlySet<string> = new Set(message.options.map((option) => option.shape.type.value));

/** What one parsed line says. Never throws. */
export const decodeMessage = (value: unknown): Decoded => {
  const parsed = message.safeParse(value);
  return parsed.success ? { kind: 'message', message: parsed.data } : misfitOf(value, parsed.error, KNOWN);
};

export type Entries = {
  readonly entries: (readonly number[])[];
  readonly imprecise: boolean;
  readonly odd: number;
};

/** `Number` would take an empty text for 0. */
const integerOf = (digits: string): number => (/^-?\d+$/.test(digits) ? Number(digits) : Number.NaN);

/**
 * The entries of an integer-keyed map, each `[...key, value]`. `keyParts` is how many integers a key has (0 for a
 * scalar). Entries of another shape, and negative
 * counts (0.17 prints 2^64 − 1 as −1), are counted in `odd`; a value that a number cannot hold sets `imprecise`.
 */
export const entriesOf = (value: unknown, keyParts: number): Entries => {
  const entries: number[][] = [];
  let imprecise = false;
  let odd = 0;
  const add = (entry: number[], raw: unknown): void => {
    const number = typeof raw === 'string' ? integerOf(raw) : raw;
    if (typeof number !== 'number' || !(number >= 0) || entry.some(Number.isNaN)) {
      odd += 1;
      return;
    }
    if (!Number.isSafeInteger(number)) imprecise = true;
    entry.push(number);
    entries.push(entry);
  };
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    const map = value as Readonly<Record<string, unknown>>;
    for (const key of Object.keys(map)) {
      // Most keys are a PID alone.
      const entry = keyParts === 1 ? [integerOf(key)] : key.split(',').map(integerOf);
      if (entry.length === keyParts) add(entry, map[key]);
      else odd += 1;
    }
  } else if (keyParts === 0) {
    add([], value);
  } else if (value !== 0) {
    odd += 1;
  }
  return { entries, imprecise, odd };
};
