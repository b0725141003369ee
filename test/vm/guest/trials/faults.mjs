// Reads through the page cache, through a mapping and past it, against what the kernel says of the process itself.
import { between, exactly } from '../claims.mjs';
import { prepare, run } from '../work.mjs';

const FILE = '/var/tmp/cold';
const FILE_MIB = 16;
const PAGES = (FILE_MIB * 1024 * 1024) / 4096;
/** Blocks in which ext4 keeps where a file is; they come through the page cache of the disk. */
const METADATA_PAGES = 8;
const TOUCHED = 211;
const DIRECT_WRITES = 23;

/** Prints the kernel's own counts of the process, when its work is done. */
const SCRIPT = `
import mmap, os, resource, sys
path, how = sys.argv[1], sys.argv[2]
fd = os.open(path, os.O_RDONLY)
os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
if how == 'read':
    while os.read(fd, 1 << 20): pass
else:
    memory = mmap.mmap(fd, 0, prot=mmap.PROT_READ)
    memory.madvise(mmap.MADV_RANDOM)
    for page in range(0, ${TOUCHED}):
        # 22 is MADV_POPULATE_READ, which kernels before 5.14 do not know.
        try:
            if how == 'populate': memory.madvise(22, page * 16 * 4096, 4096)
        except OSError: pass
        memory[page * 16 * 4096]
io = dict(line.split(': ') for line in open('/proc/self/io').read().splitlines())
print(resource.getrusage(resource.RUSAGE_SELF).ru_majflt, io['read_bytes'])
`;

const python = (how) => run('python3', '-c', SCRIPT, FILE, how);

export const faults = {
  probe: 'faults',
  setUp: () => {
    prepare('dd', 'if=/dev/urandom', `of=${FILE}`, 'bs=1M', `count=${FILE_MIB}`, 'conv=fsync', 'status=none');
  },
  work: async () => {
    // Run once before, so that the interpreter and all it loads come from the cache, and only the file is read.
    await python('read');
    return {
      read: await python('read'),
      touch: await python('touch'),
      populate: await python('populate'),
      write: await run(
        'dd',
        'if=/dev/zero',
        'of=/var/tmp/direct',
        'oflag=direct',
        'bs=4096',
        `count=${DIRECT_WRITES}`,
      ),
    };
  },
  claims: ({ work: { read, touch, populate, write }, seen }) => {
    const [, readBytes] = read.stdout.split(' ').map(Number);
    const [populated] = populate.stdout.split(' ').map(Number);
    const [majorFaults, touchedBytes] = touch.stdout.split(' ').map(Number);
    return [
      between(
        'page_cache_added',
        PAGES,
        PAGES + METADATA_PAGES,
        seen.of(read.pid, 'faults.page_cache_added'),
        'pages of the file, and of its extent tree',
      ),
      exactly('read_bytes', readBytes, seen.of(read.pid, 'faults.read_bytes'), '/proc/PID/io'),
      exactly('read_bytes', touchedBytes, seen.of(touch.pid, 'faults.read_bytes'), '/proc/PID/io'),
      between(
        'major',
        majorFaults,
        majorFaults + 3,
        seen.of(touch.pid, 'faults.major'),
        'getrusage, +3 at exit',
      ),
      between(
        'major',
        populated,
        populated + 3,
        seen.of(populate.pid, 'faults.major'),
        'getrusage, pages by MADV_POPULATE_READ',
      ),
      exactly('write_bytes', DIRECT_WRITES * 4096, seen.of(write.pid, 'faults.write_bytes'), 'O_DIRECT'),
    ];
  },
};
