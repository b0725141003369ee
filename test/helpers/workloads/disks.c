/*
 * disks DEVICE HOW COUNT   Asks a block device for COUNT requests of a known size, past the page cache unless HOW says
 * otherwise; says how many, how many bytes, and how long they took by its own clock, over all threads.
 *
 * HOW: `read`, `write`: 4 KiB each, one after the other; `big`: reads of 32 KiB; `threads`: reads by four threads, each
 * COUNT of its own; `same`: the same, all of the same block; `ahead`: reads that nobody waits for (fadvise), each 4 KiB;
 * `cached`: writes into the page cache and leaves them there; `flush`: has all that is there written (fsync); `leave`:
 * writes into the page cache, has the writing begun (sync_file_range) and ends without waiting for it; `error`: reads
 * beyond the end, which makes no request.
 */
#include "../../honest/workloads/account.h"

#define THREADS 4
#define BIG (8 * BLOCK)
/* Between one block and the next, so that none is merged with another. */
#define STRIDE (16L * BLOCK)

static int fd, isSame;
static long times, size = BLOCK, isWrite;
static _Atomic long requests, bytes, took_ns;

static void one(long number) {
  static _Thread_local char *room;
  if (room == NULL && posix_memalign((void **)&room, BLOCK, BIG) != 0) fail("memory");
  uint64_t start = now_ns();
  long done = isWrite ? pwrite(fd, room, size, number * STRIDE) : pread(fd, room, size, number * STRIDE);
  took_ns += now_ns() - start;
  if (done != size) fail("request");
  requests++;
  bytes += size;
}

static void *repeat(void *from) {
  for (long n = 0; n < times; n++) one(isSame ? 0 : (long)from + n);
  return NULL;
}

static void with_threads(void) {
  pthread_t threads[THREADS];
  for (long i = 0; i < THREADS; i++) pthread_create(&threads[i], NULL, repeat, (void *)(i * times));
  for (long i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
}

int main(int argc, char **argv) {
  if (argc < 4) return 2;
  const char *how = argv[2];
  times = atol(argv[3]);
  int isCached = strcmp(how, "cached") == 0 || strcmp(how, "leave") == 0;
  int isBuffered = isCached || strcmp(how, "ahead") == 0 || strcmp(how, "flush") == 0;
  isWrite = isCached || strcmp(how, "write") == 0;
  isSame = strcmp(how, "same") == 0;
  if (strcmp(how, "big") == 0) size = BIG;
  fd = open(argv[1], O_RDWR | (isBuffered ? 0 : O_DIRECT));
  if (fd < 0) fail(argv[1]);
  if (isSame || strcmp(how, "threads") == 0) {
    with_threads();
  } else if (strcmp(how, "ahead") == 0) {
    for (long n = 0; n < times; n++) posix_fadvise(fd, n * STRIDE, BLOCK, POSIX_FADV_WILLNEED);
    requests = times;
    bytes = times * BLOCK;
  } else if (strcmp(how, "flush") == 0) {
    if (fsync(fd) != 0) fail("fsync");
  } else if (strcmp(how, "error") == 0) {
    static char none[BLOCK];
    for (long n = 0; n < times; n++)
      if (pread(fd, none, BLOCK, lseek(fd, 0, SEEK_END)) > 0) fail("there is more");
  } else {
    repeat(NULL);
    if (strcmp(how, "leave") == 0 && sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE) != 0) fail("sync_file_range");
  }
  tell("{\"pid\":%d,\"requests\":%ld,\"bytes\":%ld,\"ns\":%ld}\n", own_pid(), requests, bytes, took_ns);
  _exit(0);
}
