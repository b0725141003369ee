import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { localFiles } from '../../src/host/local-files.ts';
import { createHostSampler } from '../../src/host/sampler.ts';

const has = (command: string): boolean => spawnSync('sh', ['-c', `command -v ${command}`]).status === 0;
const possible = process.geteuid?.() === 0 && ['mkfs.xfs', 'python3', 'mount', 'findmnt'].every(has);

const EXTENTS = 47;
const SEEKS = 23;

/** Two files grow in turns, so that neither has two blocks beside each other; then one is written over. */
const LAY_OUT = `
import os, sys
a, b = (os.open(os.path.join(sys.argv[1], name), os.O_RDWR | os.O_CREAT) for name in 'ab')
for i in range(${EXTENTS}):
    os.posix_fallocate(a, i * 4096, 4096)
    os.posix_fallocate(b, i * 4096, 4096)
os.pwrite(a, b'x' * 4096 * ${EXTENTS}, 0)
os.fsync(a)
`;
const SEEK = `
import os, sys
a = os.open(os.path.join(sys.argv[1], 'a'), os.O_RDONLY)
for _ in range(${SEEKS}):
    assert os.lseek(a, 0, os.SEEK_HOLE) == 4096 * ${EXTENTS}
`;

describe.skipIf(!possible)('a real XFS (needs root, mkfs.xfs, python3, a loop device)', () => {
  const root = mkdtempSync(join(tmpdir(), 'stallscope-xfs-'));
  const mount = join(root, 'mount');
  let mounted = false;

  beforeAll(() => {
    mkdirSync(mount);
    writeFileSync(join(root, 'image'), '');
    truncateSync(join(root, 'image'), 320 * 2 ** 20);
    execFileSync('mkfs.xfs', ['-q', join(root, 'image')]);
    mounted = spawnSync('mount', ['-o', 'loop', join(root, 'image'), mount]).status === 0;
  });
  afterAll(() => {
    if (mounted) execFileSync('umount', [mount]);
    rmSync(root, { recursive: true, force: true });
  });

  test('look_exlist counts one per extent that SEEK_HOLE walks', ({ skip }) => {
    if (!mounted) skip('no loop device can be mounted here');
    execFileSync('python3', ['-c', LAY_OUT, mount]);
    const device = basename(execFileSync('findmnt', ['-no', 'SOURCE', mount], { encoding: 'utf8' }).trim());
    const { metrics, read } = createHostSampler(localFiles);
    const id = `xfs.${device}.look_exlist`;
    expect(metrics.map((metric) => metric.id)).toContain(id);
    const before = read()[id] ?? Number.NaN;
    execFileSync('python3', ['-c', SEEK, mount]);
    expect((read()[id] ?? Number.NaN) - before).toBe(EXTENTS * SEEKS);
    expect(read()[`disk.${device}.write_bytes`]).toBeGreaterThanOrEqual(EXTENTS * 4096);
  });
});
