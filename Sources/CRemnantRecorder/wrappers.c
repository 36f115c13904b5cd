// The malloc family. Each forwards to glibc's own entry point (`dlsym` would allocate) and keeps the
// table true: a block is entered after it is there, and taken out before it is given back.

#define _GNU_SOURCE
#include "recorder.h"

#if !REMNANT_IS_SANITIZED

#include <errno.h>
#include <stdlib.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void *__libc_valloc(size_t);
extern void *__libc_pvalloc(size_t);
extern void __libc_free(void *);

static inline __attribute__((always_inline)) void *record(void *block, size_t size,
                                                          const void *caller, const void *frame) {
  if (REMNANT_LIKELY(block != NULL && remnant_is_recording)) {
    int error = errno;
    remnant_table_add(block, size, remnant_current_stack(caller, frame));
    errno = error;
  }
  return block;
}

// Asking for the frame's address makes the compiler keep a frame pointer in the wrapper.
#define REMNANT_CALLER __builtin_return_address(0), __builtin_frame_address(0)

REMNANT_EXPORT void *malloc(size_t size) {
  return record(__libc_malloc(size), size, REMNANT_CALLER);
}

// The recorder's own, whoever's malloc the program uses: a plain reference would be bound to theirs.
extern __typeof(malloc) remnant_own_malloc __attribute__((alias("malloc"), visibility("hidden")));

REMNANT_EXPORT void *calloc(size_t count, size_t size) {
  // Where there is a block, the product has no overflow.
  return record(__libc_calloc(count, size), count * size, REMNANT_CALLER);
}

REMNANT_EXPORT void free(void *block) {
  if (REMNANT_LIKELY(block != NULL && remnant_is_recording)) remnant_table_remove(block);
  __libc_free(block);
}

static inline __attribute__((always_inline)) void *reallocate(void *old, size_t size,
                                                              const void *caller, const void *frame) {
  if (REMNANT_UNLIKELY(!remnant_is_recording)) return __libc_realloc(old, size);
  remnant_record before = {0, 0, 0};
  if (old != NULL) before = remnant_table_remove(old);
  void *block = __libc_realloc(old, size);
  // Without memory the old block stays; with size zero it is gone.
  if (block == NULL && old != NULL && size != 0) remnant_table_restore(old, before);
  return record(block, size, caller, frame);
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
  return record(__libc_memalign(alignment, size), size, REMNANT_CALLER);
}

REMNANT_EXPORT void *aligned_alloc(size_t alignment, size_t size) {
  return record(__libc_memalign(alignment, size), size, REMNANT_CALLER);
}

REMNANT_EXPORT int posix_memalign(void **out, size_t alignment, size_t size) {
  size_t words = alignment / sizeof(void *);
  if (alignment % sizeof(void *) != 0 || words == 0 || (words & (words - 1)) != 0) return EINVAL;
  void *block = __libc_memalign(alignment, size);
  // As glibc: errno says it, too.
  if (block == NULL) return ENOMEM;
  *out = record(block, size, REMNANT_CALLER);
  return 0;
}

REMNANT_EXPORT void *valloc(size_t size) {
  return record(__libc_valloc(size), size, REMNANT_CALLER);
}

REMNANT_EXPORT void *pvalloc(size_t size) {
  return record(__libc_pvalloc(size), size, REMNANT_CALLER);
}

#endif
