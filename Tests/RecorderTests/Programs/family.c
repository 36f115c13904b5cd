// Calls the whole malloc family with edge cases and says what came of each.
//
// What it prints must be the same with and without the recorder: no addresses.
#define _GNU_SOURCE
#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#pragma clang diagnostic ignored "-Wnon-power-of-two-alignment"
#pragma clang diagnostic ignored "-Wbuiltin-assume-aligned-alignment"

static volatile size_t huge = SIZE_MAX / 2 - 100;
static volatile size_t zero = 0;

static const char *got(const void *block) { return block ? "a block" : "NULL"; }

#define SAY(expression)                                                        \
  do {                                                                         \
    errno = 77;                                                                \
    void *volatile result = (expression);                                      \
    int error = errno;                                                         \
    printf("%s: %s, errno %d, aligned to %d\n", #expression, got(result),      \
           error, aligned(result));                                            \
    last = result;                                                             \
  } while (0)

static void *last;

// The largest of these powers of two that divides the address; chance may make it larger than asked
// for, so it counts only up to what each call promises.
static int promised = 16;
static int aligned(const void *block) {
  return block == NULL ? 0 : (uintptr_t)block % promised == 0 ? promised : -1;
}

static void release(void) {
  errno = 78;
  free(last);
  printf("  free: errno %d\n", errno);
}

// How much room a block has beyond what was asked for depends on its neighbours.
static void usable(size_t size) {
  void *block = malloc(size);
  printf("usable of %zu: %s\n", size, malloc_usable_size(block) >= size ? "enough" : "too little");
  memset(block, 1, malloc_usable_size(block));
  free(block);
}

static void plain(void) {
  usable(0);
  usable(1);
  usable(24);
  usable(20 << 20);
  printf("usable of NULL: %zu\n", malloc_usable_size(NULL));
  SAY(malloc(zero));
  release();
  SAY(malloc(1));
  release();
  SAY(malloc(100000));
  release();
  SAY(malloc(20 << 20));
  release();
  SAY(malloc(huge));
  SAY(calloc(10, 10));
  int sum = 0;
  for (int i = 0; i < 100; i++) sum += ((char *)last)[i];
  printf("  zeroed: %d\n", sum);
  release();
  SAY(calloc(zero, 10));
  release();
  SAY(calloc(huge, 16));
  SAY(calloc(SIZE_MAX, SIZE_MAX));
  last = NULL;
  release();
}

static void again(void) {
  SAY(realloc(NULL, 10));
  strcpy(last, "kept");
  SAY(realloc(last, 1000));
  printf("  %s\n", (char *)last);
  void *kept = last;
  SAY(realloc(last, huge));
  printf("  %s\n", (char *)kept);
  SAY(reallocarray(kept, SIZE_MAX / 2, 3));
  printf("  %s\n", (char *)kept);
  SAY(reallocarray(kept, 100, 30));
  printf("  %s\n", (char *)last);
  SAY(realloc(last, 5));
  printf("  %s\n", (char *)last);
  SAY(realloc(last, zero));
  SAY(reallocarray(NULL, 3, 7));
  SAY(reallocarray(last, zero, 7));
  SAY(realloc(NULL, zero));
  release();
  SAY(realloc(malloc(1 << 20), 64 << 20));
  SAY(realloc(last, 10));
  release();
}

static void *by_posix(size_t alignment, size_t size) {
  void *block = (void *)-1;
  errno = 79;
  int result = posix_memalign(&block, alignment, size);
  printf("posix_memalign(%zu, %zu) = %d, errno %d, %s\n", alignment, size, result, errno,
         block == (void *)-1 ? "untouched" : "set");
  return result == 0 ? block : NULL;
}

static void on_boundaries(void) {
  for (promised = 64; promised <= 1 << 16; promised *= 32) {
    SAY(aligned_alloc(promised, promised * 3));
    release();
    SAY(memalign(promised, 10));
    release();
    SAY(by_posix(promised, 100));
    release();
  }
  promised = 4096;
  SAY(valloc(10));
  release();
  SAY(pvalloc(10));
  release();
  SAY(pvalloc(5000));
  release();
  promised = 1;
  SAY(by_posix(0, 10));
  SAY(by_posix(7, 10));
  SAY(by_posix(24, 10));
  SAY(by_posix(64, huge));
  SAY(by_posix(64, 0));
  release();
  SAY(aligned_alloc(64, huge));
  SAY(aligned_alloc(48, 10));
  release();
  SAY(aligned_alloc(0, 10));
  release();
  SAY(memalign(SIZE_MAX / 2 + 2, 10));
  SAY(memalign(24, 10));
  release();
  SAY(valloc(huge * 2));
  SAY(pvalloc(huge * 2 + 150));
}

int main(void) {
  plain();
  again();
  on_boundaries();
  // What libc allocates for itself is given back to the same allocator.
  char *text = NULL;
  printf("asprintf: %d\n", asprintf(&text, "%s %d", "text", 5));
  free(text);
  free(strdup("copy"));
  char *line = NULL;
  size_t capacity = 0;
  FILE *file = fopen("/proc/self/status", "r");
  printf("getline: %d\n", getline(&line, &capacity, file) > 0);
  fclose(file);
  free(line);
  return 0;
}
