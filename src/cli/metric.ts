/** A metric named on the command line. */
import { failure, suggestion } from '../errors.ts';

/** `name` itself when it is one of `known`; throws E_UNKNOWN_METRIC with the nearest otherwise. */
export const checkMetric = (name: string | null, known: readonly string[]): string | undefined => {
  if (name === null) return undefined;
  if (known.includes(name)) return name;
  throw failure('E_UNKNOWN_METRIC', { name, nearest: suggestion(known, name) });
};

/** What a table of processes can be ordered by besides its metrics. */
export const IDENTITY_COLUMNS: readonly string[] = ['pid', 'comm'];
