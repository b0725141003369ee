/** A QEMU guest frozen by its mirror job: every search for a hole walks all extents of a fragmented image. */
import type { Signature } from './signature.ts';

export const seekHoleStorm: Signature = {
  id: 'seek-hole-storm',
  title: 'SEEK_HOLE storm: each search for a hole walks the extents of a fragmented file',
  titles: [
    {
      unknown: 'steps',
      text: 'SEEK_HOLE storm: searches for holes take long, again and again; what each of them walks is not counted here',
    },
  ],
  severity: 'high',
  // A search of seconds is the worst of them: it is its time that counts, not how often.
  ofFiles: true,
  anchor: { metric: 'iomap.seek_hole', least: 0.1 },
  togetherTicks: 5,
  lastsTicks: 5,
  // Thousands of steps each, again and again: a guest that is mirrored stands still. On a busy machine most of that time
  // the mirror waits for a CPU, which is no time in the call.
  beyondDoubt: {
    ticks: 3,
    least: { time: 2e8, slow: 5e5, steps: 2_000 },
    inAll: { metric: 'iomap.seek_ns', least: 7.5e8 },
  },
  // A search may also be slow because a disk or a server is: without steps only time counts, and there must be more of it.
  without: { unknown: 'steps', least: [{ time: 3e8 }, { time: 1e8, slow: 3e6 }] },
  victims: null,
  conditions: [
    {
      id: 'time',
      scope: 'suspect',
      need: 'required',
      measure: { kind: 'rate', metric: 'iomap.seek_ns' },
      least: 5e7,
      unit: 'ns',
      what: 'time spent searching, per second',
    },
    {
      id: 'slow',
      scope: 'suspect',
      need: 'required',
      measure: { kind: 'ratio', metric: 'iomap.seek_ns', per: 'iomap.seek_hole' },
      least: 3e5,
      unit: 'ns',
      what: 'time per SEEK_HOLE',
    },
    {
      id: 'steps',
      scope: 'suspect',
      need: 'required',
      measure: { kind: 'ratio', metric: 'iomap.iter', per: 'iomap.seek_hole' },
      // tmpfs, btrfs, NFS: searches take time, and no step is counted. Where steps are, each search takes one.
      silentIsUnknown: true,
      least: 500,
      unit: 'count',
      what: 'extent steps per SEEK_HOLE',
    },
    {
      id: 'seeks',
      scope: 'suspect',
      need: 'optional',
      measure: { kind: 'rate', metric: 'iomap.seek_hole' },
      least: 5,
      unit: 'count',
      what: 'SEEK_HOLE calls per second',
    },
  ],
  advice: [
    {
      text: 'Find how many extents each of its open files has',
      when: ['stepped'],
      command: 'find -L /proc/{pid}/fd -maxdepth 1 -type f -exec filefrag {} + | sort -t: -k2 -n | tail -3',
      risk: 'filefrag walks each file once itself: seconds for a badly fragmented one',
    },
    {
      text: 'Find which file system each of its open files is on',
      when: ['stepless'],
      command: "find -L /proc/{pid}/fd -maxdepth 1 -type f -exec stat -L -f -c '%T %n' {} +",
      risk: 'it waits where a server of NFS does not answer',
    },
    {
      text: 'XFS: defragment the worst of them',
      when: ['xfs'],
      command: 'xfs_fsr -v {file}',
      risk: 'it rewrites the file: as much free space and I/O as the file is large; it leaves a file alone that is mapped or changes meanwhile',
    },
    {
      text: 'ext4: defragment the worst of them',
      when: ['ext4'],
      command: 'e4defrag -v {file}',
      risk: 'it rewrites the file in place: as much free space and I/O as the file is large, and its users are slowed meanwhile',
    },
    {
      text: 'btrfs: defragment the worst of them',
      when: ['btrfs'],
      command: 'btrfs filesystem defragment -v {file}',
      risk: 'it rewrites the file, and what was shared with snapshots or copies is shared no more: it can fill the disk',
    },
    {
      text: 'tmpfs, NFS and others without a map of extents: the program must ask less often. A hole that was found holds until the file changes; asking before every block asks for the same again',
      when: ['other-fs'],
    },
    {
      text: 'QEMU 6 and later remember where the next hole is (hole cache): update it',
      when: ['qemu'],
    },
    {
      text: 'An image in qcow2 without a raw backing file is mirrored without searching for holes',
      when: ['qemu'],
      command: 'qemu-img convert -O qcow2 IMAGE.raw IMAGE.qcow2',
      risk: 'the guest must be off while its image is converted: a copy made of a running guest is damaged; it needs as much space again',
    },
  ],
};
