# pace.pl: the steps of a workload. `follow` does what it is given, as the steps say, one after the other:
#   40        40 times, as fast as it goes
#   300@20    300 times, 20 a second
#   500ms     nothing for so long; also 2s
# Only modules of perl-base are used: it is there on every Debian, and the rest of perl need not be.
use strict;
use warnings;
use POSIX ();

sub follow {
  my ($act, @steps) = @_;
  for my $step (@steps) {
    if ($step =~ /^(\d+)(m?)s$/) {
      select(undef, undef, undef, $2 ? $1 / 1000 : $1);
    } elsif ($step =~ /^(\d+)(?:\@(\d+))?$/) {
      repeat($act, $1, $2);
    } else {
      die "not a step: $step\n";
    }
  }
}

sub repeat {
  my ($act, $times, $rate) = @_;
  my $start = now();
  for my $done (1 .. $times) {
    $act->();
    next unless $rate;
    my $ahead = $done / $rate - (now() - $start);
    select(undef, undef, undef, $ahead) if $ahead > 0;
  }
}

# Seconds of a clock that ticks a hundred times a second.
sub now {
  return (POSIX::times())[0] / 100;
}

1;
