/** A moment as part of a file name: `2026-11-21T140230`, in UTC. */
export const stampOf = (realMs: number): string =>
  new Date(Math.round(realMs)).toISOString().slice(0, 19).replaceAll(':', '');
