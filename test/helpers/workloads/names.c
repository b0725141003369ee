/*
 * names KIND DIR COUNT: makes, removes or moves COUNT names in DIR in one way, each call checked. What is needed
 * besides is made first, with one file called "base". The kinds are the ways that the kernel has; those of io_uring
 * wait for each request before the next; the program ends with 77 where the kernel has no io_uring.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#define GARBAGE 0xdeadbeef00000000UL

static void must(long result, const char *what) {
  if (result >= 0) return;
  perror(what);
  exit(1);
}

static void gone(const char *path) { must(unlink(path), "unlink"); }

static void fail(const char *what) { must(-1, what); }

static void not_here(const char *what) {
  fprintf(stderr, "%s\n", what);
  exit(77);
}

#include "uring.h"

static int ring_path(int opcode, const char *path, unsigned len, unsigned flags) {
  return uring_call((struct io_uring_sqe){
      .opcode = opcode, .fd = AT_FDCWD, .addr = (uintptr_t)path, .len = len, .open_flags = flags});
}

static int ring_two(int opcode, const char *from, const char *to) {
  return uring_call((struct io_uring_sqe){.opcode = opcode,
                                       .fd = AT_FDCWD,
                                       .addr = (uintptr_t)from,
                                       .len = opcode == IORING_OP_SYMLINKAT ? 0 : AT_FDCWD,
                                       .addr2 = (uintptr_t)to});
}

static const char *base, *path, *other;

static void file_(void) { must(close(open(path, O_CREAT | O_WRONLY, 0600)), "open"); gone(path); }
/* Made once, opened with O_CREAT four times more. */
static void again(void) {
  for (int time = 0; time < 5; time++) must(close(open(path, O_CREAT | O_WRONLY, 0600)), "open");
  gone(path);
}
static void opened(void) { must(close(open(base, O_RDONLY)), "open"); }
static void garbage(void) {
  long fd = syscall(SYS_openat, GARBAGE | (unsigned)AT_FDCWD, path, GARBAGE | O_CREAT | O_WRONLY, GARBAGE | 0600);
  must(fd, "openat");
  close(fd);
  must(syscall(SYS_unlinkat, GARBAGE | (unsigned)AT_FDCWD, path, GARBAGE), "unlinkat");
}
static void creat_(void) { must(close(creat(path, 0600)), "creat"); gone(path); }
static void openat2_(void) {
  struct open_how how = {.flags = O_CREAT | O_WRONLY, .mode = 0600};
  for (int time = 0; time < 2; time++) {
    long fd = syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof how);
    must(fd, "openat2");
    close(fd);
  }
  gone(path);
}
static void directory(void) { must(mkdir(path, 0700), "mkdir"); must(rmdir(path), "rmdir"); }
static void regular(void) { must(mknod(path, S_IFREG | 0600, 0), "mknod"); gone(path); }
static void device(void) { must(mknodat(AT_FDCWD, path, S_IFCHR | 0600, makedev(1, 3)), "mknodat"); gone(path); }
static void fifo(void) { must(mkfifo(path, 0600), "mkfifo"); gone(path); }
static void symlink_(void) { must(symlink("target", path), "symlink"); gone(path); }
static void symlinkat_(void) { must(symlinkat("target", AT_FDCWD, path), "symlinkat"); gone(path); }
static void link_(void) { must(link(base, path), "link"); gone(path); }
static void linkat_(void) { must(linkat(AT_FDCWD, base, AT_FDCWD, path, 0), "linkat"); gone(path); }
static void socket_(void) {
  struct sockaddr_un name = {.sun_family = AF_UNIX};
  strcpy(name.sun_path, path);
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  must(syscall(SYS_bind, fd, &name, GARBAGE | sizeof name), "bind");
  close(fd);
  gone(path);
}
/* Names that no file system knows: abstract, chosen by the kernel, and of a network. */
static void unnamed(void) {
  struct sockaddr_un name = {.sun_family = AF_UNIX};
  for (int length = 2; length <= 4; length += 2) {
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    must(bind(fd, (struct sockaddr *)&name, length), "bind");
    close(fd);
  }
}
static void tmpfile_(void) { must(close(open(other, O_TMPFILE | O_RDWR, 0600)), "O_TMPFILE"); }
static void tmplink(void) {
  char from[64];
  int fd = open(other, O_TMPFILE | O_RDWR, 0600);
  must(fd, "O_TMPFILE");
  snprintf(from, sizeof from, "/proc/self/fd/%d", fd);
  must(linkat(AT_FDCWD, from, AT_FDCWD, path, AT_SYMLINK_FOLLOW), "linkat");
  close(fd);
  gone(path);
}
static void rename_(void) { must(rename(base, path), "rename"); must(renameat(AT_FDCWD, path, AT_FDCWD, base), "renameat"); }
static void exchange(void) {
  must(renameat2(AT_FDCWD, base, AT_FDCWD, other, RENAME_EXCHANGE), "renameat2");
}
static void failing(void) {
  if (open(base, O_CREAT | O_EXCL | O_WRONLY, 0600) >= 0 || mkdir(base, 0700) == 0 || mkfifo(base, 0600) == 0) exit(1);
  if (symlink("target", base) == 0 || link(base, base) == 0 || unlink(path) == 0 || rmdir(path) == 0) exit(1);
  if (rename(path, base) == 0 || unlink(other) == 0) exit(1);
}
static void ring_file(void) {
  for (int time = 0; time < 2; time++) {
    int fd = ring_path(IORING_OP_OPENAT, path, 0600, O_CREAT | O_WRONLY);
    must(fd, "uring openat");
    close(fd);
  }
  must(ring_path(IORING_OP_UNLINKAT, path, 0, 0), "uring unlinkat");
}
static void ring_file2(void) {
  struct open_how how = {.flags = O_CREAT | O_WRONLY, .mode = 0600};
  int fd = uring_call((struct io_uring_sqe){.opcode = IORING_OP_OPENAT2, .fd = AT_FDCWD, .addr = (uintptr_t)path,
                                         .len = sizeof how, .off = (uintptr_t)&how});
  must(fd, "uring openat2");
  close(fd);
  if (ring_path(IORING_OP_UNLINKAT, other, 0, 0) >= 0) exit(1);
  must(ring_path(IORING_OP_UNLINKAT, path, 0, 0), "uring unlinkat");
}
static void ring_tmpfile(void) {
  int fd = ring_path(IORING_OP_OPENAT, other, 0600, O_TMPFILE | O_RDWR);
  must(fd, "uring O_TMPFILE");
  close(fd);
}
static void ring_directory(void) {
  must(ring_path(IORING_OP_MKDIRAT, path, 0700, 0), "uring mkdirat");
  must(ring_path(IORING_OP_UNLINKAT, path, 0, AT_REMOVEDIR), "uring unlinkat");
}
static void ring_links(void) {
  must(ring_two(IORING_OP_SYMLINKAT, "target", path), "uring symlinkat");
  must(ring_path(IORING_OP_UNLINKAT, path, 0, 0), "uring unlinkat");
  must(ring_two(IORING_OP_LINKAT, base, path), "uring linkat");
  must(ring_path(IORING_OP_UNLINKAT, path, 0, 0), "uring unlinkat");
}
static void ring_rename(void) {
  must(ring_two(IORING_OP_RENAMEAT, base, path), "uring renameat");
  must(ring_two(IORING_OP_RENAMEAT, path, base), "uring renameat");
}

static const struct { const char *name; void (*once)(void); int ring; } KINDS[] = {
    {"file", file_, 0}, {"again", again, 0}, {"opened", opened, 0}, {"garbage", garbage, 0}, {"creat", creat_, 0},
    {"openat2", openat2_, 0}, {"directory", directory, 0}, {"regular", regular, 0}, {"device", device, 0},
    {"fifo", fifo, 0}, {"symlink", symlink_, 0}, {"symlinkat", symlinkat_, 0}, {"link", link_, 0},
    {"linkat", linkat_, 0}, {"socket", socket_, 0}, {"unnamed", unnamed, 0}, {"tmpfile", tmpfile_, 0},
    {"tmplink", tmplink, 0}, {"rename", rename_, 0}, {"exchange", exchange, 0}, {"failing", failing, 0},
    {"ring-file", ring_file, 1}, {"ring-file2", ring_file2, 1},
    {"ring-tmpfile", ring_tmpfile, 1}, {"ring-directory", ring_directory, 1}, {"ring-links", ring_links, 1},
    {"ring-rename", ring_rename, 1},
};

int main(int count, char **arguments) {
  if (count != 4 || chdir(arguments[2]) != 0) return 2;
  base = "base";
  path = "name";
  other = "other";
  must(mkdir(other, 0700), "mkdir");
  must(close(open(base, O_CREAT | O_EXCL | O_WRONLY, 0600)), "base");
  for (size_t kind = 0; kind < sizeof KINDS / sizeof *KINDS; kind++) {
    if (strcmp(KINDS[kind].name, arguments[1]) != 0) continue;
    if (KINDS[kind].ring) uring_open_ring();
    for (int left = atoi(arguments[3]); left > 0; left--) KINDS[kind].once();
    return 0;
  }
  return 2;
}
