// Files created, renamed and removed a known number of times, and names made in other ways, on ext4.
import { mkdirSync } from 'node:fs';
import { between, exactly, timeBetween } from '../claims.mjs';
import { run, workload } from '../work.mjs';

const FEW = 23;
const MANY = 5_003;
const DIRECTORY = '/var/tmp/churn';

/** A FIFO, a symbolic and a hard link, a socket, and files opened again with O_CREAT and without a name. */
const WAYS = `
use POSIX; use Socket; use Fcntl;
chdir $ARGV[0] or die; my $n = $ARGV[1];
for (1 .. $n) { POSIX::mkfifo("a", 0600) or die; unlink("a") or die; }
for (1 .. $n) { symlink("target", "a") or die; unlink("a") or die; }
open(my $f, ">", "base") or die;
for (1 .. $n) { link("base", "a") or die; unlink("a") or die; }
for (1 .. $n) {
  socket(my $s, PF_UNIX, SOCK_STREAM, 0) or die; bind($s, sockaddr_un("a")) or die; unlink("a") or die;
}
for (1 .. $n) { sysopen(my $t, ".", 020000000 | 0200000 | O_RDWR) or die; }
for (1 .. $n) { sysopen(my $o, "base", O_CREAT | O_RDWR) or die; }
unlink("base") or die;
`;

export const inode = {
  probe: 'inode',
  setUp: () => mkdirSync(DIRECTORY, { recursive: true }),
  work: async () => ({
    few: await workload('churn', DIRECTORY, FEW),
    many: await workload('churn', DIRECTORY, MANY),
    ways: await run('perl', '-e', WAYS, DIRECTORY, String(FEW)),
  }),
  claims: ({ work: { few, many, ways }, seen }) => {
    const variant = seen.variantOf('inode');
    const of = ({ pid }, name) => seen.of(pid, `inode.${name}`);
    const claim = variant === 'sampled' ? byLot : exactly;
    return [
      claim('create', waysToMake(variant), of(ways, 'create'), 'FIFOs, links, sockets, O_TMPFILE'),
      claim('unlink', WAYS_TO_REMOVE, of(ways, 'unlink'), 'FIFOs, links, sockets, O_TMPFILE'),
      ...['create', 'rename', 'unlink'].flatMap((name) => [
        claim(name, FEW, of(few, name), 'ext4'),
        claim(name, MANY, of(many, name), 'ext4'),
        timeBetween(`${name}_ns`, 0, many.wallNs, of(many, `${name}_ns`), 'its wall time'),
      ]),
    ];
  },
};

/** Where the mode of an opened file is not read, one opened again with O_CREAT counts as made. */
const BY_THE_FLAGS = ['flags', 'calls', 'sampled'];

const waysToMake = (variant) => 5 * FEW + 1 + (BY_THE_FLAGS.includes(variant) ? FEW : 0);

const WAYS_TO_REMOVE = 5 * FEW + 1;

/** One call in eight counts as eight: within five standard deviations, which is wrong once in a million runs. */
const byLot = (metric, calls, counted, of) => {
  const most = Math.ceil(5 * Math.sqrt(7 * calls));
  return between(metric, Math.max(0, calls - most), calls + most, counted, `${calls} ± 5 σ, ${of}`);
};
