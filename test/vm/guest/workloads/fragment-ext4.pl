# fragment-ext4.pl DIRECTORY BLOCKS: DIRECTORY/fragmented, a file of so many blocks on an ext4 of its own, each of them an
# extent: one file takes all the space there is, every second block of it is given back, and what is written then can
# only go into those holes. The file system's own count of extents is printed.
use strict;
use warnings;
use IO::Handle;

my ($directory, $blocks) = @ARGV;
my $block = 4096;
# Of x86-64: fallocate(2), and FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE.
my ($fallocate, $punch) = (285, 3);

open(my $filler, '>', "$directory/filler") or die "filler: $!\n";
my $size = 0;
for (my $step = 1024 * $block; $step >= $block;) {
  if (syscall($fallocate, fileno($filler), 0, $size, $step) == 0) { $size += $step } else { $step /= 2 }
}
# Some more than the file needs: its extent tree takes blocks too.
for my $hole (0 .. $blocks + 99) {
  syscall($fallocate, fileno($filler), $punch, 2 * $hole * $block, $block) == 0 or die "punch: $!\n";
}
$filler->sync or die "fsync: $!\n";

open(my $file, '+>', "$directory/fragmented") or die "fragmented: $!\n";
syswrite($file, 'x' x $block) or die "write: $!\n" for 1 .. $blocks;
$file->sync or die "fsync: $!\n";

# FS_IOC_FIEMAP with no room for extents gives their number.
my $map = pack('QQLLLL', 0, ~0, 1, 0, 0, 0);
ioctl($file, 0xc020660b, $map) or die "FIEMAP: $!\n";
print((unpack('QQLLLL', $map))[3], "\n");
