# fragment.pl FILE EXTENTS: a file of exactly so many written extents of one block, on an XFS with reflinks.
#
# Three blocks are written, and the first and the third are shared into FILE in turns: no block of FILE follows on
# disk the one before it, so each is an extent of its own. What is there is shared again behind itself, doubling
# it, which makes tens of thousands of extents in milliseconds. They must be written ones: SEEK_HOLE takes an extent
# that is only allocated for a hole. The kernel itself is asked for the count; any other than EXTENTS is an error.
use strict;
use warnings;
use IO::Handle;

my ($file, $extents) = @ARGV;
my $block = 4096;

open(my $source, '+>', "$file.source") or die "$file.source: $!\n";
open(my $target, '+>', $file) or die "$file: $!\n";
syswrite($source, 'x' x (3 * $block)) or die "write: $!\n";
$source->sync or die "fsync: $!\n";

share($source, 0, 1, 0);
share($source, 2, 1, 1) if $extents > 1;
for (my $made = 2; $made < $extents; $made *= 2) {
  my $more = $extents - $made < $made ? $extents - $made : $made;
  share($target, 0, $more, $made);
}
$target->sync or die "fsync: $!\n";
unlink("$file.source") or die "unlink: $!\n";

# FS_IOC_FSGETXATTR; the third number of struct fsxattr is the count of extents.
my $attributes = "\0" x 28;
ioctl($target, 0x801c581f, $attributes) or die "FSGETXATTR: $!\n";
my (undef, undef, $found) = unpack('L3', $attributes);
die "fragment.pl: $found extents instead of $extents\n" if $found != $extents;

# FICLONERANGE, in blocks.
sub share {
  my ($from, $offset, $count, $to) = @_;
  my $range = pack('qQQQ', fileno($from), $offset * $block, $count * $block, $to * $block);
  ioctl($target, 0x4020940d, $range) or die "FICLONERANGE: $!\n";
}
