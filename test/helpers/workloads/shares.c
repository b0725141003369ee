/*
 * shares MS DIRECTORY
 *
 * One process whose time goes where it says: a main thread that computes, sleeps, waits in vfork and for a device, and
 * beside it two threads that compete with it for one CPU. Each lasts about MS ms, some of them several times.
 *
 * Prints, in ns, for all its threads from their first moment to the line: what they lived (wall), what the kernel's
 * schedstat says they ran (cpu) and waited for a CPU (delay), how long vfork (blocked; its children sleep for `naps` of it) and reads past the page cache (io)
 * took by the clock, and what delay accounting says of the block I/O of the main thread (ticks of 10 ms; -1 where it is
 * off). What is left of their life they slept, of their own will. Then it sleeps on until its stdin is closed, so that it
 * is there when it is looked at last.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define RIVALS 2
#define NAPS 5
#define CHUNK (1 << 20)

/* Of a rival, `wall` is when it began. */
typedef struct {
  long long wall, cpu, delay;
} account;

static long long ms;
static pthread_barrier_t ready, done;
static account rivals[RIVALS];

static long long now_ns(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static void nap(long long ns) {
  struct timespec time = {ns / 1000000000LL, ns % 1000000000LL};
  nanosleep(&time, NULL);
}

static void compute(long long ns) {
  long long until = now_ns(CLOCK_THREAD_CPUTIME_ID) + ns;
  while (now_ns(CLOCK_THREAD_CPUTIME_ID) < until) continue;
}

/* What the kernel says of the calling thread. */
static account read_schedstat(void) {
  account own = {0, 0, 0};
  char path[64], text[96] = "";
  snprintf(path, sizeof path, "/proc/self/task/%ld/schedstat", syscall(SYS_gettid));
  int file = open(path, O_RDONLY);
  if (file < 0 || read(file, text, sizeof text - 1) < 1) exit(3);
  close(file);
  sscanf(text, "%lld %lld", &own.cpu, &own.delay);
  return own;
}

static void *compete(void *slot) {
  long long began = now_ns(CLOCK_MONOTONIC);
  pthread_barrier_wait(&ready);
  compute(ms * 1000000);
  account own = read_schedstat();
  own.wall = began;
  *(account *)slot = own;
  pthread_barrier_wait(&done);
  pause();
  return NULL;
}

static long long wait_in_vfork(void) {
  long long before = now_ns(CLOCK_MONOTONIC);
  for (int round = 0; round < NAPS; round++) {
    if (vfork() == 0) {
      nap(ms * 1000000 / NAPS);
      _exit(0);
    }
  }
  long long took = now_ns(CLOCK_MONOTONIC) - before;
  while (wait(NULL) > 0) continue;
  return took;
}

/* Written first, and forced to the device. */
static long long read_from_device(const char *directory) {
  char path[4096];
  void *buffer;
  snprintf(path, sizeof path, "%s/shares.%d", directory, getpid());
  if (posix_memalign(&buffer, 4096, CHUNK) != 0) exit(4);
  memset(buffer, 7, CHUNK);
  int file = open(path, O_RDWR | O_CREAT | O_EXCL | O_DIRECT, 0600);
  if (file < 0 || unlink(path) != 0) exit(5);
  for (int chunk = 0; chunk < 8; chunk++)
    if (pwrite(file, buffer, CHUNK, (off_t)chunk * CHUNK) != CHUNK) exit(6);
  long long began = now_ns(CLOCK_MONOTONIC), until = began + ms * 1000000;
  for (int chunk = 0; now_ns(CLOCK_MONOTONIC) < until; chunk = (chunk + 1) % 8)
    if (pread(file, buffer, CHUNK, (off_t)chunk * CHUNK) != CHUNK) exit(7);
  close(file);
  return now_ns(CLOCK_MONOTONIC) - began;
}

/* Field 42 of /proc/self/stat; delay accounting may be off, which is where it stays 0. */
static long long block_io_ticks(void) {
  char text[1024] = "";
  long long value = -1;
  int file = open("/proc/self/stat", O_RDONLY);
  if (file < 0 || read(file, text, sizeof text - 1) < 1) exit(8);
  close(file);
  char *field = strrchr(text, ')') + 2;
  for (int number = 3; number < 42 && field != NULL; number++) {
    field = strchr(field, ' ');
    if (field != NULL) field++;
  }
  if (field != NULL) value = atoll(field);
  return value > 0 ? value : -1;
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  long long began = now_ns(CLOCK_MONOTONIC);
  ms = atoll(argv[1]);
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(0, &set);
  sched_setaffinity(0, sizeof set, &set);
  pthread_barrier_init(&ready, NULL, RIVALS + 1);
  pthread_barrier_init(&done, NULL, RIVALS + 1);
  pthread_t thread;
  for (int rival = 0; rival < RIVALS; rival++)
    if (pthread_create(&thread, NULL, compete, &rivals[rival]) != 0) return 9;
  pthread_barrier_wait(&ready);
  compute(ms * 1000000);
  pthread_barrier_wait(&done);
  nap(ms * 1000000);
  long long blocked = wait_in_vfork();
  long long io = read_from_device(argv[2]);
  nap(ms * 1000000);
  account all = read_schedstat();
  all.wall = now_ns(CLOCK_MONOTONIC) - began;
  for (int rival = 0; rival < RIVALS; rival++) {
    all.wall += now_ns(CLOCK_MONOTONIC) - rivals[rival].wall;
    all.cpu += rivals[rival].cpu;
    all.delay += rivals[rival].delay;
  }
  printf("{\"pid\":%d,\"naps\":%lld,\"wall\":%lld,\"cpu\":%lld,\"delay\":%lld,\"blocked\":%lld,\"io\":%lld,\"ticks\":%lld}\n",
         getpid(), ms * 1000000 / NAPS * NAPS, all.wall, all.cpu, all.delay, blocked, io, block_io_ticks());
  fflush(stdout);
  char end;
  return read(0, &end, 1) < 0;
}
