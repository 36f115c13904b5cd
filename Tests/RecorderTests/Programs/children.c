// Children by every way, from threads, while others allocate: "fork", "handlers", "vfork", "spawn".
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;
static volatile int stop;
static const char *what;

// Call stacks that were not met before: two choices at each of sixteen levels.
__attribute__((noinline)) static void *left(unsigned path, int levels);
__attribute__((noinline)) static void *right(unsigned path, int levels) {
  void *block = levels == 0 ? malloc(path % 100) : path & 1 ? left(path >> 1, levels - 1)
                                                            : right(path >> 1, levels - 1);
  return (void *)((char *)block + 0 * levels);
}
__attribute__((noinline)) static void *left(unsigned path, int levels) {
  void *block = levels == 0 ? malloc(path % 100 + 1) : path & 1 ? left(path >> 1, levels - 1)
                                                                : right(path >> 1, levels - 1);
  return (void *)((char *)block + 0 * levels);
}

static void *churn(void *seed) {
  for (unsigned path = (unsigned)(size_t)seed; !stop; path = path * 1664525 + 1013904223)
    free(left(path >> 8, 16));
  return NULL;
}

static void in_child(void) {
  for (unsigned i = 0; i < 20; i++) free(right(i * 77773 + (unsigned)getpid(), 16));
}

static pid_t start(int number) {
  char *arguments[] = {"/bin/true", NULL};
  pid_t child;
  if (!strcmp(what, "vfork")) {
    child = vfork();
    if (child == 0) {
      execve(number % 2 ? "/bin/true" : "/nonexistent", arguments, environ);
      _exit(0);
    }
    return child;
  }
  if (!strcmp(what, "spawn"))
    return posix_spawn(&child, "/bin/true", NULL, NULL, arguments, environ) ? -1 : child;
  child = fork();
  if (child != 0) return child;
  in_child();
  switch (number % 4) {
  case 0: _exit(0);
  case 1: exit(0);
  case 2: pthread_exit(NULL);
  default: execv("/bin/true", arguments); _exit(1);
  }
}

static void *parent(void *unused) {
  long good = 0;
  for (int i = 0; i < 25; i++) {
    int status = 0;
    pid_t child = start(i);
    good += child > 0 && waitpid(child, &status, 0) == child && status == 0;
    in_child();
  }
  return (void *)good;
}

int main(int argc, char **argv) {
  what = argv[1];
  if (!strcmp(what, "handlers")) {
    pthread_atfork(in_child, in_child, in_child);
    // From now on every frame takes the unwinder's lock.
    void *library = dlopen(argv[2], RTLD_NOW);
    if (!library || dlclose(library) != 0) return 1;
  }
  pthread_t others[2], parents[4];
  for (size_t i = 0; i < 2; i++) pthread_create(&others[i], NULL, churn, (void *)i);
  for (int i = 0; i < 4; i++) pthread_create(&parents[i], NULL, parent, NULL);
  long sum = 0;
  for (int i = 0; i < 4; i++) {
    void *good;
    pthread_join(parents[i], &good);
    sum += (long)good;
  }
  stop = 1;
  for (int i = 0; i < 2; i++) pthread_join(others[i], NULL);
  printf("%ld children ended well\n", sum);
  return 0;
}
