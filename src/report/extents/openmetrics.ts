/**
 * The extents of files for a scraper: OpenMetrics, which the textfile collector of node_exporter reads too. What could not be
 * counted has no sample; what was counted in part says so (`stallscope_file_extents_whole 0`).
 */
import type { ExtentsReport, FileReport } from '../../extents/report.ts';

type Gauge = {
  readonly name: string;
  readonly help: string;
  readonly of: (file: FileReport) => number | null;
};

const GAUGES: readonly Gauge[] = [
  {
    name: 'stallscope_file_extents',
    help: 'Extents of a file, as its file system lists them.',
    of: ({ extents }) => extents,
  },
  {
    name: 'stallscope_file_extents_whole',
    help: '1 where all of the file was counted; 0 where there are at least so many.',
    of: ({ extents, isLeast }) => (extents === null ? null : isLeast ? 0 : 1),
  },
  { name: 'stallscope_file_size_bytes', help: 'Length of the file.', of: ({ sizeBytes }) => sizeBytes },
  {
    name: 'stallscope_file_extents_kernel_bytes',
    help: 'Kernel memory of its extent list while it is held, estimated.',
    of: ({ kernelBytes }) => kernelBytes,
  },
  {
    name: 'stallscope_file_seek_hole_seconds',
    help: 'One SEEK_HOLE that finds no hole, estimated.',
    of: ({ seekHoleNs }) => (seekHoleNs === null ? null : seekHoleNs / 1e9),
  },
  {
    name: 'stallscope_file_counted_time_seconds',
    help: 'When it was counted, since 1970 UTC.',
    of: ({ atMs }) => atMs / 1000,
  },
];

export const extentsMetrics = ({ files, leftOut }: ExtentsReport): readonly string[] => [
  ...GAUGES.flatMap(({ name, help, of }) => [
    ...head(name, help),
    ...files.flatMap((file) => {
      const value = of(file);
      return value === null ? [] : [`${name}{path="${escaped(file.path)}"} ${value}`];
    }),
  ]),
  ...head('stallscope_files_left_out', 'Files, directories and names that were not counted, by reason.'),
  ...leftOut.map(({ reason, count }) => `stallscope_files_left_out{reason="${escaped(reason)}"} ${count}`),
  '# EOF',
];

const head = (name: string, help: string): string[] => [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`];

const escaped = (text: string): string =>
  text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
