// Blocks of every size from each of the malloc family's functions, from an allocator that is linked, and from
// functions of its own that take blocks of malloc's and give blocks that free takes.
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WEAK __attribute__((weak))
WEAK void *mallocx(size_t, int);
WEAK void *rallocx(void *, size_t, int);
WEAK size_t xallocx(void *, size_t, size_t, int);
WEAK size_t sallocx(const void *, int);
WEAK void dallocx(void *, int);
WEAK void sdallocx(void *, size_t, int);
WEAK int mallctl(const char *, void *, size_t *, void *, size_t);
WEAK void *mi_malloc(size_t);
WEAK void *tc_malloc(size_t);
WEAK int MallocExtension_GetNumericProperty(const char *, size_t *);

static volatile size_t zero;

static void fill(void *block, size_t size) {
  if (block == NULL) abort();
  memset(block, 0x5a, size);
}

static void *check(void *block, size_t size) {
  for (size_t i = 0; i < size; i++)
    if (((char *)block)[i] != 0x5a) abort();
  return block;
}

// Each is written whole: two blocks that share a byte would show.
static void family(void) {
  enum { count = 4000 };
  static void *blocks[count];
  static size_t sizes[count];
  for (int round = 0; round < 3; round++) {
    for (int i = 0; i < count; i++) {
      size_t size = sizes[i] = (i * 7 + round) % 200;
      switch (i % 7) {
        case 0: blocks[i] = malloc(size); break;
        case 1: blocks[i] = calloc(1, size); break;
        case 2: blocks[i] = realloc(NULL, size); break;
        case 3: blocks[i] = aligned_alloc(16, size = sizes[i] = size & ~15); break;
        case 4: if (posix_memalign(&blocks[i], 64, size)) abort(); break;
        case 5: blocks[i] = reallocarray(malloc(1), size + 1, 1); break;
        case 6: blocks[i] = realloc(realloc(malloc(5), 500), size + 1); break;
      }
      fill(blocks[i], size);
      if (malloc_usable_size(blocks[i]) < size) abort();
    }
    for (int i = 0; i < count; i++) free(check(blocks[i], sizes[i]));
  }
  if (calloc(SIZE_MAX / 4, 8) != NULL) abort();
}

static void jemalloc(void) {
  for (size_t size = 1; size < 100; size++) {
    void *block = malloc(size);
    fill(block, size);
    if (size % 3 == 0) sdallocx(block, size, 0);
    else if (size % 3 == 1) dallocx(block, 0);
    else {
      block = rallocx(block, size / 2 + 1, 0);
      check(block, size / 2 + 1);
      xallocx(block, size / 2 + 2, 0, 0);
      sdallocx(block, size / 2 + 2 < sallocx(block, 0) ? size / 2 + 2 : sallocx(block, 0), 0);
    }
    void *own = mallocx(size, 0);
    fill(own, size);
    if (size % 2) free(own);
    else sdallocx(own, size, 0);
  }
  size_t allocated, length = sizeof allocated;
  printf("mallctl: %d\n", mallctl("stats.allocated", &allocated, &length, NULL, 0));
}

int main(int argc, char **argv) {
  printf("of 100: %zu\n", malloc_usable_size(malloc(100)));
  family();
  if (mallocx != NULL) jemalloc();
  if (mi_malloc != NULL) free(mi_malloc(20)), puts("mi_malloc");
  if (tc_malloc != NULL) free(tc_malloc(20)), puts("tc_malloc");
  size_t value;
  if (MallocExtension_GetNumericProperty != NULL)
    printf("property: %d\n", MallocExtension_GetNumericProperty("generic.current_allocated_bytes", &value));
  // For the records.
  static void *kept[200];
  for (int i = 0; i < 200; i++) kept[i] = malloc(i < 100 ? 1 + i % 8 : 20000 + i);
  static void *large;
  large = malloc(20000000);
  large = realloc(large, 40000001);
  return large == NULL;
}
