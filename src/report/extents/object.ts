/** The extents of files as one JSON object. */
import type { ExtentsReport } from '../../extents/report.ts';

export const extentsObject = ({ atMs, files, leftOut, notes }: ExtentsReport): object => ({
  format: 'stallscope-extents',
  version: 1,
  at: new Date(atMs).toISOString(),
  files: files.map(({ identity: _identity, atMs: countedMs, ...file }) => ({
    ...file,
    at: new Date(countedMs).toISOString(),
  })),
  leftOut,
  notes,
});
