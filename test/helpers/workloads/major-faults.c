/*
 * major-faults FILE HOW: brings every page of FILE into memory, from the device, in one way, and prints how many major
 * faults the kernel says the process took: "touch" by itself, "populate" by MADV_POPULATE_READ, "copy" by
 * process_vm_readv of its own memory, "threads" half of it by each of two threads that end before it does.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#endif
#define PAGE 4096

static char *memory;
static size_t half;

/* A page at a time: a call for all of them would be answered by what was read around the first. */
static void *populate(void *from) {
  for (size_t at = 0; at < half; at += PAGE) {
    if (madvise((char *)from + at, PAGE, MADV_POPULATE_READ) != 0) return from;
  }
  return NULL;
}

int main(int count, char **arguments) {
  struct stat file;
  if (count != 3) return 2;
  int fd = open(arguments[1], O_RDONLY);
  if (fd < 0 || fstat(fd, &file) != 0) return 1;
  posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
  memory = mmap(NULL, file.st_size, PROT_READ, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED || madvise(memory, file.st_size, MADV_RANDOM) != 0) return 1;
  half = file.st_size;
  volatile char sum = 0;
  if (strcmp(arguments[2], "touch") == 0) {
    for (off_t at = 0; at < file.st_size; at += PAGE) sum += memory[at];
  } else if (strcmp(arguments[2], "populate") == 0) {
    if (populate(memory) != NULL) return 77;
  } else if (strcmp(arguments[2], "copy") == 0) {
    char page[PAGE];
    for (off_t at = 0; at < file.st_size; at += PAGE) {
      struct iovec to = {page, PAGE}, from = {memory + at, PAGE};
      if (process_vm_readv(getpid(), &to, 1, &from, 1, 0) != PAGE) return 77;
    }
  } else if (strcmp(arguments[2], "threads") == 0) {
    pthread_t one, two;
    void *failed[2];
    half = file.st_size / 2;
    if (pthread_create(&one, NULL, populate, memory) != 0) return 1;
    if (pthread_create(&two, NULL, populate, memory + half) != 0) return 1;
    pthread_join(one, &failed[0]);
    pthread_join(two, &failed[1]);
    if (failed[0] != NULL || failed[1] != NULL) return 77;
  } else {
    return 2;
  }
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  printf("%ld\n", usage.ru_majflt);
  return 0;
}
