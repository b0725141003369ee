# compile.pl DIRECTORY SYMBOLS STEP...: what a compiler does: computes with so many symbols, writes an object file of some
# KB beside its final name, and renames it into place. Old ones are replaced, none is left over.
use strict;
use warnings;
require(__FILE__ =~ s{[^/]+$}{pace.pl}r);

my ($directory, $count, @steps) = @ARGV;
my $round = 0;
follow(
  sub {
    my %symbols;
    $symbols{ $_ * 2654435761 % 99991 } .= $_ for 1 .. $count;
    my $name = "$directory/unit-" . ($round++ % 40) . ".o";
    open(my $object, '>', "$name.tmp") or die "$name: $!\n";
    print $object join('', sort { $a <=> $b } map { length } values %symbols) x 2;
    close($object);
    rename("$name.tmp", $name) or die "rename: $!\n";
  },
  @steps
);
