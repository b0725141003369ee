# mirror.pl SOURCE TARGET STEP...: copies a disk image MiB by MiB, as often as the steps of pace.pl say, and before each
# MiB asks where the next hole is (lseek with SEEK_HOLE), as QEMU's mirror job did before it remembered the answer.
use strict;
use warnings;
require(__FILE__ =~ s{[^/]+$}{pace.pl}r);

my ($source, $target, @steps) = @ARGV;
my $chunk = 1024 * 1024;
open(my $from, '<:raw', $source) or die "$source: $!\n";
open(my $to, '+>:raw', $target) or die "$target: $!\n";
my $chunks = int((-s $from) / $chunk);
my $next = 0;
follow(
  sub {
    my $at = $chunk * $next;
    defined sysseek($from, $at, 4) or die "SEEK_HOLE: $!\n";
    sysseek($from, $at, 0);
    sysread($from, my $data, $chunk);
    sysseek($to, $at, 0);
    syswrite($to, $data) or die "write: $!\n";
    $next = ($next + 1) % $chunks;
  },
  @steps
);
