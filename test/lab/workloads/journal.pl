# journal.pl FILE STEP...: a writer that means it: appends 16 KiB and waits until they are on disk (fsync); begins anew
# after 64 MiB.
use strict;
use warnings;
use IO::Handle;
require(__FILE__ =~ s{[^/]+$}{pace.pl}r);

my ($file, @steps) = @ARGV;
open(my $journal, '+>', $file) or die "$file: $!\n";
my $record = join('', map { chr(33 + $_ * 7 % 90) } 1 .. 16384);
follow(
  sub {
    syswrite($journal, $record) or die "write: $!\n";
    $journal->sync or die "fsync: $!\n";
    sysseek($journal, 0, 0) if tell($journal) > 64 << 20;
  },
  @steps
);
