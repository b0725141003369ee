/*
 * narrow PLACE HOW TIMES   A 32-bit program, without a library, that says its account as the others do.
 *
 * HOW: open, mkdir, rename (in the directory PLACE), seek (for a hole in the file PLACE). It lives some seconds, as whoever is
 * read at samples must. Its times fit 32 bits: all its calls take less than 4 s.
 */
enum { EXIT = 1, WRITE = 4, OPEN = 5, CLOSE = 6, UNLINK = 10, CHDIR = 12, LSEEK = 19, GETPID = 20 };
enum { RENAME = 38, MKDIR = 39, RMDIR = 40, NANOSLEEP = 162, CLOCK_GETTIME = 265 };
enum { O_WRITE_AND_CREATE = 0101, SEEK_HOLE = 4, CLOCK_MONOTONIC = 1 };
enum { SECONDS = 4 };

typedef struct { long s, ns; } time32;

static long call(long number, long first, long second, long third) {
  long result;
  __asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(first), "c"(second), "d"(third) : "memory");
  return result;
}

static unsigned now_ns(void) {
  time32 now;
  call(CLOCK_GETTIME, CLOCK_MONOTONIC, (long)&now, 0);
  return (unsigned)now.s * 1000000000u + (unsigned)now.ns;
}

enum { CREATED, REMOVED, RENAMED, SOUGHT, KINDS };
static unsigned done[KINDS], took_ns[KINDS], longest_ns;

static long account(int kind, unsigned worth, long number, long first, long second, long third) {
  unsigned began_ns = now_ns();
  long result = call(number, first, second, third);
  unsigned ns = now_ns() - began_ns;
  if (result < 0) return result;
  done[kind] += worth;
  took_ns[kind] += ns;
  if (ns > longest_ns) longest_ns = ns;
  return result;
}

static void by_open(const char *how) {
  long fd = account(CREATED, 1, OPEN, (long)"narrow-file", O_WRITE_AND_CREATE, 0644);
  if (fd >= 0) call(CLOSE, fd, 0, 0);
  if (how[0] == 'r') {
    account(RENAMED, 1, RENAME, (long)"narrow-file", (long)"narrow-other", 0);
    account(RENAMED, 1, RENAME, (long)"narrow-other", (long)"narrow-file", 0);
  }
  account(REMOVED, 1, UNLINK, (long)"narrow-file", 0, 0);
}

static void by_mkdir(void) {
  account(CREATED, 1, MKDIR, (long)"narrow-directory", 0755, 0);
  account(REMOVED, 1, RMDIR, (long)"narrow-directory", 0, 0);
}

static char line[512];
static unsigned length;

static void say(const char *text) {
  while (*text) line[length++] = *text++;
}

static void say_number(const char *before, unsigned number) {
  char digits[10];
  unsigned count = 0;
  say(before);
  do digits[count++] = '0' + number % 10;
  while ((number /= 10) > 0);
  while (count > 0) line[length++] = digits[--count];
}

static void report(int is_seek) {
  say_number("{\"pid\":", call(GETPID, 0, 0, 0));
  if (is_seek) {
    say_number(",\"seek_data\":0,\"seek_hole\":", done[SOUGHT]);
    say_number(",\"seek_ns\":", took_ns[SOUGHT]);
    say_number(",\"seek_max_ns\":", longest_ns);
  } else {
    say_number(",\"create\":", done[CREATED]);
    say_number(",\"unlink\":", done[REMOVED]);
    say_number(",\"rename\":", done[RENAMED]);
    say_number(",\"create_ns\":", took_ns[CREATED]);
    say_number(",\"unlink_ns\":", took_ns[REMOVED]);
    say_number(",\"rename_ns\":", took_ns[RENAMED]);
  }
  say("}\n");
  call(WRITE, 1, (long)line, length);
}

static unsigned number_in(const char *text) {
  unsigned number = 0;
  while (*text >= '0' && *text <= '9') number = number * 10 + (*text++ - '0');
  return number;
}

__attribute__((used)) static void run(char **words) {
  const char *place = words[1], *how = words[2];
  unsigned times = number_in(words[3]), rest = times / SECONDS + 1;
  long fd = how[0] == 's' ? call(OPEN, (long)place, 0, 0) : call(CHDIR, (long)place, 0, 0);
  if (fd < 0) call(EXIT, 1, 0, 0);
  call(WRITE, 1, (long)"ready\n", 6);
  for (unsigned i = 0; i < times; i++) {
    if (i % rest == 0) call(NANOSLEEP, (long)&(time32){1, 0}, 0, 0);
    if (how[0] == 's') account(SOUGHT, 1, LSEEK, fd, 0, SEEK_HOLE);
    else if (how[0] == 'm') by_mkdir();
    else by_open(how);
  }
  report(how[0] == 's');
  call(EXIT, 0, 0, 0);
}

/* The stack as the kernel leaves it: the number of words, then the words. */
__asm__(".globl _start\n_start:\n  lea 4(%esp), %eax\n  push %eax\n  call run\n");
