/*
 * syncs DIRECTORY HOW COUNT [MS]   Asks COUNT times for data to be on the disk, in one way; tells how often, how often in
 * vain, and how long it took by its own clock.
 *
 * HOW is a row of the table at the end. `slow` is fsync on a file system of its own (FUSE, served by a child) that takes MS
 * ms for each and says `waiting` when one has begun; `threads` does four at a time; `children` one in each of COUNT
 * short-lived processes, `spawned` in each of COUNT threads, MS of them at a time: it waits for the files go-1, go-2, …; `until` goes on until SIGTERM. What must not count: `none` (writes with O_DSYNC).
 */
#include "account.h"
#include <linux/fuse.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/mount.h>

#include "../../helpers/workloads/uring.h"

#define THREADS 4

static int fd, pipe_end;
static char *mapping;
static atomic_long calls, whole, errors, took_ns, longest_ns;

static long by_fsync(int on) { return fsync(on); }
static long by_fdatasync(int on) { return fdatasync(on); }
static long by_msync(int on) {
  (void)on;
  mapping[0]++;
  return msync(mapping, BLOCK, MS_SYNC);
}
static long by_range(int on) {
  return sync_file_range(on, 0, BLOCK,
                         SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER);
}
static long by_syncfs(int on) { return syncfs(on); }
static long by_sync(int on) {
  (void)on;
  sync();
  return 0;
}
/* A pipe has nothing to write, and says so. */
static long by_refused(int on) {
  (void)on;
  return fsync(pipe_end);
}
static long by_uring(int on) { return uring_call((struct io_uring_sqe){.opcode = IORING_OP_FSYNC, .fd = on}); }
static long by_uring_range(int on) {
  return uring_call((struct io_uring_sqe){.opcode = IORING_OP_SYNC_FILE_RANGE, .fd = on, .len = BLOCK});
}
/* Waits for the disk too, and is none of these calls. */
static long by_none(int on) { return pwrite(on, "x", 1, 0); }

static const struct way {
  const char *name;
  long (*call)(int on);
  /* Of one call: counted, of all files, in vain. */
  int counts, whole, fails;
} WAYS[] = {{"fsync", by_fsync, 1, 0, 0},
            {"fdatasync", by_fdatasync, 1, 0, 0},
            {"msync", by_msync, 1, 0, 0},
            {"sync_file_range", by_range, 1, 0, 0},
            {"syncfs", by_syncfs, 1, 1, 0},
            {"sync", by_sync, 1, 1, 0},
            {"refused", by_refused, 1, 0, 1},
            {"uring-fsync", by_uring, 1, 0, 0},
            {"uring-range", by_uring_range, 1, 0, 0},
            {"none", by_none, 0, 0, 0},
            {"slow", by_fsync, 1, 0, 0},
            {"threads", by_fsync, 1, 0, 0},
            {"children", by_fsync, 1, 0, 0},
            {"spawned", by_fsync, 1, 0, 0},
            {"until", by_fdatasync, 1, 0, 0}};

static const struct way *way;
static long times;

static void once(int on) {
  uint64_t start = now_ns();
  long result = way->call(on);
  long took = now_ns() - start;
  if ((result < 0) != way->fails) fail(way->name);
  if (!way->counts) return;
  calls++;
  whole += way->whole;
  errors += way->fails;
  took_ns += took;
  for (long longest = longest_ns; took > longest && !atomic_compare_exchange_weak(&longest_ns, &longest, took);) {
  }
}

static void *repeat(void *unused) {
  for (long n = 0; n < times; n++) {
    if (pwrite(fd, "x", 1, n % 64 * BLOCK) < 0) fail("write");
    once(fd);
  }
  return unused;
}

static void report(const char *more) {
  tell("{\"pid\":%d,%s\"calls\":%ld,\"whole\":%ld,\"errors\":%ld,\"ns\":%ld,\"max_ns\":%ld}\n", own_pid(), more, calls,
       whole, errors, took_ns, longest_ns);
}

static void children(void) {
  long all = times;
  times = 1;
  for (long n = 0; n < all; n++) {
    if (fork() == 0) {
      repeat(NULL);
      report("\"child\":true,");
      _exit(0);
    }
    wait(NULL);
  }
}

static void spawned(int group) {
  long all = times;
  times = 1;
  for (long n = 0; n < all; n++) {
    pthread_t thread;
    char go[32];
    snprintf(go, sizeof go, "go-%ld", n / group);
    while (n > 0 && n % group == 0 && access(go, F_OK) != 0) usleep(10000);
    if (pthread_create(&thread, NULL, repeat, NULL) != 0) fail("thread");
    pthread_join(thread, NULL);
  }
}

/* The file system of `slow`: its root is one file. */
static void serve(int device, int ms) {
  static char request[1 << 17];
  for (;;) {
    if (read(device, request, sizeof request) < 0) _exit(0);
    struct fuse_in_header *in = (void *)request;
    struct {
      struct fuse_out_header out;
      union {
        struct fuse_init_out init;
        struct fuse_attr_out attr;
        struct fuse_open_out open;
      };
    } reply = {.out.unique = in->unique};
    size_t more = 0;
    switch (in->opcode) {
    case FUSE_INIT:
      reply.init = (struct fuse_init_out){
          .major = FUSE_KERNEL_VERSION, .minor = FUSE_KERNEL_MINOR_VERSION, .max_write = BLOCK};
      more = sizeof reply.init;
      break;
    case FUSE_GETATTR:
      reply.attr.attr = (struct fuse_attr){.ino = 1, .mode = S_IFREG | 0644, .nlink = 1};
      more = sizeof reply.attr;
      break;
    case FUSE_OPEN: more = sizeof reply.open; break;
    case FUSE_FSYNC:
      tell("waiting\n");
      rest_ms(ms);
      break;
    case FUSE_FLUSH:
    case FUSE_RELEASE: break;
    case FUSE_FORGET:
    case FUSE_INTERRUPT: continue;
    default: reply.out.error = -ENOSYS;
    }
    reply.out.len = sizeof reply.out + more;
    if (write(device, &reply, reply.out.len) < 0 && errno != ENOENT) _exit(0);
  }
}

/* Mounted where nobody else sees it, and gone with this process. */
static void slow(int ms) {
  char options[128];
  int device = open("/dev/fuse", O_RDWR);
  if (device < 0) not_here("FUSE is not there");
  snprintf(options, sizeof options, "fd=%d,rootmode=100644,user_id=0,group_id=0", device);
  if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) not_here("needs root");
  if (mount("slow", "data", "fuse", 0, options) != 0) not_here("FUSE is not known here");
  pid_t server = fork();
  if (server == 0) serve(device, ms);
  close(device);
  int on = open("data", O_RDONLY);
  if (on < 0) fail("data");
  for (long n = 0; n < times; n++) once(on);
  kill(server, SIGKILL);
}

int main(int argc, char **argv) {
  if (argc < 4) return 2;
  for (unsigned i = 0; i < sizeof WAYS / sizeof *WAYS; i++)
    if (strcmp(WAYS[i].name, argv[2]) == 0) way = &WAYS[i];
  if (way == NULL) return 2;
  times = atol(argv[3]);
  stop_on_term();
  if (chdir(argv[1]) != 0) fail(argv[1]);
  int ends[2];
  char name[32];
  snprintf(name, sizeof name, strcmp(way->name, "slow") == 0 ? "data" : "data-%d", getpid());
  fd = open(name, O_RDWR | O_CREAT | (way->counts ? 0 : O_DSYNC), 0644);
  if (fd < 0 || ftruncate(fd, BLOCK) != 0 || pipe(ends) != 0) fail(name);
  pipe_end = ends[1];
  mapping = mmap(NULL, BLOCK, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (strncmp(way->name, "uring-", 6) == 0) uring_open_ring();
  if (strcmp(way->name, "slow") == 0) {
    slow(argc > 4 ? atoi(argv[4]) : 1);
  } else if (strcmp(way->name, "children") == 0) {
    children();
  } else if (strcmp(way->name, "spawned") == 0) {
    spawned(argc > 4 ? atoi(argv[4]) : 1);
  } else if (strcmp(way->name, "until") == 0) {
    while (!stopped) {
      if (pwrite(fd, "x", 1, 0) < 0) fail("write");
      once(fd);
    }
  } else {
    pthread_t threads[THREADS];
    int others = strcmp(way->name, "threads") == 0 ? THREADS - 1 : 0;
    for (int i = 0; i < others; i++) pthread_create(&threads[i], NULL, repeat, NULL);
    repeat(NULL);
    for (int i = 0; i < others; i++) pthread_join(threads[i], NULL);
  }
  if (strcmp(way->name, "slow") != 0) unlink(name);
  report("");
  return 0;
}
