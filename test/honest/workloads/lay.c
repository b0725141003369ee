/*
 * lay FILE WHAT COUNT   Gives a file its shape, or works on one that somebody else searches.
 *
 * Shapes: sparse (COUNT blocks, a hole after each), unwritten (allocated; every second block of 2·COUNT written),
 * beyond (COUNT extents preallocated behind the end), delayed (COUNT blocks appended, not written back), overwrite
 * (every fifth of COUNT blocks, not written back), whole (COUNT blocks, written back).
 * Until SIGTERM: list (FIEMAP), rewrite (blocks of the first COUNT, written back), grow (a block now and then, up to
 * COUNT), flush (another file beside it, written back each time).
 */
#include "account.h"
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <sys/ioctl.h>

static char block[BLOCK];

static void put(int fd, long at) {
  if (pwrite(fd, block, BLOCK, at * BLOCK) != BLOCK) fail("write");
}

static void sparse(int fd, long count) {
  for (long i = 0; i < count; i++) put(fd, 2 * i);
  if (ftruncate(fd, 2 * count * BLOCK) != 0) fail("truncate");
  fsync(fd);
}

static void unwritten(int fd, long count) {
  if (fallocate(fd, 0, 0, 2 * count * BLOCK) != 0) fail("fallocate");
  for (long i = 0; i < count; i++) put(fd, 2 * i);
  fsync(fd);
}

static void beyond(int fd, long count) {
  long end = lseek(fd, 0, SEEK_END) / BLOCK;
  for (long i = 0; i < count; i++)
    if (fallocate(fd, FALLOC_FL_KEEP_SIZE, (end + 2 * i + 1) * BLOCK, BLOCK) != 0) fail("fallocate");
  fsync(fd);
}

static void delayed(int fd, long count) {
  long end = lseek(fd, 0, SEEK_END) / BLOCK;
  for (long i = 0; i < count; i++) put(fd, end + i);
}

static void overwrite(int fd, long count) {
  for (long i = 0; i < count; i += 5) put(fd, i);
}

static void whole(int fd, long count) {
  for (long i = 0; i < count; i++) put(fd, i);
  fsync(fd);
}

static void list(int fd, long count) {
  (void)count;
  while (!stopped) {
    struct fiemap map = {.fm_length = ~0ul, .fm_flags = FIEMAP_FLAG_SYNC};
    if (ioctl(fd, FS_IOC_FIEMAP, &map) != 0) fail("FIEMAP");
    rest_ms(1);
  }
}

static void rewrite(int fd, long count) {
  for (long i = 0; !stopped; i++) {
    put(fd, i * 7 % count);
    if (i % 16 == 0) fdatasync(fd);
  }
}

static void grow(int fd, long count) {
  long end = lseek(fd, 0, SEEK_END) / BLOCK;
  for (long i = 0; !stopped; i++) {
    if (i < count) put(fd, end + i);
    rest_ms(2);
  }
}

static void flush(int fd, long count) {
  for (long i = 0; !stopped; i++) {
    put(fd, i % count);
    fsync(fd);
  }
}

static const struct {
  const char *name;
  void (*run)(int fd, long count);
} WHAT[] = {{"sparse", sparse},       {"unwritten", unwritten}, {"beyond", beyond}, {"delayed", delayed},
            {"overwrite", overwrite}, {"whole", whole},         {"list", list},     {"rewrite", rewrite},
            {"grow", grow},           {"flush", flush}};

int main(int argc, char **argv) {
  if (argc < 4) return 2;
  stop_on_term();
  memset(block, 'b', sizeof block);
  int fd = open(argv[1], O_RDWR | O_CREAT, 0644);
  if (fd < 0) fail(argv[1]);
  for (unsigned i = 0; i < sizeof WHAT / sizeof *WHAT; i++) {
    if (strcmp(WHAT[i].name, argv[2]) != 0) continue;
    WHAT[i].run(fd, atol(argv[3]));
    tell("{\"pid\":%d,\"seek_hole\":0,\"seek_data\":0}\n", own_pid());
    return 0;
  }
  return 2;
}
