/*
 * scarce HOW COUNT   Asks the kernel for memory that it does not give, and tells how often it was refused.
 *
 * HOW: pipes (rings of 256 MiB pipes, each one block of order 10, until COUNT were refused with ENOMEM: to be run in a
 * memory cgroup), compact (COUNT rounds of /proc/sys/vm/compact_memory).
 */
#include "account.h"
#include <sys/mman.h>

static long failures;
static uint64_t compact_ns;

static void pipes(long count) {
  for (int made = 0; failures < count; made++) {
    int ends[2];
    if (made > 500 || pipe(ends) != 0) not_here("so much memory is never refused here");
    if (fcntl(ends[1], F_SETPIPE_SZ, 256 << 20) >= 0) continue;
    if (errno == EPERM) not_here("F_SETPIPE_SZ of 256 MiB needs CAP_SYS_RESOURCE");
    if (errno != ENOMEM) fail("F_SETPIPE_SZ");
    failures++;
    close(ends[0]);
    close(ends[1]);
  }
}

static void compact(long count) {
  int fd = open("/proc/sys/vm/compact_memory", O_WRONLY);
  if (fd < 0) not_here("memory is not compacted here");
  for (long i = 0; i < count; i++) {
    uint64_t start = now_ns();
    if (pwrite(fd, "1", 1, 0) != 1) fail("compact_memory");
    compact_ns += now_ns() - start;
  }
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  stop_on_term();
  if (strcmp(argv[1], "pipes") == 0) pipes(atol(argv[2]));
  if (strcmp(argv[1], "compact") == 0) compact(atol(argv[2]));
  tell("{\"pid\":%d,\"failures\":%ld,\"compact_ns\":%lu}\n", own_pid(), failures, compact_ns);
  return 0;
}
