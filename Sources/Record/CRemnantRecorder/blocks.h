// What every function that gives or takes blocks does for the table.

#ifndef REMNANT_BLOCKS_H
#define REMNANT_BLOCKS_H

#include <errno.h>
#include <string.h>

#include "allocator.h"

static inline __attribute__((always_inline)) void *remnant_given(void *block, size_t size,
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

// Takes a block out that is given back.
//
// Where the tool doesn't know which memory of an allocator is free, what is left in a freed block would count as a
// reference, and hide a leak: it is cleared. Not where a page may be protected or untouched.
static inline __attribute__((always_inline)) void remnant_taken(void *block) {
  enum { page_size = 4096 };
  size_t size = remnant_table_remove(block);
  if (REMNANT_UNLIKELY(remnant_clears_freed) && size < page_size) memset(block, 0, size);
}

// Blocks that are aligned to more begin in different entries whatever their size.
static inline size_t remnant_aligned_size(size_t alignment, size_t size) {
  return alignment < remnant_least_size ? remnant_at_least(size) : size;
}

#endif
