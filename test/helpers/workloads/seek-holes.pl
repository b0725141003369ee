# seek-holes.pl FILE STEP...: lseek(fd, 0, SEEK_HOLE), as often as the steps of pace.pl say.
#
# sysseek is one lseek with the whence it is given (4 is SEEK_HOLE), and nothing else here seeks for a hole.
use strict;
use warnings;
require(__FILE__ =~ s{[^/]+$}{pace.pl}r);

my ($file, @steps) = @ARGV;
open(my $handle, '<', $file) or die "$file: $!\n";
follow(sub { defined sysseek($handle, 0, 4) or die "lseek: $!\n" }, @steps);
