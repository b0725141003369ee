/*
 * blocked N MS [THREADS [FILE]]
 *
 * Each of THREADS threads sleeps uninterruptibly N times for MS ms and a little: vfork stops it until its child, which
 * sleeps, has ended (kernel/fork.c: wait_for_vfork_done). Nothing of it is block I/O. With FILE, then reads it from the
 * device, N times 1 MiB past the page cache. All this in a child, so that its parent can say what it has cost from its
 * first moment to its last. Prints the child's PID, in ns how long it was between before and after all vforks, over all
 * threads, and how often the kernel says that it gave up its CPU to wait for something.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int rounds;
static struct timespec nap;
static _Atomic long long *wall_ns; /* shared with the parent */

static long long now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static void *sleep_in_vfork(void *unused) {
  for (int round = 0; round < rounds; round++) {
    long long before = now_ns();
    if (vfork() == 0) {
      nanosleep(&nap, NULL);
      _exit(0);
    }
    *wall_ns += now_ns() - before;
  }
  return unused;
}

static int wait_as_asked(int argc, char **argv) {
  rounds = atoi(argv[1]);
  long ms = atol(argv[2]);
  nap = (struct timespec){ms / 1000, ms % 1000 * 1000000};
  int count = argc > 3 ? atoi(argv[3]) : 1;
  pthread_t threads[64];
  for (int i = 1; i < count; i++) pthread_create(&threads[i], NULL, sleep_in_vfork, NULL);
  sleep_in_vfork(NULL);
  for (int i = 1; i < count; i++) pthread_join(threads[i], NULL);
  if (argc > 4) {
    void *buffer;
    int file = open(argv[4], O_RDONLY | O_DIRECT);
    if (file < 0 || posix_memalign(&buffer, 4096, 1 << 20) != 0) return 1;
    for (int round = 0; round < rounds; round++)
      if (pread(file, buffer, 1 << 20, (off_t)round << 20) <= 0) return 1;
  }
  return 0;
}

int main(int argc, char **argv) {
  wall_ns = mmap(NULL, sizeof *wall_ns, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  pid_t child = fork();
  if (child == 0) _exit(wait_as_asked(argc, argv));
  int status;
  struct rusage cost;
  if (wait4(child, &status, 0, &cost) != child || status != 0) return 1;
  printf("{\"pid\":%d,\"wallNs\":%lld,\"waits\":%ld}\n", child, (long long)*wall_ns, cost.ru_nvcsw);
  return 0;
}
