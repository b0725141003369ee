/*
 * seek FILE WHENCE HOW TIMES   Searches a file for holes or data, TIMES times, and tells how often and how long.
 *
 * WHENCE: hole, data. HOW: each (from the start), walk (from change to change to the end), append (a block is added
 * after each search), garbage (rubbish in the upper half of 32-bit arguments),
 * threads (four, each TIMES), exec (half, then another program of another name goes on), children (TIMES short-lived
 * ones), until (until SIGTERM).
 */
#include "account.h"

static uint64_t holes, datas, total_ns, longest_ns;

static void account(int whence, uint64_t ns) {
  __atomic_add_fetch(whence == SEEK_HOLE ? &holes : &datas, 1, __ATOMIC_RELAXED);
  __atomic_add_fetch(&total_ns, ns, __ATOMIC_RELAXED);
  uint64_t before = __atomic_load_n(&longest_ns, __ATOMIC_RELAXED);
  while (ns > before && !__atomic_compare_exchange_n(&longest_ns, &before, ns, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
  }
}

static off_t search(int fd, off_t from, int whence) {
  uint64_t start = now_ns();
  off_t found = lseek(fd, from, whence);
  account(whence, now_ns() - start);
  return found;
}

static void each(int fd, int whence, long times) {
  for (long i = 0; i < times && !stopped; i++) search(fd, 0, whence);
}

static void walk(int fd, int whence, long times) {
  (void)whence;
  for (long i = 0; i < times; i++) {
    off_t at = 0, end = lseek(fd, 0, SEEK_END);
    while (at >= 0 && at < end) {
      at = search(fd, at, SEEK_DATA);
      if (at >= 0) at = search(fd, at, SEEK_HOLE);
    }
  }
}

static void append(int fd, int whence, long times) {
  char block[BLOCK];
  memset(block, 'a', sizeof block);
  for (long i = 0; i < times; i++) {
    search(fd, 0, whence);
    if (pwrite(fd, block, sizeof block, lseek(fd, 0, SEEK_END)) != sizeof block) fail("append");
  }
}

static void garbage(int fd, int whence, long times) {
  for (long i = 0; i < times; i++) {
    uint64_t start = now_ns();
    syscall(SYS_lseek, 0xdeadbeef00000000ul | fd, 0, 0xdeadbeef00000000ul | whence);
    account(whence, now_ns() - start);
  }
}

struct share {
  int fd, whence;
  long times;
};

static void *thread(void *argument) {
  struct share *share = argument;
  each(share->fd, share->whence, share->times);
  return NULL;
}

static void threads(int fd, int whence, long times) {
  pthread_t ids[4];
  struct share share = {fd, whence, times};
  for (int i = 0; i < 4; i++) pthread_create(&ids[i], NULL, thread, &share);
  for (int i = 0; i < 4; i++) pthread_join(ids[i], NULL);
}

static void children(int fd, int whence, long times) {
  for (long i = 0; i < times; i++) {
    if (fork() == 0) {
      each(fd, whence, 1);
      tell("{\"pid\":%d,\"child\":true,\"seek_hole\":%lu,\"seek_data\":%lu}\n", own_pid(), holes, datas);
      _exit(0);
    }
    wait(NULL);
  }
}

static void report(void) {
  tell("{\"pid\":%d,\"seek_hole\":%lu,\"seek_data\":%lu,\"seek_ns\":%lu,\"seek_max_ns\":%lu}\n", own_pid(), holes, datas,
       total_ns, longest_ns);
}

static const struct {
  const char *name;
  void (*run)(int fd, int whence, long times);
} HOW[] = {{"each", each},       {"walk", walk},     {"append", append},    {"garbage", garbage}, {"until", each},
           {"threads", threads}, {"children", children}};

int main(int argc, char **argv) {
  if (argc < 5) return 2;
  const char *file = argv[1], *how = argv[3];
  int whence = strcmp(argv[2], "hole") == 0 ? SEEK_HOLE : SEEK_DATA;
  long times = atol(argv[4]);
  if (argc > 8) {
    holes = strtoul(argv[5], NULL, 10);
    datas = strtoul(argv[6], NULL, 10);
    total_ns = strtoul(argv[7], NULL, 10);
    longest_ns = strtoul(argv[8], NULL, 10);
  }
  stop_on_term();
  int fd = open(file, strcmp(how, "append") == 0 ? O_RDWR : O_RDONLY);
  if (fd < 0) fail(file);
  if (strcmp(how, "exec") == 0) {
    each(fd, whence, times / 2);
    char rest[24], kept[4][24], other[4096];
    snprintf(rest, sizeof rest, "%ld", times - times / 2);
    const uint64_t accounts[4] = {holes, datas, total_ns, longest_ns};
    for (int i = 0; i < 4; i++) snprintf(kept[i], sizeof kept[i], "%lu", accounts[i]);
    snprintf(other, sizeof other, "%s-later", argv[0]);
    execl(other, other, file, argv[2], "each", rest, kept[0], kept[1], kept[2], kept[3], NULL);
    fail(other);
  }
  for (unsigned i = 0; i < sizeof HOW / sizeof *HOW; i++) {
    if (strcmp(HOW[i].name, how) != 0) continue;
    HOW[i].run(fd, whence, times);
    report();
    return 0;
  }
  return 2;
}
