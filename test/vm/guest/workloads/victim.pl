$0 = "victim"; my ($dir, $n) = @ARGV; chdir $dir or die;
# A directory grown past its inode, many names, then removed: transactions with buffers and intents.
mkdir "d$$" or die "mkdir $!"; chdir "d$$";
for (1 .. $n) { open my $f, ">", "a-rather-long-name-of-a-file-$_" or die; print $f "x" x 100; close $f }
for (1 .. $n) { unlink "a-rather-long-name-of-a-file-$_" }
print "victim $$ through\n";
