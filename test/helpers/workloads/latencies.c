/*
 * latencies DIR TIMES
 *
 * Creates TIMES files in DIR, searches each for a hole, forces each to its disk and removes it, in two threads, and times
 * each call by itself. One line of JSON at the end: its PID, and by kind of call how many took how long by its own clock:
 * first those below 1 us, then below 2, 4, 8 us and so on. What the kernel does of a call is part of what it takes here.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { CREATE, SEEK, SYNC, KINDS };
enum { BUCKETS = 27 };

static const char *const names[KINDS] = {"create", "seek", "sync"};
static unsigned long calls[KINDS][BUCKETS];
static const char *dir;
static int times;

static unsigned long long now(void) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  return at.tv_sec * 1000000000ull + at.tv_nsec;
}

static void took(int kind, unsigned long long since) {
  unsigned long long us = (now() - since) / 1000;
  int bucket = 0;
  for (; us > 0 && bucket < BUCKETS - 1; us /= 2) bucket++;
  __atomic_add_fetch(&calls[kind][bucket], 1, __ATOMIC_RELAXED);
}

static void *work(void *name) {
  char path[4096];
  for (int i = 0; i < times; i++) {
    snprintf(path, sizeof path, "%s/%s-%d", dir, (const char *)name, i);
    unsigned long long since = now();
    int file = open(path, O_CREAT | O_EXCL | O_RDWR, 0600);
    if (file < 0) exit(1);
    took(CREATE, since);
    if (write(file, "x", 1) != 1) exit(1);
    since = now();
    if (lseek(file, 0, SEEK_HOLE) < 0) exit(1);
    took(SEEK, since);
    since = now();
    if (fsync(file) != 0) exit(1);
    took(SYNC, since);
    close(file);
    unlink(path);
  }
  return NULL;
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  dir = argv[1];
  times = atoi(argv[2]);
  pthread_t other;
  if (pthread_create(&other, NULL, work, "b") != 0) return 1;
  work("a");
  pthread_join(other, NULL);
  printf("{\"pid\":%d", getpid());
  for (int kind = 0; kind < KINDS; kind++) {
    printf(",\"%s\":[", names[kind]);
    for (int i = 0; i < BUCKETS; i++) printf("%s%lu", i ? "," : "", calls[kind][i]);
    printf("]");
  }
  printf("}\n");
  return 0;
}
