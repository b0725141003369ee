# files.pl DIRECTORY COUNT STEP...: makes so many files in a folder of their own and removes them again, as often as the
# steps of pace.pl say: on XFS each round grows and empties a directory, which takes transactions and memory for them.
use strict;
use warnings;
require(__FILE__ =~ s{[^/]+$}{pace.pl}r);

my ($directory, $count, @steps) = @ARGV;
my $folder = "$directory/files-$$";
follow(
  sub {
    mkdir $folder or die "mkdir: $!\n";
    for my $number (1 .. $count) {
      open(my $file, '>', "$folder/a-rather-long-name-of-a-file-$number") or die "open: $!\n";
      print $file 'x' x 100;
    }
    unlink(glob("$folder/*")) == $count or die "unlink: $!\n";
    rmdir $folder or die "rmdir: $!\n";
    select(undef, undef, undef, 0.5);
  },
  @steps
);
