/*
 * switches pipe|futex N: a storm of context switches and nothing else.
 *
 * pipe: two processes on one CPU pass a byte to and fro N times. futex: 500 threads wait for their turn, which each
 * hands to the next, N turns in all.
 */
#define _GNU_SOURCE
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define THREADS 500

static long rounds;
static int turns[THREADS];

static void stay_on_one_cpu(void) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(sched_getcpu(), &set);
  sched_setaffinity(0, sizeof set, &set);
}

static void pass(int from, int to) {
  char byte = 0;
  if (read(from, &byte, 1) != 1 || write(to, &byte, 1) != 1) exit(3);
}

static int by_pipe(void) {
  int there[2], back[2];
  if (pipe(there) != 0 || pipe(back) != 0) return 4;
  pid_t other = fork();
  if (other < 0) return 5;
  if (other > 0 && write(there[1], "", 1) != 1) return 6;
  for (long round = 0; round < rounds; round++) {
    if (other == 0) pass(there[0], back[1]);
    else if (round < rounds - 1) pass(back[0], there[1]);
  }
  return other > 0 && wait(NULL) < 0;
}

static void *take_turns(void *slot) {
  long own = (long)slot;
  for (long turn = own; turn < rounds; turn += THREADS) {
    while (__atomic_load_n(&turns[own], __ATOMIC_ACQUIRE) == 0)
      syscall(SYS_futex, &turns[own], FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
    __atomic_store_n(&turns[own], 0, __ATOMIC_RELEASE);
    int *next = &turns[(own + 1) % THREADS];
    __atomic_store_n(next, 1, __ATOMIC_RELEASE);
    syscall(SYS_futex, next, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
  }
  return NULL;
}

static int by_futex(void) {
  pthread_t threads[THREADS];
  turns[0] = 1;
  for (long own = 0; own < THREADS; own++)
    if (pthread_create(&threads[own], NULL, take_turns, (void *)own) != 0) return 7;
  for (int own = 0; own < THREADS; own++) pthread_join(threads[own], NULL);
  return 0;
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  rounds = atol(argv[2]);
  stay_on_one_cpu();
  return strcmp(argv[1], "pipe") == 0 ? by_pipe() : by_futex();
}
