/** The extents of files as text: a line each, with what helps below those that need it. */
import { SEEK_NS_PER_EXTENT } from '../../core/file-extents.ts';
import type { ExtentsReport, FileReport } from '../../extents/report.ts';
import { bytes, duration, exact, longDuration } from '../../screen/format/numbers.ts';

export const extentsLines = ({ files, leftOut, notes }: ExtentsReport): readonly string[] => [
  row(['EXTENTS', 'SIZE', 'MEAN', 'GROWN', 'KERNEL', 'SEEK_HOLE', 'FILE']),
  ...(files.length === 0 ? ['no file was counted'] : files.flatMap(fileLines)),
  '',
  ...(files.length === 0 ? [] : EXPLAINED),
  ...notes,
  ...leftOut.map(({ reason, count, example }) => `left out ${exact(count)}: ${reason} (${example})`),
];

const EXPLAINED = [
  `KERNEL: memory of the list while the file is in use, estimated; SEEK_HOLE: one search that finds no hole, at ${SEEK_NS_PER_EXTENT} ns an extent`,
] as const;

const WIDTHS = [11, 10, 9, 16, 9, 9] as const;

const row = (cells: readonly string[]): string =>
  cells.map((cell, index) => cell.padStart(WIDTHS[index] ?? 0)).join('  ');

const NONE = '-';

const fileLines = (file: FileReport): readonly string[] => {
  const { extents, isLeast, sizeBytes, meanBytes, kernelBytes, seekHoleNs, path, fileSystem, problem } = file;
  const mark = isLeast ? '>=' : '';
  return [
    row([
      extents === null ? '?' : `${mark}${exact(extents)}`,
      bytes(sizeBytes),
      meanBytes === null ? NONE : bytes(meanBytes),
      grownText(file),
      kernelBytes === null ? NONE : `${mark}${bytes(kernelBytes)}`,
      seekHoleNs === null ? NONE : `${mark}${duration(seekHoleNs / 1000)}`,
      fileSystem === null ? path : `${path} (${fileSystem})`,
    ]),
    ...(problem === null ? [] : [`${INDENT}${problem}`]),
    ...openLines(file),
    ...file.advice.flatMap(({ text, command, risk }) => [
      `${INDENT}- ${text}${command === undefined ? '' : `: ${command}`}`,
      `${INDENT}  risk: ${risk}`,
    ]),
  ];
};

const INDENT = ' '.repeat(13);

const grownText = ({ growth }: FileReport): string => {
  if (growth === null) return NONE;
  const sign = growth.extents < 0 ? '' : '+';
  return `${sign}${exact(growth.extents)} in ${longDuration(growth.overMs / 1000)}`;
};

const openLines = ({ openBy, moreOpenBy }: FileReport): string[] =>
  openBy.length === 0
    ? []
    : [
        `${INDENT}open by ${openBy.map(({ pid, comm }) => `${comm} (${pid})`).join(', ')}${moreOpenBy === 0 ? '' : ` and ${moreOpenBy} more`}`,
      ];
