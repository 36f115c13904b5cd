// jemalloc: what it maps and what it gives are all known, so what no block covers is free, or its own.
//
// Its caches and descriptions of blocks would hide leaks: they keep the addresses of blocks that were given. Two kinds of
// calls don't pass through malloc: C++'s operators, which jemalloc has itself, and `mallocx`. Where images refer to
// these, they get the functions below. Not exported: without jemalloc, the program's C++ code is none of our business.

#define _GNU_SOURCE
#include "blocks.h"
#include "definitions.h"
#include "relocations.h"

#if !REMNANT_IS_SANITIZED

#include <link.h>
#include <sys/mman.h>

// MARK: What it maps

static remnant_range ranges[REMNANT_ALLOCATOR_RANGES];
static uint32_t range_count;

// What isn't in the list may be a root.
static void own(uint64_t start, uint64_t end) {
  remnant_list_range(ranges, &range_count, REMNANT_ALLOCATOR_RANGES, start, end);
}

static void disown(uint64_t start, uint64_t end) {
  uint32_t count = __atomic_load_n(&range_count, __ATOMIC_RELAXED);
  for (uint32_t i = 0; i < count && i < REMNANT_ALLOCATOR_RANGES - 1; i++) {
    uint64_t first = ranges[i].start, last = ranges[i].end;
    if (first >= end || last <= start) continue;
    // What is left: the part below, which may be nothing, and the one above.
    ranges[i].end = first < start ? start : first;
    if (last > end) own(end, last);
  }
}

static void *map(void *address, size_t size, int protection, int flags, int file, off_t offset) {
  void *memory = mmap(address, size, protection, flags, file, offset);
  // A part that is mapped anew is listed already.
  if (memory != MAP_FAILED && !(flags & MAP_FIXED) && remnant_is_recording)
    own((uint64_t)memory, (uint64_t)memory + size);
  return memory;
}

static int unmap(void *address, size_t size) {
  // Before: afterwards the addresses may be another's at once.
  if (remnant_is_recording) disown((uint64_t)address, (uint64_t)address + size);
  return munmap(address, size);
}

// MARK: What it gives

// All take integers: functions that have fewer of them ignore the others.
#define REMNANT_GIVES(function)                                                                     \
  static void *(*next_##function)(size_t, uintptr_t, uintptr_t);                                    \
  static void *function(size_t size, uintptr_t second, uintptr_t third) {                           \
    return remnant_given(next_##function(remnant_at_least(size), second, third), size, REMNANT_CALLER); \
  }
#define REMNANT_TAKES(function)                                                                     \
  static void (*next_##function)(void *, uintptr_t, uintptr_t);                                     \
  static void function(void *block, uintptr_t second, uintptr_t third) {                            \
    if (block != NULL && remnant_is_recording) remnant_taken(block);                               \
    next_##function(block, second, third);                                                          \
  }
// Without the size, which isn't that of the block where less than the least was asked for.
#define REMNANT_TAKES_SIZED(function, unsized)                                                      \
  static void function(void *block, uintptr_t size, uintptr_t alignment) { unsized(block, alignment, 0); }

REMNANT_GIVES(extended)
REMNANT_GIVES(new_one)
REMNANT_GIVES(new_array)
REMNANT_GIVES(new_one_or_null)
REMNANT_GIVES(new_array_or_null)
REMNANT_GIVES(new_aligned)
REMNANT_GIVES(new_aligned_array)
REMNANT_GIVES(new_aligned_or_null)
REMNANT_GIVES(new_aligned_array_or_null)
REMNANT_TAKES(delete_one)
REMNANT_TAKES(delete_array)
REMNANT_TAKES(delete_failed)
REMNANT_TAKES(delete_failed_array)
REMNANT_TAKES(delete_aligned)
REMNANT_TAKES(delete_aligned_array)
REMNANT_TAKES(delete_failed_aligned)
REMNANT_TAKES(delete_failed_aligned_array)
REMNANT_TAKES_SIZED(delete_sized, delete_one)
REMNANT_TAKES_SIZED(delete_sized_array, delete_array)
REMNANT_TAKES_SIZED(delete_sized_aligned, delete_aligned)
REMNANT_TAKES_SIZED(delete_sized_aligned_array, delete_aligned_array)

static const struct {
  const char *name;
  void *function;
  // What it calls: jemalloc's own function of that name, or of another.
  void **next;
  const char *next_name;
} functions[] = {
    {"mallocx", (void *)extended, (void **)&next_extended},
    {"_Znwm", (void *)new_one, (void **)&next_new_one},
    {"_Znam", (void *)new_array, (void **)&next_new_array},
    {"_ZnwmRKSt9nothrow_t", (void *)new_one_or_null, (void **)&next_new_one_or_null},
    {"_ZnamRKSt9nothrow_t", (void *)new_array_or_null, (void **)&next_new_array_or_null},
    {"_ZnwmSt11align_val_t", (void *)new_aligned, (void **)&next_new_aligned},
    {"_ZnamSt11align_val_t", (void *)new_aligned_array, (void **)&next_new_aligned_array},
    {"_ZnwmSt11align_val_tRKSt9nothrow_t", (void *)new_aligned_or_null, (void **)&next_new_aligned_or_null},
    {"_ZnamSt11align_val_tRKSt9nothrow_t", (void *)new_aligned_array_or_null,
     (void **)&next_new_aligned_array_or_null},
    {"_ZdlPv", (void *)delete_one, (void **)&next_delete_one},
    {"_ZdaPv", (void *)delete_array, (void **)&next_delete_array},
    {"_ZdlPvRKSt9nothrow_t", (void *)delete_failed, (void **)&next_delete_failed},
    {"_ZdaPvRKSt9nothrow_t", (void *)delete_failed_array, (void **)&next_delete_failed_array},
    {"_ZdlPvSt11align_val_t", (void *)delete_aligned, (void **)&next_delete_aligned},
    {"_ZdaPvSt11align_val_t", (void *)delete_aligned_array, (void **)&next_delete_aligned_array},
    {"_ZdlPvSt11align_val_tRKSt9nothrow_t", (void *)delete_failed_aligned, (void **)&next_delete_failed_aligned},
    {"_ZdaPvSt11align_val_tRKSt9nothrow_t", (void *)delete_failed_aligned_array,
     (void **)&next_delete_failed_aligned_array},
    {"_ZdlPvm", (void *)delete_sized, (void **)&next_delete_one, "_ZdlPv"},
    {"_ZdaPvm", (void *)delete_sized_array, (void **)&next_delete_array, "_ZdaPv"},
    {"_ZdlPvmSt11align_val_t", (void *)delete_sized_aligned, (void **)&next_delete_aligned, "_ZdlPvSt11align_val_t"},
    {"_ZdaPvmSt11align_val_t", (void *)delete_sized_aligned_array, (void **)&next_delete_aligned_array, "_ZdaPvSt11align_val_t"},
};
enum { function_count = sizeof functions / sizeof *functions };

// Of each name that the program has from jemalloc: nothing where the executable has operators of its own, or jemalloc
// was built without them. False where jemalloc lacks what one of them calls.
static bool find(const struct link_map *image, remnant_replacement replacements[], size_t *count) {
  for (size_t i = 0; i < function_count; i++) {
    if (remnant_first_definition(functions[i].name).image != image) continue;
    const char *next_name = functions[i].next_name != NULL ? functions[i].next_name : functions[i].name;
    *functions[i].next = remnant_definition_in(image, next_name);
    if (*functions[i].next == NULL) return false;
    replacements[(*count)++] = (remnant_replacement){functions[i].name, functions[i].function};
  }
  return true;
}

// Arrays use all that they get. How much that is the tool works out (JemallocLayout.swift): four sizes between two powers
// of two. It must be this jemalloc's way, too.
static bool has_usual_sizes(const struct link_map *image) {
  remnant_definition rounded = remnant_first_definition("nallocx");
  if (rounded.image != image) return false;
  size_t (*nallocx)(size_t, int) = (size_t (*)(size_t, int))rounded.address;
  enum { first = 64, last = 1 << 24 };
  for (size_t power = first; power < last; power *= 2) {
    size_t spacing = power / 4;
    for (size_t size = power; size < 2 * power; size += spacing) {
      if (nallocx(size, 0) != size || nallocx(size + 1, 0) != size + spacing) return false;
    }
  }
  return nallocx(32, 0) == 32 && nallocx(33, 0) == 48;
}

bool remnant_take_jemalloc(const struct link_map *image) {
  static const remnant_replacement mappings[] = {{"mmap", (void *)map}, {"mmap64", (void *)map}, {"munmap", (void *)unmap}};
  remnant_replacement replacements[function_count];
  size_t count = 0;
  if (!find(image, replacements, &count) || next_extended == NULL) return false;
  // Before jemalloc is called for the first time: it maps memory then.
  if (!remnant_replace_calls(image, mappings, sizeof mappings / sizeof *mappings)) return false;
  const struct link_map *other = image;
  while (other->l_prev != NULL) other = other->l_prev;
  for (; other != NULL; other = other->l_next) {
    if (other != image && !remnant_replace_calls(other, replacements, count)) return false;
    // The tool looks at what is loaded later.
    remnant_state.last_image = (uint64_t)other;
  }
  if (!has_usual_sizes(image)) return false;
  remnant_state.allocator_ranges = (uint64_t)ranges;
  return true;
}

#endif
