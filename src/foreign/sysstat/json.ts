/** JSON that nobody has checked yet. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export const at = (value: Json, key: string): Json =>
  value !== null && typeof value === 'object' ? ((value as Record<string, Json>)[key] ?? null) : null;
