# balloon.pl MIB STEP...: takes so many MiB, touches all of them, and lets them go after two seconds.
use strict;
use warnings;
require(__FILE__ =~ s{[^/]+$}{pace.pl}r);

my ($mib, @steps) = @ARGV;
follow(
  sub {
    my @held = map { 'x' x (1 << 20) } 1 .. $mib;
    select(undef, undef, undef, 2);
  },
  @steps
);
sleep 86400;
