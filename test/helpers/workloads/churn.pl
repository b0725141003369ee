# churn.pl DIRECTORY STEP...: creates a file, renames it, and removes it, as often as the steps of pace.pl say.
use strict;
use warnings;
use Fcntl;
require(__FILE__ =~ s{[^/]+$}{pace.pl}r);

my ($directory, @steps) = @ARGV;
my $round = 0;
follow(
  sub {
    my $name = "$directory/churn-$$-" . ++$round;
    sysopen(my $handle, $name, O_CREAT | O_WRONLY) or die "$name: $!\n";
    close($handle);
    rename($name, "$name.done") or die "rename: $!\n";
    unlink("$name.done") or die "unlink: $!\n";
  },
  @steps
);
