/*
 * files DIRECTORY HOW TIMES   Makes TIMES files by one entry point of the kernel, and takes them away again; tells what
 * it made, removed and renamed, and how long the successful calls took together.
 *
 * HOW is a row of the table at the end: the entry point. `uring-…` goes through io_uring,
 * `children` has each file made by a short-lived process, `until` makes and removes until SIGTERM.
 */
#include "account.h"
#include <linux/openat2.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>

static char path[96], other[96];
static int directory;

#include "uring-files.h"

static void name(long i) {
  snprintf(path, sizeof path, "f%ld", i);
  snprintf(other, sizeof other, "g%ld", i);
}

/* Closes what was opened; the call's own result. */
static long opened(long fd) {
  if (fd >= 0) close(fd);
  return fd;
}

static long by_open(void) { return opened(syscall(SYS_openat, directory, path, O_CREAT | O_EXCL | O_WRONLY, 0644)); }
static long by_garbage(void) {
  return opened(syscall(SYS_openat, 0xdeadbeef00000000ul | directory, path, 0xdeadbeef00000000ul | O_CREAT | O_WRONLY, 0644));
}
static long by_openat2(void) {
  struct open_how how = {.flags = O_CREAT | O_WRONLY, .mode = 0644};
  return opened(syscall(SYS_openat2, directory, path, &how, sizeof how));
}
/* A copy in a page that nobody has touched since it was mapped. */
static void *cold_copy(const void *what, size_t size) {
  int fd = syscall(SYS_memfd_create, "cold", 0);
  if (fd < 0 || write(fd, what, size) != (ssize_t)size) fail("memfd");
  void *cold = mmap(NULL, BLOCK, PROT_READ, MAP_SHARED, fd, 0);
  close(fd);
  return cold;
}
static long by_openat2_cold(void) {
  struct open_how how = {.flags = O_CREAT | O_WRONLY, .mode = 0644};
  void *cold = cold_copy(&how, sizeof how);
  long made = opened(syscall(SYS_openat2, directory, path, cold, sizeof how));
  munmap(cold, BLOCK);
  return made;
}
static long by_mkdirat(void) { return mkdirat(directory, path, 0755); }
static long by_mknodat(void) { return mknodat(directory, path, S_IFREG | 0644, 0); }
static long by_device(void) { return mknodat(directory, path, S_IFCHR | 0600, 0x103); }
static long by_fifo(void) { return mkfifoat(directory, path, 0600); }
static long by_symlinkat(void) { return symlinkat("nowhere", directory, path); }
static long by_linkat(void) { return linkat(directory, "one", directory, path, 0); }
static long by_tmpfile(void) { return opened(openat(directory, ".", O_TMPFILE | O_WRONLY, 0600)); }
static long bound(const struct sockaddr_un *address) {
  int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
  long made = bind(fd, (const struct sockaddr *)address, sizeof *address);
  close(fd);
  return made;
}
static struct sockaddr_un address_here(void) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  strncpy(address.sun_path, path, sizeof address.sun_path - 1);
  return address;
}
static long by_bind(void) {
  struct sockaddr_un address = address_here();
  return bound(&address);
}
static long by_bind_cold(void) {
  struct sockaddr_un address = address_here();
  void *cold = cold_copy(&address, sizeof address);
  long made = bound(cold);
  munmap(cold, BLOCK);
  return made;
}
#ifdef SYS_open
static long by_old_open(void) { return opened(syscall(SYS_open, path, O_CREAT | O_WRONLY, 0644)); }
static long by_creat(void) { return opened(syscall(SYS_creat, path, 0644)); }
static long by_mkdir(void) { return syscall(SYS_mkdir, path, 0755); }
static long by_mknod(void) { return syscall(SYS_mknod, path, S_IFREG | 0644, 0); }
static long by_symlink(void) { return syscall(SYS_symlink, "nowhere", path); }
static long by_link(void) { return syscall(SYS_link, "one", path); }
static long old_unlink(void) { return syscall(SYS_unlink, path); }
static long old_rmdir(void) { return syscall(SYS_rmdir, path); }
static long old_rename(void) { return syscall(SYS_rename, path, other) == 0 ? syscall(SYS_rename, other, path) : -1; }
#else
#define by_old_open by_open
#define by_creat by_open
#define by_mkdir by_mkdirat
#define by_mknod by_mknodat
#define by_symlink by_symlinkat
#define by_link by_linkat
#define old_unlink take_file
#define old_rmdir take_directory
#define old_rename rename_twice
#endif
static long take_file(void) { return unlinkat(directory, path, 0); }
static long take_directory(void) { return unlinkat(directory, path, AT_REMOVEDIR); }
/* An anonymous file is gone when it is closed. */
static long take_anonymous(void) { return 0; }
/* It is there already: opened, not made. */
static long open_existing(void) {
  opened(openat(directory, "one", O_CREAT | O_WRONLY, 0644));
  return -1;
}
static long take_nothing(void) { return -1; }

static long flagged(const char *from, const char *to, unsigned flags) {
  return syscall(SYS_renameat2, directory, from, directory, to, flags);
}
static long rename_twice(void) { return flagged(path, other, 0) == 0 ? flagged(other, path, 0) : -1; }
static long no_replace(void) { return flagged(path, other, 1) == 0 ? flagged(other, path, 1) : -1; }
static long exchange(void) { return flagged(path, "one", 2) == 0 ? flagged(path, "one", 2) : -1; }
/* Each is refused: there is one of that name already. */
static long refused(void) { return flagged(path, "one", 1); }

static const struct entry {
  const char *name;
  long (*make)(void), (*take)(void), (*change)(void);
} ENTRIES[] = {
    {"openat", by_open, take_file, NULL},
    {"openat-garbage", by_garbage, take_file, NULL},
    {"openat2", by_openat2, take_file, NULL},
    {"openat2-cold", by_openat2_cold, take_file, NULL},
    {"open", by_old_open, old_unlink, NULL},
    {"creat", by_creat, old_unlink, NULL},
    {"mkdir", by_mkdir, old_rmdir, NULL},
    {"mkdirat", by_mkdirat, take_directory, NULL},
    {"mknod", by_mknod, old_unlink, NULL},
    {"mknodat", by_mknodat, take_file, NULL},
    {"device", by_device, take_file, NULL},
    {"fifo", by_fifo, take_file, NULL},
    {"symlink", by_symlink, old_unlink, NULL},
    {"symlinkat", by_symlinkat, take_file, NULL},
    {"link", by_link, old_unlink, NULL},
    {"linkat", by_linkat, take_file, NULL},
    {"bind", by_bind, take_file, NULL},
    {"bind-cold", by_bind_cold, take_file, NULL},
    {"tmpfile", by_tmpfile, take_anonymous, NULL},
    {"existing", open_existing, take_nothing, NULL},
    {"rename", by_open, take_file, old_rename},
    {"renameat2", by_open, take_file, rename_twice},
    {"noreplace", by_open, take_file, no_replace},
    {"exchange", by_open, take_file, exchange},
    {"refused", by_open, take_file, refused},
    {"uring-openat", uring_open, uring_unlink, NULL},
    {"uring-mkdirat", uring_mkdir, uring_rmdir, NULL},
    {"uring-symlinkat", uring_symlink, uring_unlink, NULL},
    {"uring-linkat", uring_link, uring_unlink, NULL},
    {"uring-renameat", uring_open, uring_unlink, uring_rename},
};

static uint64_t times_ns[3];
static long done[3];
enum { CREATE, UNLINK, RENAME };

static void account(int kind, long (*call)(void), long worth) {
  uint64_t start = now_ns();
  if (call() >= 0) {
    times_ns[kind] += now_ns() - start;
    done[kind] += worth;
  }
}

static void once(const struct entry *entry, long i) {
  name(i);
  account(CREATE, entry->make, 1);
  if (entry->change != NULL) account(RENAME, entry->change, 2);
  account(UNLINK, entry->take, 1);
}

static void report(const char *more) {
  tell("{\"pid\":%d,%s\"create\":%ld,\"unlink\":%ld,\"rename\":%ld,"
       "\"create_ns\":%lu,\"unlink_ns\":%lu,\"rename_ns\":%lu}\n",
       own_pid(), more, done[CREATE], done[UNLINK], done[RENAME], times_ns[CREATE], times_ns[UNLINK], times_ns[RENAME]);
}

static void children(const struct entry *entry, long times) {
  for (long i = 0; i < times; i++) {
    if (fork() == 0) {
      once(entry, i);
      report("\"child\":true,");
      _exit(0);
    }
    wait(NULL);
  }
}

int main(int argc, char **argv) {
  if (argc < 4) return 2;
  const char *how = argv[2];
  long times = atol(argv[3]);
  stop_on_term();
  directory = open(argv[1], O_RDONLY | O_DIRECTORY);
  if (directory < 0 || fchdir(directory) != 0) fail(argv[1]);
  if (strncmp(how, "uring-", 6) == 0) uring_open_ring();
  for (unsigned i = 0; i < sizeof ENTRIES / sizeof *ENTRIES; i++) {
    const struct entry *entry = &ENTRIES[i];
    const char *wanted = strcmp(how, "until") == 0 || strcmp(how, "children") == 0 ? "openat" : how;
    if (strcmp(entry->name, wanted) != 0) continue;
    if (strcmp(how, "children") == 0) {
      children(entry, times);
    } else {
      int endless = strcmp(how, "until") == 0;
      for (long n = 0; endless ? !stopped : n < times; n++) once(entry, n);
    }
    report("");
    return 0;
  }
  return 2;
}
