/*
 * io_uring without a library: one call at a time, its result waited for. Who includes it has fail(what) for what must
 * not happen and not_here(what) for what this kernel does not offer.
 */
#include <errno.h>
#include <linux/io_uring.h>
#include <sys/mman.h>

static int ring;
static unsigned *sq_tail, *sq_mask, *sq_array, *cq_head, *cq_tail, *cq_mask;
static struct io_uring_sqe *sqes;
static struct io_uring_cqe *cqes;

static void uring_open_ring(void) {
  struct io_uring_params params = {0};
  ring = syscall(SYS_io_uring_setup, 4, &params);
  if (ring < 0) not_here("io_uring is not allowed here");
  char *sq = mmap(NULL, params.sq_off.array + params.sq_entries * sizeof(unsigned), PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_POPULATE, ring, IORING_OFF_SQ_RING);
  char *cq = mmap(NULL, params.cq_off.cqes + params.cq_entries * sizeof(struct io_uring_cqe), PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_POPULATE, ring, IORING_OFF_CQ_RING);
  sqes = mmap(NULL, params.sq_entries * sizeof(struct io_uring_sqe), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
              ring, IORING_OFF_SQES);
  if (sq == MAP_FAILED || cq == MAP_FAILED || sqes == MAP_FAILED) fail("mmap of the ring");
  sq_tail = (unsigned *)(sq + params.sq_off.tail);
  sq_mask = (unsigned *)(sq + params.sq_off.ring_mask);
  sq_array = (unsigned *)(sq + params.sq_off.array);
  cq_head = (unsigned *)(cq + params.cq_off.head);
  cq_tail = (unsigned *)(cq + params.cq_off.tail);
  cq_mask = (unsigned *)(cq + params.cq_off.ring_mask);
  cqes = (struct io_uring_cqe *)(cq + params.cq_off.cqes);
}

static long uring_call(struct io_uring_sqe call) {
  unsigned at = *sq_tail & *sq_mask;
  sqes[at] = call;
  sq_array[at] = at;
  __atomic_store_n(sq_tail, *sq_tail + 1, __ATOMIC_RELEASE);
  if (syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) < 0) fail("io_uring_enter");
  while (*cq_head == __atomic_load_n(cq_tail, __ATOMIC_ACQUIRE)) {
  }
  int result = cqes[*cq_head & *cq_mask].res;
  __atomic_store_n(cq_head, *cq_head + 1, __ATOMIC_RELEASE);
  if (result == -EINVAL) not_here("this kernel's io_uring does not know the operation");
  return result;
}
