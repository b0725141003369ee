/** A line that its schema does not take: of a type nobody here knows, or of a known type and wrong. */
import type { z } from 'zod';

export type Misfit =
  | { readonly kind: 'unknown'; readonly type: string }
  | { readonly kind: 'rejected'; readonly reason: string };

const MAX_TYPE_CHARS = 40;

export const misfitOf = (value: unknown, error: z.ZodError, knownTypes: ReadonlySet<string>): Misfit => {
  const type = typeof value === 'object' && value !== null ? (value as { type?: unknown }).type : undefined;
  return typeof type === 'string' && !knownTypes.has(type)
    ? { kind: 'unknown', type: type.slice(0, MAX_TYPE_CHARS) }
    : { kind: 'rejected', reason: reasonOf(error) };
};

/** The first thing that is wrong, with its place in the line. */
export const reasonOf = (error: z.ZodError): string => {
  const issue = error.issues[0];
  return `${issue?.path.join('.') || 'line'}: ${issue?.message ?? 'not understood'}`;
};
