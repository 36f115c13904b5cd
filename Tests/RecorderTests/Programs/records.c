// Leaves blocks of known sizes behind, each allocated by a function of its own.
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define APART __attribute__((noinline))

// Keeps a call from being the function's last act, which would make it a jump.
static void *volatile kept[64];
static volatile int count;

APART static void *keep(void *block) { return kept[count++] = block; }

// A frame large enough, and used enough, to need saved registers.
APART void *innermost(size_t size) {
  volatile char room[200];
  room[size % 200] = 1;
  void *block = malloc(size);
  room[0] += 1;
  return block;
}
APART void middle_a(size_t size) { keep(innermost(size)); }
APART void middle_b(size_t size) { keep(innermost(size)); }
APART void outer(int which, size_t size) {
  if (which) middle_a(size);
  else middle_b(size);
  count = count;
}

APART void deep(int levels, size_t size) {
  volatile int here = levels;
  if (levels == 0) outer(1, size);
  else deep(levels - 1, size);
  count = count + (here != levels);
}

APART void family(void) {
  keep(calloc(3, 111));
  keep(realloc(NULL, 334));
  keep(realloc(malloc(10), 335));
  keep(aligned_alloc(64, 336));
  keep(memalign(4096, 337));
  void *block;
  if (posix_memalign(&block, 32, 338) == 0) keep(block);
  keep(valloc(339));
  keep(reallocarray(NULL, 2, 170));
  free(malloc(341));
  free(realloc(malloc(342), 343));
}

APART void *failed_realloc(void) {
  void *block = malloc(344);
  void *volatile none = realloc(block, SIZE_MAX / 2 - 100);
  keep(block);
  return none;
}

// A thread's outermost frames are few: its own function and libc's.
APART void *thread_a(void *size) {
  keep(innermost((size_t)size));
  return NULL;
}
APART void *thread_b(void *size) {
  keep(innermost((size_t)size));
  return NULL;
}

static void run(void *(*body)(void *), size_t size) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, body, (void *)size) != 0) abort();
  pthread_join(thread, NULL);
}

int main(void) {
  outer(1, 5001);
  outer(0, 5002);
  outer(1, 5003);
  outer(0, 5004);
  deep(40, 5005);
  deep(200, 5006);
  keep(malloc(17 << 20));
  keep(malloc(100 << 20));
  keep(malloc((1 << 24) - 2));
  keep(malloc((1 << 24) - 1));
  family();
  failed_realloc();
  // One after the other, so that each gets the stack of the one before.
  for (int i = 0; i < 4; i++) {
    run(thread_a, 6001);
    run(thread_b, 6002);
  }
  puts("done");
  return 0;
}
