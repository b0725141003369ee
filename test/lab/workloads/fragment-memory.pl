# fragment-memory.pl SHARE READY: leaves this share of the memory free, and no two pages of it next to each other. Pages in a
# pipe belong to the kernel and cannot be moved. One page is written to each of many pipes in turn, round after round,
# until memory is nearly full; then every other pipe is emptied. What was taken in sequence is given back in pieces.
# Makes the file READY then, and holds the rest.
use strict;
use warnings;

my ($share, $ready) = @ARGV;
my $pipes = 4000;
my $page = 'x' x 4096;
my @pipes;
for (1 .. $pipes) {
  pipe(my $read, my $write) or die "pipe: $!\n";
  push @pipes, [$read, $write];
}
my $round = 0;
FILL: while ($round++ < 16) {
  for my $index (0 .. $#pipes) {
    last FILL if $index % 64 == 0 && available() < $share / 3 * total();
    syswrite($pipes[$index][1], $page) or die "write: $!\n";
  }
}
for my $index (0 .. $#pipes) {
  next if $index % 2;
  sysread($pipes[$index][0], my $taken, 65536);
}
open(my $sign, '>', $ready) or die "$ready: $!\n";
sleep 86400;

sub field {
  my ($name) = @_;
  open(my $info, '<', '/proc/meminfo') or die;
  while (<$info>) { return $1 * 1024 if /^$name:\s+(\d+)/ }
}
sub available { return field('MemAvailable') }
sub total { return field('MemTotal') }
