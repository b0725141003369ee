/** Where the time of a process goes, and what it holds: the columns that every table begins with, in this order. */

export const CPU = 'proc.cpu_ms';
export const RSS = 'proc.rss_bytes';

const TIME_COLUMNS: readonly string[] = [CPU, 'proc.cpu_wait_ns', 'blocked.ns', RSS];

export const isTimeColumn = (metric: string): boolean => TIME_COLUMNS.includes(metric);

/** From 0; after all others for what is none of them. */
export const timeColumnRank = (metric: string): number => {
  const at = TIME_COLUMNS.indexOf(metric);
  return at === -1 ? TIME_COLUMNS.length : at;
};
