/** A QEMU guest frozen by its mirror job: every search for a hole walks all extents of a fragmented image. */
import type { Signature } from './signature.ts';

export const seekHoleStorm: Signature = {
  id: 'seek-hole-storm',
  title: 'SEEK_HOLE storm: each search for a hole walks the extents of a fragmented file',
  severity: 'high',
  anchor: { metric: 'iomap.seek_hole', least: 1 },
  togetherTicks: 5,
  lastsTicks: 5,
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
      text: 'See how fragmented the files are that it has open, and put the worst one together again',
      command: 'filefrag FILE; xfs_fsr -v FILE',
      risk: 'xfs_fsr rewrites the file: it needs as much free space and I/O, and does not touch a file that is mapped',
    },
    { text: 'QEMU 6 and later remember where the next hole is (hole cache): update it' },
    {
      text: 'An image in qcow2 without a raw backing file is mirrored without searching for holes',
      command: 'qemu-img convert -O qcow2 IMAGE.raw IMAGE.qcow2',
      risk: 'the guest must be off while its image is converted',
    },
  ],
};
