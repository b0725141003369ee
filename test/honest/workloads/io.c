/*
 * io FILE HOW COUNT   Reads or writes a file in one way; tells what the kernel has put down to this process for it:
 * getrusage and /proc/self/io. COUNT is in pages of 4 KiB; the file is dropped from the cache first.
 *
 * HOW: read, touch (each 16th page of a mapping), populate (MADV_POPULATE_READ), remote (process_vm_readv out of a
 * child's mapping), from-mapping (write(2) out of it), direct-read, direct-write, buffered-write (and fsync),
 * uring-read, children (COUNT/16 short-lived ones, each touches a page), until (reads until SIGTERM), hold (COUNT pages
 * of memory touched, then held for three seconds).
 */
#include "account.h"
#include <sys/mman.h>
#include <sys/uio.h>

#include "../../helpers/workloads/uring.h"

#define APART 16
#define AT_ONCE (256 * BLOCK)

static int fd;
static const char *file;
static char *buffer;

static void drop(void) {
  fdatasync(fd);
  posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
}

static char *mapped(long pages) {
  char *memory = mmap(NULL, pages * BLOCK, PROT_READ, MAP_PRIVATE, fd, 0);
  if (memory == MAP_FAILED) fail("mmap");
  madvise(memory, pages * BLOCK, MADV_RANDOM);
  return memory;
}

static void read_all(long pages) {
  (void)pages;
  lseek(fd, 0, SEEK_SET);
  while (read(fd, buffer, AT_ONCE) > 0) {
  }
}

static void touch(long pages) {
  char *memory = mapped(pages);
  for (long page = 0; page < pages; page += APART) *(volatile char *)(memory + page * BLOCK);
}

static void populate(long pages) {
  if (madvise(mapped(pages), pages * BLOCK, 22) != 0) not_here("MADV_POPULATE_READ is not known here");
}

static void remote(long pages) {
  char *memory = mapped(pages);
  pid_t child = fork();
  if (child == 0) {
    pause();
    _exit(0);
  }
  for (long page = 0; page < pages; page += APART) {
    struct iovec here = {buffer, BLOCK}, there = {memory + page * BLOCK, BLOCK};
    if (process_vm_readv(child, &here, 1, &there, 1, 0) != BLOCK) fail("process_vm_readv");
  }
  kill(child, SIGKILL);
  wait(NULL);
}

static void from_mapping(long pages) {
  char *memory = mapped(pages);
  int null = open("/dev/shm", O_TMPFILE | O_WRONLY, 0600);
  if (null < 0) null = open("/tmp", O_TMPFILE | O_WRONLY, 0600);
  for (long page = 0; page < pages; page += APART)
    if (write(null, memory + page * BLOCK, BLOCK) != BLOCK) fail("write");
}

static void direct(long pages, int flags) {
  int other = open(file, flags | O_DIRECT);
  if (other < 0) not_here("O_DIRECT is not taken here");
  for (long at = 0; at < pages * BLOCK; at += AT_ONCE) {
    ssize_t moved = flags == O_RDONLY ? pread(other, buffer, AT_ONCE, at) : pwrite(other, buffer, AT_ONCE, at);
    if (moved != AT_ONCE) fail("O_DIRECT");
  }
}
static void direct_read(long pages) { direct(pages, O_RDONLY); }
static void direct_write(long pages) { direct(pages, O_WRONLY); }

static void buffered_write(long pages) {
  for (long at = 0; at < pages * BLOCK; at += AT_ONCE)
    if (pwrite(fd, buffer, AT_ONCE, at) != AT_ONCE) fail("write");
  fsync(fd);
}

static void uring_read(long pages) {
  uring_open_ring();
  for (long at = 0; at < pages * BLOCK; at += AT_ONCE) {
    struct io_uring_sqe call = {
        .opcode = IORING_OP_READ, .fd = fd, .addr = (uintptr_t)buffer, .len = AT_ONCE, .off = at, .flags = IOSQE_ASYNC};
    if (uring_call(call) != AT_ONCE) fail("io_uring read");
  }
}

static void until(long pages) {
  while (!stopped) {
    drop();
    touch(pages);
  }
}

static void hold(long pages) {
  char *memory = mmap(NULL, pages * BLOCK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  madvise(memory, pages * BLOCK, MADV_NOHUGEPAGE);
  for (long page = 0; page < pages; page++) memory[page * BLOCK] = 1;
  for (long slept = 0; slept < 30; slept++) rest_ms(100);
}

static long from_proc(const char *where, const char *label) {
  char line[128];
  long value = -1;
  FILE *text = fopen(where, "r");
  while (text != NULL && fgets(line, sizeof line, text) != NULL)
    if (strncmp(line, label, strlen(label)) == 0) value = atol(line + strlen(label));
  if (text != NULL) fclose(text);
  return value;
}

static void report(const char *more) {
  struct rusage usage;
  long in = from_proc("/proc/self/io", "read_bytes:"), out = from_proc("/proc/self/io", "write_bytes:");
  long rss = from_proc("/proc/self/status", "VmRSS:"), anon = from_proc("/proc/self/status", "RssAnon:");
  getrusage(RUSAGE_SELF, &usage);
  tell("{\"pid\":%d,%s\"major\":%ld,\"minor\":%ld,\"read_bytes\":%ld,\"write_bytes\":%ld,\"rss\":%ld,\"anon\":%ld}\n",
       own_pid(), more, usage.ru_majflt, usage.ru_minflt, in, out, rss * 1024, anon * 1024);
}

static void children(long pages) {
  for (long page = 0; page < pages; page += APART) {
    if (fork() == 0) {
      char *memory = mapped(pages);
      *(volatile char *)(memory + page * BLOCK);
      report("\"child\":true,");
      _exit(0);
    }
    wait(NULL);
  }
}

static const struct {
  const char *name;
  void (*run)(long pages);
} HOW[] = {{"read", read_all},
           {"touch", touch},
           {"populate", populate},
           {"remote", remote},
           {"from-mapping", from_mapping},
           {"direct-read", direct_read},
           {"direct-write", direct_write},
           {"buffered-write", buffered_write},
           {"uring-read", uring_read},
           {"children", children},
           {"until", until},
           {"hold", hold}};

int main(int argc, char **argv) {
  if (argc < 4) return 2;
  stop_on_term();
  file = argv[1];
  buffer = mmap(NULL, AT_ONCE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  fd = open(file, O_RDWR | O_CREAT, 0644);
  if (fd < 0) fd = open(file, O_RDONLY);
  if (fd < 0) fail(file);
  drop();
  for (unsigned i = 0; i < sizeof HOW / sizeof *HOW; i++) {
    if (strcmp(HOW[i].name, argv[2]) != 0) continue;
    HOW[i].run(atol(argv[3]));
    report("");
    _exit(0);
  }
  return 2;
}
