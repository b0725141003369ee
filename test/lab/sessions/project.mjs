// A project in C, and what builds it: gcc, for each file a compiler and an assembler of a second or less.

/** Made before recording. */
export const makeProject = (stand, files = 60, functions = 100) => {
  stand.folder('project');
  stand.make(
    'sh',
    '-c',
    `cd project; for n in $(seq ${files}); do { echo '#include <stdio.h>'; echo '#include <stdlib.h>'; for f in $(seq ${functions}); do echo "int f_\${n}_$f(int x) { int s = 0; for (int i = 0; i < x; i++) s += i * $f ^ x; printf(\\"%d\\", s); return s; }"; done; } >unit-$n.c; done; echo 'int main(void) { return 0; }' >main.c; gcc -fsyntax-only unit-1.c main.c`,
  );
};

/** Again and again: compiles, so many files at a time, links, tries and cleans up. */
export const buildProject = (stand, files = 60, jobs = 1) =>
  stand.shell(
    'make',
    `cd project; while :; do seq ${files} | xargs -P ${jobs} -I @ gcc -O2 -c unit-@.c; gcc -o program main.c unit-*.o; ./program; rm -f *.o program; sleep 1; done`,
  );
