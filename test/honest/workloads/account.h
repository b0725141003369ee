/*
 * What every workload of the honesty trial shares: a clock, a stop by SIGTERM, and an account of its own work that it
 * prints as one line of JSON. The account is a witness: it knows of no tracer.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BLOCK 4096
#define USED_BY_SOME __attribute__((unused))

static volatile sig_atomic_t stopped;

static void stop(int signal) {
  (void)signal;
  stopped = 1;
}

/* Who waits for this line may ask it to stop. */
static USED_BY_SOME void stop_on_term(void) {
  signal(SIGTERM, stop);
  if (write(1, "ready\n", 6) != 6) exit(1);
}

static USED_BY_SOME uint64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* As the owner of this /proc numbers us, whatever namespace we are in. */
static USED_BY_SOME int own_pid(void) {
  char number[24] = "";
  return readlink("/proc/self", number, sizeof number - 1) > 0 ? atoi(number) : getpid();
}

static USED_BY_SOME void rest_ms(int milliseconds) {
  struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000L};
  nanosleep(&time, NULL);
}

static USED_BY_SOME void fail(const char *what) {
  fprintf(stderr, "%s: %s\n", what, strerror(errno));
  exit(1);
}

/* Exit status 77: this kernel does not offer it. Told on stderr, and the trial says so. */
static USED_BY_SOME void not_here(const char *what) {
  fprintf(stderr, "%s\n", what);
  exit(77);
}

/* One write, so that lines of several processes do not mix. */
static USED_BY_SOME void tell(const char *format, ...) {
  char line[4096];
  va_list args;
  va_start(args, format);
  int length = vsnprintf(line, sizeof line, format, args);
  va_end(args);
  if (write(1, line, length) != length) exit(1);
}
