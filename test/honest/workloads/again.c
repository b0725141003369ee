/*
 * again PID FIRST ARGS… -- SECOND ARGS…   Runs one program and then another, both with the same PID, at once after each
 * other; PID is where it begins to look for a free one. clone3 with set_tid, as checkpoint and restore uses it.
 */
#include "account.h"
#include <linux/sched.h>

static pid_t run_as(pid_t pid, char **argv) {
  struct clone_args how = {.exit_signal = SIGCHLD, .set_tid = (uintptr_t)&pid, .set_tid_size = 1};
  long child = syscall(SYS_clone3, &how, sizeof how);
  if (child == 0) {
    execv(argv[0], argv);
    _exit(1);
  }
  if (child < 0) return -1;
  int status;
  waitpid(child, &status, 0);
  return status == 0 ? child : -1;
}

int main(int argc, char **argv) {
  if (argc < 5) return 2;
  int between = 2;
  while (between < argc && strcmp(argv[between], "--") != 0) between++;
  if (between + 1 >= argc) return 2;
  argv[between] = NULL;
  for (pid_t pid = atol(argv[1]), tried = 0; tried < 100; pid++, tried++) {
    if (run_as(pid, argv + 2) < 0) {
      if (errno == EEXIST) continue;
      not_here("a process cannot be given its PID here (clone3 with set_tid)");
    }
    if (run_as(pid, argv + between + 1) < 0) not_here("the PID was taken by another process");
    tell("{\"pid\":%d}\n", own_pid());
    return 0;
  }
  not_here("no free PID was found");
}
