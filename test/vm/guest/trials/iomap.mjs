// Seeks for holes over files whose extents are counted by the file system itself, on XFS and on ext4.
import { exactly, timeBetween } from '../claims.mjs';
import { mounted, mountedXfs } from '../mounts.mjs';
import { prepare, workload } from '../work.mjs';

const SEEKS = 23;
const MANY_SEEKS = 211;
const XFS_EXTENTS = 28_495;
const EXT4_BLOCKS = 2_003;
const XFS_FILE = '/mnt/xfs/fragmented';
const EXT4_FILE = '/mnt/ext4/fragmented';
let ext4Extents = 0;

export const iomap = {
  probe: 'iomap',
  setUp: () => {
    mountedXfs();
    prepare('perl', '/tool/workloads/fragment.pl', XFS_FILE, String(XFS_EXTENTS));
    mounted('ext4', 48 * 1024 ** 2);
    ext4Extents = Number(
      prepare('perl', '/tool/workloads/fragment-ext4.pl', '/mnt/ext4', String(EXT4_BLOCKS)),
    );
  },
  work: async () => {
    // What memory pressure took of the file's extents is read again first, as the walk would do it piece by piece.
    prepare('filefrag', EXT4_FILE);
    return {
      xfs: await workload('seek-holes', XFS_FILE, SEEKS),
      ext4: await workload('seek-holes', EXT4_FILE, MANY_SEEKS),
      data: await workload('seek-data', XFS_FILE, SEEKS),
    };
  },
  claims: ({ work: { xfs, ext4, data }, seen }) => {
    const variant = seen.variantOf('iomap');
    // iomap_iter() is asked once more after the last extent; iomap_apply() is not.
    const last = variant.endsWith('apply') ? 0 : 1;
    const ofXfs = (metric) => seen.of(xfs.pid, `iomap.${metric}`);
    const on = (name, extents) => `${name}, ${extents} extents`;
    return [
      exactly('seek_hole', SEEKS, ofXfs('seek_hole'), 'XFS'),
      exactly('iter', SEEKS * (XFS_EXTENTS + last), ofXfs('iter'), on('XFS', XFS_EXTENTS)),
      exactly('seek_hole', MANY_SEEKS, seen.of(ext4.pid, 'iomap.seek_hole'), 'ext4'),
      exactly(
        'iter',
        MANY_SEEKS * (ext4Extents + last),
        seen.of(ext4.pid, 'iomap.iter'),
        on('ext4', ext4Extents),
      ),
      exactly('seek_data', SEEKS, seen.of(data.pid, 'iomap.seek_data'), 'XFS'),
      timeBetween(
        'seek_ns',
        xfs.wallNs / 10,
        xfs.wallNs,
        ofXfs('seek_ns'),
        'a tenth of its wall time to all',
      ),
      timeBetween(
        'seek_max_ns',
        ofXfs('seek_ns') / SEEKS,
        ofXfs('seek_ns'),
        ofXfs('seek_max_ns'),
        'mean to sum of its seeks',
      ),
    ];
  },
};
