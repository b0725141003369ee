/*
 * brief FILE RATE SECONDS [fork]: RATE processes a second, each of which searches FILE for a hole one to three times and ends.
 * Prints how many there were, and how many searches: {"processes":N,"searches":N}.
 *
 * They are made by vfork, as a shell's would not be: what is meant to be busy is who counts them. Those made by fork have
 * pages of their own, and so more that is counted of each.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* One that waits for a CPU keeps no pace alone. */
#define MAKERS 4
/* What was missed is made up for this long; then it is let go. */
#define LATE_S 0.1

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec / 1e9;
}

static void make(int file, double rate, double seconds, int forks, long made[2]) {
  double start = now(), next = start;
  while (now() - start < seconds) {
    double early = next - now();
    if (early > 0) usleep(early * 1e6);
    if (early < -LATE_S) next = now() - LATE_S;
    int searches = 1 + made[0] % 3;
    pid_t child = forks ? fork() : vfork();
    if (child == 0) {
      for (int n = 0; n < searches; n++) lseek(file, 0, SEEK_HOLE);
      _exit(0);
    }
    if (child < 0) continue;
    made[0] += 1;
    made[1] += searches;
    next += 1 / rate;
  }
}

int main(int argc, char **argv) {
  if (argc < 4) return 2;
  int file = open(argv[1], O_RDONLY), ends[2];
  if (file < 0 || pipe(ends) != 0) return 1;
  for (int maker = 0; maker < MAKERS; maker++) {
    if (fork() != 0) continue;
    signal(SIGCHLD, SIG_IGN);
    long made[2] = {0, 0};
    make(file, atof(argv[2]) / MAKERS, atof(argv[3]), argc > 4, made);
    _exit(write(ends[1], made, sizeof made) == sizeof made ? 0 : 1);
  }
  long all[2] = {0, 0}, made[2];
  for (int maker = 0; maker < MAKERS; maker++) {
    if (read(ends[0], made, sizeof made) != sizeof made) return 1;
    all[0] += made[0];
    all[1] += made[1];
  }
  while (wait(NULL) > 0) continue;
  printf("{\"processes\":%ld,\"searches\":%ld}\n", all[0], all[1]);
  return 0;
}
