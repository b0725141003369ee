/* Calls on files as a 32-bit program makes them; their numbers are those of i386, their pointers below 4 GiB. */
#ifdef __x86_64__
static long compat_call(long number, long first, long second, long third) {
  long result;
  asm volatile("int $0x80"
               : "=a"(result)
               : "a"(number), "b"(first), "c"(second), "d"(third)
               : "r8", "r9", "r10", "r11", "memory");
  return (int)result;
}

static long low(const char *text) {
  static char *pages[2];
  static int turn;
  turn = !turn;
  if (pages[turn] == NULL) pages[turn] = mmap(NULL, BLOCK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
  strcpy(pages[turn], text);
  return (long)(uintptr_t)pages[turn];
}

static long compat_open(void) {
  long fd = compat_call(5, low(path), O_CREAT | O_WRONLY, 0644);
  if (fd >= 0) close(fd);
  return fd;
}
static long compat_unlink(void) { return compat_call(10, low(path), 0, 0); }
static long compat_mkdir(void) { return compat_call(39, low(path), 0755, 0); }
static long compat_rmdir(void) { return compat_call(40, low(path), 0, 0); }
static long compat_rename(void) {
  return compat_call(38, low(path), low(other), 0) == 0 ? compat_call(38, low(other), low(path), 0) : -1;
}
#else
static long compat_open(void) {
  not_here("calls of 32-bit programs are tried on x86-64 only");
  return -1;
}
#define compat_unlink compat_open
#define compat_mkdir compat_open
#define compat_rmdir compat_open
#define compat_rename compat_open
#endif
