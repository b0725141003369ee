/** Real files on a real XFS and a real ext4: our counts beside those of filefrag and xfs_bmap. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { countExtents } from '../../src/host/extents.ts';
import { localFiles } from '../../src/host/local-files.ts';
import { describeWith } from '../helpers/requires.ts';
import { WORKLOADS } from '../helpers/workloads.ts';

const PATH = `${process.env.PATH}:/usr/sbin:/sbin`;

const run = (program: string, ...args: string[]): string => {
  const { status, stdout, stderr } = spawnSync(program, args, {
    encoding: 'utf8',
    env: { ...process.env, PATH },
    maxBuffer: 256 * 1024 * 1024,
  });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`);
  return stdout;
};

const perl = (code: string, ...args: string[]): string => run('perl', '-MIO::Handle', '-e', code, ...args);

const rows = (text: string): number =>
  text.match(/^ *\d+: .*$/gm)?.filter((row) => !/:\s+hole\b/.test(row)).length ?? 0;

/** Written blocks with a hole after each. */
const HOLES = 'open F, ">", shift; for (0..shift()-1) { seek F, $_ * 8192, 0; print F "a" x 4096 } F->sync';
/** The same, left to be allocated later. */
const DELAYED = 'open F, ">", shift; for (0..22) { seek F, $_ * 131072, 0; print F "a" x 4096 } F->flush';

/** What there is to count, by the name of the file; `any` on either file system. */
const MADE: readonly { readonly name: string; readonly make: (file: string) => void; readonly on?: 'xfs' }[] =
  [
    { name: 'empty', make: (file) => writeFileSync(file, '') },
    { name: 'only a hole', make: (file) => run('truncate', '-s', '5M', file) },
    {
      name: 'one extent',
      make: (file) => run('dd', 'if=/dev/zero', `of=${file}`, 'bs=64k', 'count=1', 'conv=fsync'),
    },
    { name: 'holes', make: (file) => perl(HOLES, file, '1000') },
    {
      name: 'unwritten, and written in between',
      make: (file) => {
        run('fallocate', '-l', '1M', file);
        perl('open F, "+<", shift; for (0..9) { seek F, $_ * 65536, 0; print F "a" x 4096 } F->sync', file);
      },
    },
    { name: 'delayed', make: (file) => perl(DELAYED, file) },
    {
      name: 'shared, and partly written over',
      on: 'xfs',
      make: (file) => {
        perl(HOLES, `${file}.first`, '300');
        run('cp', '--reflink=always', `${file}.first`, file);
        run('xfs_io', '-c', 'pwrite 0 64k', '-c', 'fsync', file);
      },
    },
    {
      name: 'a hundred thousand',
      on: 'xfs',
      make: (file) => run('perl', WORKLOADS.fragment, file, '100000'),
    },
  ];

describeWith(
  ['linux', 'root', 'loop device', 'mkfs.xfs', 'mkfs.ext4', 'perl'],
  'extents equal those that filefrag and xfs_bmap list',
  () => {
    const root = mkdtempSync(join(tmpdir(), 'stallscope-extents-'));
    const mounted: string[] = [];

    beforeAll(() => {
      for (const type of ['xfs', 'ext4'] as const) {
        const [image, dir] = [join(root, `${type}.img`), join(root, type)];
        mkdirSync(dir);
        writeFileSync(image, '');
        truncateSync(image, 1024 ** 3);
        run(`mkfs.${type}`, '-q', image);
        run('mount', '-o', 'loop', image, dir);
        mounted.push(dir);
      }
    });
    afterAll(() => {
      for (const dir of mounted) run('umount', '--lazy', dir);
      rmSync(root, { recursive: true, force: true });
    });

    it('a walk whose time is over says so, and no more than it saw', async () => {
      const file = join(root, 'ext4', 'hurried');
      perl(HOLES, file, '1000');
      const { extents, isLeast, problem } = await countExtents(localFiles, file, { timeoutMs: 1 });
      expect(problem).toMatch(/took longer than 0\.001s/);
      expect(extents === null || (isLeast && extents <= 1000)).toBe(true);
    });

    it.each(
      MADE.flatMap((one) => (one.on === 'xfs' ? ['xfs'] : ['xfs', 'ext4']).map((type) => ({ ...one, type }))),
    )('$type: $name', async ({ type, name, make }) => {
      const file = join(root, type, name);
      make(file);
      const counted = await countExtents(localFiles, file, { timeoutMs: 30_000 });
      const listed = rows(run('filefrag', '-v', file));
      expect(counted).toEqual({ extents: listed, isLeast: false, fileSystem: type, problem: null });
      if (type === 'xfs') expect(counted.extents).toBe(rows(run('xfs_bmap', '-e', '-v', '-p', file)));
      if (name.startsWith('a hundred')) expect(listed).toBe(100_000);
      if (name === 'delayed') expect(listed).toBe(23);
    });
  },
);
