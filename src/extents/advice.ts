/** What helps against many extents, as data: on which file system, whether it may be open, and what it risks. */
import { type ExtentCount, MANY_EXTENTS, type Opener } from '../core/file-extents.ts';

export type Advice = { readonly text: string; readonly command?: string; readonly risk: string };

type Rule = Advice & {
  readonly on: readonly string[] | 'any';
  /** `open`: only where somebody has it open; `closed`: only where nobody was seen to. */
  readonly when?: 'open' | 'closed' | 'qemu';
};

const RULES: readonly Rule[] = [
  {
    on: ['xfs'],
    text: 'put it together in place',
    command: 'xfs_fsr -v {file}',
    risk: 'it rewrites the file: as much free space and I/O as the file is large; it gives up on a file that is mapped or changes meanwhile, and blocks shared with reflinked copies are shared no more',
  },
  {
    on: ['ext4'],
    text: 'put it together in place',
    command: 'e4defrag -v {file}',
    risk: 'it rewrites the file: as much free space and I/O as the file is large, and its users are slowed meanwhile',
  },
  {
    on: ['btrfs'],
    text: 'put it together in place',
    command: 'btrfs filesystem defragment -v {file}',
    risk: 'what was shared with snapshots or copies is shared no more: it can fill the disk',
  },
  {
    on: 'any',
    when: 'closed',
    text: 'or write a copy and put it in its place, while nobody uses it',
    command: 'cp -a --reflink=never --sparse=always {file} {file}.new && mv {file}.new {file}',
    risk: 'as much free space as it holds; whoever writes to it meanwhile loses that, and other hard links keep the old file',
  },
  {
    on: 'any',
    when: 'qemu',
    text: 'QEMU 6 and later remember where the next hole is, and search once instead of before each block: update it',
    risk: 'a restart, or a migration, of the guest',
  },
  {
    on: ['xfs'],
    text: 'for files that are made from now on: have space taken in larger steps (extsize hint of their directory)',
    command: 'xfs_io -c "extsize 1m" {directory}',
    risk: 'small and sparse files in it take up to 1 MiB for each part that is written; the hint does nothing for a file that has extents already',
  },
];

export const adviceFor = (
  { path, extents, fileSystem }: ExtentCount & { readonly path: string },
  openBy: readonly Opener[],
): readonly Advice[] => {
  if ((extents ?? 0) < MANY_EXTENTS) return [];
  const holds = {
    open: openBy.length > 0,
    closed: openBy.length === 0,
    qemu: openBy.some(({ comm }) => /^(?:qemu|kvm|CPU \d+\/KVM)/.test(comm)),
  };
  const words = { file: quoted(path), directory: quoted(path.replace(/\/[^/]*$/, '') || '/') };
  return RULES.filter(
    ({ on, when }) => (on === 'any' || on.includes(fileSystem ?? '')) && (when === undefined || holds[when]),
  ).map(({ text, command, risk }) => ({
    text,
    ...(command === undefined
      ? {}
      : {
          command: command.replace(/\{(file|directory)\}/g, (_, word: 'file' | 'directory') => words[word]),
        }),
    risk,
  }));
};

/** For a shell; a name that begins with a dash has its directory before it. */
const quoted = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
