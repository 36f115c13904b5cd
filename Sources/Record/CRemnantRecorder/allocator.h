// The allocator that the program would have without the recorder: glibc's, or one that is linked or preloaded.

#ifndef REMNANT_ALLOCATOR_H
#define REMNANT_ALLOCATOR_H

#include "recorder.h"

#pragma GCC visibility push(hidden)

// The next definitions of the names that the recorder has. Before they are known, functions that find them first.
typedef struct remnant_allocator {
  void *(*malloc)(size_t);
  void *(*calloc)(size_t, size_t);
  void *(*realloc)(void *, size_t);
  void (*free)(void *);
  void *(*memalign)(size_t, size_t);
  void *(*aligned_alloc)(size_t, size_t);
  int (*posix_memalign)(void **, size_t, size_t);
  void *(*valloc)(size_t);
  void *(*pvalloc)(size_t);
  size_t (*malloc_usable_size)(void *);
  // jemalloc's, which take blocks of malloc, too; NULL elsewhere.
  void *(*rallocx)(void *, size_t, int);
  size_t (*xallocx)(void *, size_t, size_t, int);
  void (*dallocx)(void *, int);
} remnant_allocator;

extern remnant_allocator remnant_next;

// What is asked for where less is: the table has one entry for 32 bytes. glibc's smallest chunk is 32 bytes anyway;
// other allocators' size classes from 32 on are multiples of 16, so that no two blocks begin in the same 32 bytes.
extern size_t remnant_least_size;

// "glibc", or the library's name without "lib" and what follows ".so".
extern char remnant_allocator_name[64];

static inline size_t remnant_at_least(size_t size) {
  return size < remnant_least_size ? remnant_least_size : size;
}

// Whether blocks are cleared when they are freed: the tool can't tell which memory of the allocator is free.
extern bool remnant_clears_freed;

// Finds the allocator, where that hasn't been done.
void remnant_find_allocator(void);

struct link_map;
// Sees to it that all memory of jemalloc is known; false where it can't be.
bool remnant_take_jemalloc(const struct link_map *image);

#pragma GCC visibility pop

#endif
