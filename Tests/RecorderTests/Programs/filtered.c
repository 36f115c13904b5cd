// Filters its system calls, by prctl ("prctl") or seccomp ("seccomp"), so that any but a few kill it; then goes on to
// allocate, by call stacks that were not met before, and ends by exit or, if it is told to, by _exit.
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ALLOW(name)                                          \
  BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##name, 0, 1),     \
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

static struct sock_filter filter[] = {
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
    ALLOW(write),
    ALLOW(brk),
    ALLOW(exit_group),
    ALLOW(exit),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
};

static void *kept[64];

__attribute__((noinline)) static void *left(unsigned path, int levels);
__attribute__((noinline)) static void *right(unsigned path, int levels) {
  void *block = levels == 0 ? malloc(100) : path & 1 ? left(path >> 1, levels - 1) : right(path >> 1, levels - 1);
  return (char *)block + 0 * levels;
}
__attribute__((noinline)) static void *left(unsigned path, int levels) {
  void *block = levels == 0 ? malloc(200) : path & 1 ? left(path >> 1, levels - 1) : right(path >> 1, levels - 1);
  return (char *)block + 0 * levels;
}

__attribute__((noinline)) static void *known(void) {
  void *block = malloc(300);
  return (char *)block + 0 * (uintptr_t)block;
}

static long install(const char *how) {
  struct sock_fprog program = {sizeof filter / sizeof *filter, filter};
  // What is refused filters nothing.
  printf("%ld ", syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, ~0u, NULL));
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) abort();
  return strcmp(how, "prctl") ? syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program)
                              : prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

int main(int argc, char **argv) {
  puts("begins");
  fflush(stdout);
  static void *blocks[12];
  for (int i = 0; i < 12; i++) {
    if (i == 2) printf("filtered: %ld\n", install(argv[1]));
    blocks[i] = known();
  }
  for (unsigned path = 0; path < 64; path++) kept[path] = left(path, 6);
  for (unsigned path = 0; path < 64; path += 2) free(kept[path]), kept[path] = NULL;
  // More than the heap has had until now.
  for (int i = 0; i < 1000; i++) memset(malloc(1000), i, 1000);
  puts("goes on");
  fflush(stdout);
  if (argc > 2) _exit(3);
  exit(3);
}
