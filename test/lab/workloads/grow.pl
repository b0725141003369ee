# grow.pl LOG KIB STEP...: a native program, none of Python's, that takes so many KiB at each step, keeps them, and says so
# in a log that it opens anew each time.
use strict;
use warnings;
require(__FILE__ =~ s{[^/]+$}{pace.pl}r);

my ($path, $kib, @steps) = @ARGV;
my @kept;
follow(
  sub {
    push @kept, 'x' x ($kib * 1024);
    open(my $log, '>', $path) or die "$path: $!\n";
    print $log scalar(@kept), "\n";
  },
  @steps
);
sleep 86400;
