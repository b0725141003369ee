/** Numbers that become text of a script: what a user chose reaches it as checked integers, and in no other way. */
import { failure } from '../errors.ts';
import type { AssembleRequest } from './types.ts';

const MAX_PID = 4_194_304;
const MAX_INTERVAL_MS = 86_400_000;
const MAX_MAP_KEYS = 16_777_216;

/** @throws E_NUMBER */
export const checkNumbers = ({
  filter,
  intervalMs,
  mapKeys,
  seeds = [],
}: Pick<AssembleRequest, 'filter' | 'intervalMs' | 'mapKeys' | 'seeds'>): void => {
  for (const { key, value } of seeds) for (const number of [key, value]) checkSeed(number);
  checkInteger('the interval in ms', intervalMs, 1, MAX_INTERVAL_MS);
  checkInteger('the capacity of a map', mapKeys, 4, MAX_MAP_KEYS);
  if (filter.kind === 'tree') checkInteger('a process', filter.rootPid, 1, MAX_PID);
  if (filter.kind !== 'pids') return;
  checkInteger('the number of processes', filter.pids.length, 1, 1_000);
  for (const pid of filter.pids) checkInteger('a process', pid, 0, MAX_PID);
};

const MAX_SEED = 2n ** 63n;

/** bpftrace reads literals as signed. */
const checkSeed = (number: unknown): void => {
  if (typeof number === 'bigint' && number >= 0n && number < MAX_SEED) return;
  const next = 'Report it: a script was to be given something that is not a number';
  throw failure('E_NUMBER', { value: String(number), option: 'a seed', why: 'it is out of range', next });
};

/** Takes unknown: types do not hold what comes from a command line. */
const checkInteger = (option: string, value: unknown, least: number, most: number): void => {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most) return;
  const next = `Give a whole number from ${least} to ${most}`;
  throw failure('E_NUMBER', { value: String(value), option, why: 'it is not a whole number in range', next });
};
