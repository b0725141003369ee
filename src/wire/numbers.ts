/**
 * Tables of numbers, which are nearly all that a recording holds. zod would look at every number by itself and take
 * longer than JSON.parse takes for the line; a loop over them takes a tenth of it. Their JSON Schema is stated by hand.
 */
import { z } from 'zod';
import type { CounterEntry } from '../core/record.ts';
import { LARGEST, METRIC_ID } from './fields.ts';

const MAX_ENTRIES = 200_000;
const LEAST_PARTS = 2;
const MOST_PARTS = 8;
const MAX_METRICS = 8_192;

/** Metric id to entries such as `[pid, ...dims, value]`. */
export const counterTable = (description: string) =>
  z.custom<Readonly<Record<string, readonly CounterEntry[]>>>(isCounterTable).meta({
    description,
    type: 'object',
    propertyNames: { type: 'string', pattern: METRIC_ID.source },
    additionalProperties: {
      type: 'array',
      maxItems: MAX_ENTRIES,
      items: { type: 'array', minItems: LEAST_PARTS, maxItems: MOST_PARTS, items: { type: 'number' } },
    },
  });

/** Metric id to one number. */
export const numberTable = (description: string) =>
  z.custom<Readonly<Record<string, number>>>(isNumberTable).meta({
    description,
    type: 'object',
    propertyNames: { type: 'string', pattern: METRIC_ID.source },
    additionalProperties: { type: 'number' },
  });

const isTable = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const hasMetricKeys = (keys: readonly string[]): boolean =>
  keys.length <= MAX_METRICS && keys.every((key) => METRIC_ID.test(key));

const isCounterTable = (value: unknown): boolean => {
  if (!isTable(value)) return false;
  return hasMetricKeys(Object.keys(value)) && Object.values(value).every(isEntries);
};

const isEntries = (entries: unknown): boolean =>
  Array.isArray(entries) && entries.length <= MAX_ENTRIES && entries.every(isEntry);

const isEntry = (entry: unknown): boolean => {
  if (!Array.isArray(entry) || entry.length < LEAST_PARTS || entry.length > MOST_PARTS) return false;
  for (const part of entry) if (typeof part !== 'number' || !(Math.abs(part) <= LARGEST)) return false;
  return true;
};

const isNumberTable = (value: unknown): boolean =>
  isTable(value) &&
  hasMetricKeys(Object.keys(value)) &&
  Object.values(value).every((one) => typeof one === 'number' && Math.abs(one) <= LARGEST);
