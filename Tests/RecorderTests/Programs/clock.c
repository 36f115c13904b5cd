// Forbids itself the processor's counter, by prctl ("prctl") or with all system calls but four ("strict", "seccomp"), and
// goes on to allocate.
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static void *volatile block;

static long forbid(const char *how) {
#ifdef __x86_64__
  if (strcmp(how, "prctl") == 0) return prctl(PR_SET_TSC, PR_TSC_SIGSEGV, 0, 0, 0);
#endif
  if (strcmp(how, "strict") == 0) return prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT, 0, 0, 0);
  if (strcmp(how, "seccomp") == 0) return syscall(SYS_seccomp, SECCOMP_SET_MODE_STRICT, 0, NULL);
  return 0;
}

int main(int argc, char **argv) {
  block = malloc(100);
  if (forbid(argv[1]) != 0) return 1;
  for (int i = 0; i < 1000; i++) {
    block = malloc(100);
    if (i % 2) free(block);
  }
  write(1, "goes on\n", 8);
  if (strcmp(argv[1], "prctl") == 0) exit(3);
  // Strict filters let a thread end, but not a process.
  syscall(SYS_exit, 3);
}
