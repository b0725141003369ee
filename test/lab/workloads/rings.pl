# rings.pl KIB keep|return STEP...: asks for buffer rings as a network driver does: contiguous memory of the kernel. The
# ring of a pipe is an array of 40 bytes per page of its capacity, taken in one piece: KIB of 4096 needs order 4. With
# `keep` none is given back; with `return` each is, before the next is asked for. A refusal (ENOMEM) is lived with.
use strict;
use warnings;
use Errno;
require(__FILE__ =~ s{[^/]+$}{pace.pl}r);

my ($kib, $fate, @steps) = @ARGV;
# Pipes are not meant to be inherited, and there are many.
my (@rings, $refused);
my $setPipeSize = 1031;
follow(
  sub {
    pipe(my $read, my $write) or die "pipe: $!\n";
    if (fcntl($write, $setPipeSize, $kib * 1024)) {
      @rings = () if $fate eq 'return';
      push @rings, [$read, $write];
    } elsif ($!{ENOMEM}) {
      $refused += 1;
    } else {
      die "F_SETPIPE_SZ: $!\n";
    }
  },
  @steps
);
sleep 86400;
