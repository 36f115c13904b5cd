// The malloc family. Each forwards to the next definition (allocator.h) and keeps the table true: a block is entered
// after it is there, and taken out before it is given back.

#define _GNU_SOURCE
#include "blocks.h"

#if !REMNANT_IS_SANITIZED

#include <errno.h>
#include <stdlib.h>

REMNANT_EXPORT void *malloc(size_t size) {
  return remnant_given(remnant_next.malloc(remnant_at_least(size)), size, REMNANT_CALLER);
}

static __attribute__((noinline)) void *small_calloc(size_t count, size_t size) {
  size_t bytes;
  if (!__builtin_mul_overflow(count, size, &bytes) && bytes < remnant_least_size)
    return remnant_next.calloc(1, remnant_least_size);
  return remnant_next.calloc(count, size);
}

REMNANT_EXPORT void *calloc(size_t count, size_t size) {
  // Where there is a block, the product has no overflow.
  bool is_small = REMNANT_UNLIKELY(count * size < remnant_least_size);
  return remnant_given(is_small ? small_calloc(count, size) : remnant_next.calloc(count, size), count * size, REMNANT_CALLER);
}

REMNANT_EXPORT void free(void *block) {
  if (REMNANT_LIKELY(block != NULL && remnant_is_recording)) remnant_taken(block);
  remnant_next.free(block);
}

// What has come of a block that may have moved.
static inline __attribute__((always_inline)) void *moved(void *old, uint32_t held, void *block, size_t size,
                                                         const void *caller, const void *frame) {
  // Without memory the old block stays; with size zero it is gone.
  if (REMNANT_UNLIKELY(block == NULL)) {
    remnant_table_let_go(old, held, size == 0);
    return NULL;
  }
  // Asked for nothing, glibc gives nothing; a smaller block than the table has room for isn't entered.
  if (size == 0 && old != NULL && block != old) {
    remnant_table_let_go(old, held, true);
    return block;
  }
  remnant_given(block, size, caller, frame);
  // Only now: one of the two has a record at any moment.
  if (block != old) remnant_table_let_go(old, held, true);
  return block;
}

static inline __attribute__((always_inline)) void *reallocate(void *old, size_t size,
                                                              const void *caller, const void *frame) {
  size_t least = size == 0 && old != NULL ? 0 : remnant_at_least(size);
  if (REMNANT_UNLIKELY(!remnant_is_recording)) return remnant_next.realloc(old, least);
  uint32_t held = old != NULL ? remnant_table_hold(old) : 0;
  return moved(old, held, remnant_next.realloc(old, least), size, caller, frame);
}

REMNANT_EXPORT void *realloc(void *old, size_t size) {
  return reallocate(old, size, REMNANT_CALLER);
}

REMNANT_EXPORT void *reallocarray(void *old, size_t count, size_t size) {
  size_t bytes;
  if (__builtin_mul_overflow(count, size, &bytes)) {
    errno = ENOMEM;
    return NULL;
  }
  return reallocate(old, bytes, REMNANT_CALLER);
}

REMNANT_EXPORT void *memalign(size_t alignment, size_t size) {
  return remnant_given(remnant_next.memalign(alignment, remnant_aligned_size(alignment, size)), size, REMNANT_CALLER);
}

REMNANT_EXPORT void *aligned_alloc(size_t alignment, size_t size) {
  return remnant_given(remnant_next.aligned_alloc(alignment, remnant_aligned_size(alignment, size)), size, REMNANT_CALLER);
}

REMNANT_EXPORT int posix_memalign(void **out, size_t alignment, size_t size) {
  void *block = NULL;
  int result = remnant_next.posix_memalign(&block, alignment, remnant_aligned_size(alignment, size));
  if (result == 0) *out = remnant_given(block, size, REMNANT_CALLER);
  return result;
}

REMNANT_EXPORT void *valloc(size_t size) {
  return remnant_given(remnant_next.valloc(size), size, REMNANT_CALLER);
}

REMNANT_EXPORT void *pvalloc(size_t size) {
  return remnant_given(remnant_next.pvalloc(size), size, REMNANT_CALLER);
}

// MARK: jemalloc's own

// Its other functions give blocks that have no record, and pass by. But these take blocks of malloc, too. Without
// jemalloc, who asks for one of them and not for all finds what does the same.

REMNANT_EXPORT void dallocx(void *block, int flags) {
  if (remnant_next.dallocx == NULL) return free(block);
  if (remnant_is_recording) remnant_taken(block);
  remnant_next.dallocx(block, flags);
}

// Without the size, which isn't that of the block where less than the least was asked for.
REMNANT_EXPORT void sdallocx(void *block, size_t size, int flags) { dallocx(block, flags); }

REMNANT_EXPORT void *rallocx(void *old, size_t size, int flags) {
  if (remnant_next.rallocx == NULL) return reallocate(old, size, REMNANT_CALLER);
  uint32_t held = remnant_is_recording ? remnant_table_hold(old) : 0;
  if (held == 0) return remnant_next.rallocx(old, size, flags);
  void *block = remnant_next.rallocx(old, remnant_at_least(size), flags);
  if (block == NULL) return remnant_table_let_go(old, held, false), NULL;
  return moved(old, held, block, size, REMNANT_CALLER);
}

REMNANT_EXPORT size_t xallocx(void *block, size_t size, size_t extra, int flags) {
  if (remnant_next.xallocx == NULL)
    return remnant_next.malloc_usable_size != NULL ? remnant_next.malloc_usable_size(block) : size;
  uint32_t held = remnant_is_recording ? remnant_table_hold(block) : 0;
  if (held == 0) return remnant_next.xallocx(block, size, extra, flags);
  size_t now = remnant_next.xallocx(block, remnant_at_least(size), extra, flags);
  remnant_given(block, now, REMNANT_CALLER);
  return now;
}

#endif
