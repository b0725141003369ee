# read-again.pl FILE STEP...: reads the next MiB of the file, from the beginning again after its end, as often as
# the steps of pace.pl say. `--mapped` as first argument reads it through a mapping: what the page cache has lost
# meanwhile then comes back as a major fault.
use strict;
use warnings;
require(__FILE__ =~ s{[^/]+$}{pace.pl}r);

my $mapped = $ARGV[0] eq '--mapped' ? shift @ARGV : '';
my ($file, @steps) = @ARGV;
my $chunk = 1024 * 1024;
my $handle = rewound();
follow(
  sub {
    my $bytes = $mapped ? read($handle, my $text, $chunk) : sysread($handle, my $raw, $chunk);
    $handle = rewound() unless $bytes;
  },
  @steps
);

sub rewound {
  open(my $again, $mapped ? '<:mmap' : '<:unix', $file) or die "$file: $!\n";
  return $again;
}
