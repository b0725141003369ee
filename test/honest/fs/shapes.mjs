// The shapes of the files that are searched, by name: how a file of that shape is made at `file`.

const EXTENTS = 1_000;
const FEW = 200;

/** `fragment` makes a file of so many extents without a hole, `lay` runs the workload of that name. */
export const SHAPES = {
  plain: ({ fragment, file }) => fragment(file, EXTENTS),
  long: ({ fragment, file }) => fragment(file, 20_000),
  sparse: ({ lay, file }) => lay(file, 'sparse', FEW),
  unwritten: ({ lay, file }) => lay(file, 'unwritten', FEW),
  beyond: ({ fragment, lay, file }) => {
    fragment(file, EXTENTS);
    lay(file, 'beyond', 8);
  },
  delayed: ({ fragment, lay, file }) => {
    fragment(file, EXTENTS);
    lay(file, 'delayed', 3);
  },
  reflinked: ({ fragment, copy, file }) => {
    fragment(`${file}.one`, EXTENTS);
    copy(`${file}.one`, file);
  },
  // Blocks waiting to be copied on write.
  copied: ({ fragment, lay, copy, file }) => {
    fragment(`${file}.one`, EXTENTS);
    copy(`${file}.one`, file);
    lay(file, 'overwrite', EXTENTS);
  },
  whole: ({ lay, file }) => lay(file, 'whole', FEW),
};
