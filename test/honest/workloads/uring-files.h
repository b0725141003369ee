/* The calls on files by io_uring. */
#include "../../helpers/workloads/uring.h"

static long uring_open(void) {
  long fd = uring_call((struct io_uring_sqe){.opcode = IORING_OP_OPENAT,
                                             .fd = directory,
                                             .addr = (uintptr_t)path,
                                             .len = 0644,
                                             .open_flags = O_CREAT | O_WRONLY});
  if (fd >= 0) close(fd);
  return fd;
}
static long uring_take(int flags) {
  return uring_call((struct io_uring_sqe){
      .opcode = IORING_OP_UNLINKAT, .fd = directory, .addr = (uintptr_t)path, .unlink_flags = flags});
}
static long uring_unlink(void) { return uring_take(0); }
static long uring_rmdir(void) { return uring_take(AT_REMOVEDIR); }
static long uring_mkdir(void) {
  return uring_call(
      (struct io_uring_sqe){.opcode = IORING_OP_MKDIRAT, .fd = directory, .addr = (uintptr_t)path, .len = 0755});
}
static long uring_symlink(void) {
  return uring_call((struct io_uring_sqe){
      .opcode = IORING_OP_SYMLINKAT, .fd = directory, .addr = (uintptr_t) "nowhere", .addr2 = (uintptr_t)path});
}
static long uring_pair(int operation, const char *from, const char *to) {
  return uring_call((struct io_uring_sqe){.opcode = operation,
                                          .fd = directory,
                                          .addr = (uintptr_t)from,
                                          .len = directory,
                                          .addr2 = (uintptr_t)to});
}
static long uring_link(void) { return uring_pair(IORING_OP_LINKAT, "one", path); }
static long uring_rename(void) {
  return uring_pair(IORING_OP_RENAMEAT, path, other) == 0 ? uring_pair(IORING_OP_RENAMEAT, other, path) : -1;
}
