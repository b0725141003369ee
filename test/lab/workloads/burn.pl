# burn.pl MS STEP...: keeps a CPU busy until it has had so many ms of one, as often as the steps of pace.pl say.
use strict;
use warnings;
use POSIX ();
require(__FILE__ =~ s{[^/]+$}{pace.pl}r);

my ($ms, @steps) = @ARGV;
follow(
  sub {
    my $until = used() + $ms / 1000;
    while (used() < $until) {
      for (1 .. 2_000) { my $x = $_ * $_ }
    }
  },
  @steps
);
sleep 86400;

# Seconds of CPU time, of a clock that ticks a hundred times a second.
sub used {
  my (undef, $user, $system) = POSIX::times();
  return ($user + $system) / 100;
}
