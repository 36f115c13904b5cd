// How much of a stack an allocation takes, where that is all the room there is: "handler SIZE", on an alternate stack in an
// array of the thread's own stack; "coroutine SIZE"; "thread SIZE", a thread's first allocation, in a coroutine.
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

enum { margin = 64 << 10 };
static ucontext_t before, inside;
static void *volatile block;
static long size;

__attribute__((noinline)) static void allocate(void) {
  block = malloc(64);
  free(block);
}

static void handle(int signal) { allocate(); }

static long touched(const unsigned char *memory, long length) {
  long untouched = 0;
  while (untouched < length && memory[untouched] == 0xa5) untouched++;
  return length - untouched;
}

static void *coroutine(void *unused) {
  long length = size + margin;
  unsigned char *memory = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  memset(memory, 0xa5, length);
  getcontext(&inside);
  inside.uc_stack.ss_sp = memory + margin;
  inside.uc_stack.ss_size = size;
  inside.uc_link = &before;
  makecontext(&inside, allocate, 0);
  swapcontext(&before, &inside);
  printf("%ld\n", touched(memory, length));
  return NULL;
}

static void in_handler(void) {
  struct {
    unsigned char margin[margin], stack[margin];
  } memory;
  memset(&memory, 0xa5, sizeof memory);
  stack_t stack = {.ss_sp = memory.stack + sizeof memory.stack - size, .ss_size = size};
  struct sigaction action = {.sa_handler = handle, .sa_flags = SA_ONSTACK};
  if (sigaltstack(&stack, NULL) != 0 || sigaction(SIGUSR1, &action, NULL) != 0) exit(1);
  raise(SIGUSR1);
  printf("%ld\n", touched((unsigned char *)&memory, sizeof memory));
}

int main(int argc, char **argv) {
  size = atol(argv[2]);
  allocate();
  if (!strcmp(argv[1], "handler")) in_handler();
  else if (!strcmp(argv[1], "coroutine")) coroutine(NULL);
  else {
    pthread_t thread;
    pthread_create(&thread, NULL, coroutine, NULL);
    pthread_join(thread, NULL);
  }
  return 0;
}
