# random-reads.pl FILE KIB READERS STEP...: reads so many KiB at a random place of the file, as often as the steps of pace.pl
# say; as so many processes at once, each at that rate.
use strict;
use warnings;
use Fcntl qw(SEEK_END SEEK_SET);
require(__FILE__ =~ s{[^/]+$}{pace.pl}r);

my ($file, $kib, $readers, @steps) = @ARGV;
my $bytes = $kib * 1024;
for (2 .. $readers) {
  my $child = fork;
  die "fork: $!\n" unless defined $child;
  last if $child == 0;
}
srand($$);
open(my $handle, '<:unix', $file) or die "$file: $!\n";
my $places = int(sysseek($handle, 0, SEEK_END) / $bytes);
follow(
  sub {
    sysseek($handle, $bytes * int(rand($places)), SEEK_SET);
    sysread($handle, my $read, $bytes) // die "read: $!\n";
  },
  @steps
);
