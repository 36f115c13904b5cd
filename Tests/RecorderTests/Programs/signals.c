// Handlers that allocate, a thousand times a second of processor time: on the thread's stack, or, for
// "small" and "large", on one of their own. The thread that they interrupt is never inside malloc.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/time.h>

static volatile sig_atomic_t handled;
static volatile int stop;
static volatile unsigned sink;

static void handle(int number) {
  void *blocks[4];
  for (int i = 0; i < 4; i++) blocks[i] = malloc(20 + i * 50);
  for (int i = 0; i < 4; i++) free(blocks[i]);
  handled++;
}

static void *churn(void *unused) {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, NULL);
  while (!stop) free(malloc(sink % 300));
  return NULL;
}

static int visit(struct dl_phdr_info *info, size_t size, void *data) {
  sink += info->dlpi_phnum;
  return 0;
}

__attribute__((noinline)) static unsigned compute(unsigned path, int levels) {
  if (levels == 0) return dl_iterate_phdr(visit, NULL) + path;
  return path & 1 ? compute(path >> 1, levels - 1) + 1 : compute(path >> 1, levels - 1) * 3;
}

int main(int argc, char **argv) {
  const char *what = argc > 1 ? argv[1] : "";
  struct sigaction action = {.sa_handler = handle, .sa_flags = SA_RESTART};
  // One at a time, and malloc bound before: a small stack has no room for two, nor for the loader.
  sigaddset(&action.sa_mask, SIGPROF);
  sigaddset(&action.sa_mask, SIGALRM);
  free(malloc(10));
  stack_t stack = {0};
  if (!strcmp(what, "small")) stack.ss_size = getauxval(AT_MINSIGSTKSZ) + 2048;
  if (!strcmp(what, "large")) stack.ss_size = 256 << 10;
  if (stack.ss_size) {
    size_t page = 4096, size = (stack.ss_size + page - 1) & ~(page - 1);
    char *memory = mmap(NULL, size + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    // What overflows it, faults.
    mprotect(memory, page, PROT_NONE);
    stack.ss_sp = memory + page;
    if (sigaltstack(&stack, NULL) != 0) return 1;
    action.sa_flags |= SA_ONSTACK;
  }
  sigaction(SIGPROF, &action, NULL);
  sigaction(SIGALRM, &action, NULL);
  pthread_t other;
  pthread_create(&other, NULL, churn, NULL);
  struct itimerval often = {{0, 1000}, {0, 1000}}, never = {{0, 0}, {0, 0}};
  setitimer(ITIMER_PROF, &often, NULL);
  setitimer(ITIMER_REAL, &often, NULL);
  for (unsigned path = 1; handled < 200; path = path * 1664525 + 1013904223)
    sink += compute(path >> 8, path % 40);
  setitimer(ITIMER_PROF, &never, NULL);
  setitimer(ITIMER_REAL, &never, NULL);
  stop = 1;
  pthread_join(other, NULL);
  puts("200 signals were handled");
  return 0;
}
