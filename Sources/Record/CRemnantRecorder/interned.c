#define _GNU_SOURCE
#include "interned.h"

#include <string.h>
#include <sys/mman.h>

enum { bucket_count = 1 << 20, largest_number = (1 << 27) - 1 };
static uint32_t buckets[bucket_count];
uint64_t remnant_chunks[REMNANT_STACK_CHUNKS];
static uint64_t next_unit;

static inline remnant_stack *stack_at(uint32_t number) { return remnant_memory_at(number); }

// Room in a chunk; false where the memory is used up.
bool remnant_reserve(size_t size, uint32_t *number) {
  const uint64_t units_per_chunk = UINT64_C(1) << REMNANT_STACK_CHUNK_SHIFT;
  uint64_t units = (size + 15) / 16;
  for (;;) {
    uint64_t first = __atomic_fetch_add(&next_unit, units, __ATOMIC_RELAXED);
    uint64_t chunk = first / units_per_chunk;
    // Numbers have to fit beside a hash and a mark (remembered.h, stacks.c).
    if (chunk >= REMNANT_STACK_CHUNKS || first + units >= largest_number) return false;
    // It lies in one chunk: what would straddle two is left empty.
    if ((first + units - 1) / units_per_chunk != chunk) continue;
    if (__atomic_load_n(&remnant_chunks[chunk], __ATOMIC_ACQUIRE) == 0) {
      void *memory = remnant_map(units_per_chunk * 16);
      if (memory == NULL) return false;
      uint64_t expected = 0;
      if (!__atomic_compare_exchange_n(&remnant_chunks[chunk], &expected, (uint64_t)memory, false,
                                       __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        munmap(memory, units_per_chunk * 16);
    }
    *number = first;
    return true;
  }
}

uint64_t remnant_reserved(void) { return __atomic_load_n(&next_unit, __ATOMIC_RELAXED) * 16; }

static bool find(uint32_t head, uint32_t until, uint64_t hash, void **frames, uint32_t count,
                 uint16_t scope, uint32_t *number) {
  for (uint32_t link = head; link != until; link = stack_at(link - 1)->next) {
    remnant_stack *stack = stack_at(link - 1);
    if (stack->hash == hash && stack->frame_count == count && stack->scope == scope &&
        memcmp(stack->frames, frames, count * sizeof *frames) == 0) {
      *number = link - 1;
      return true;
    }
  }
  return false;
}

uint32_t remnant_intern(uint64_t hash, void **frames, uint32_t count, uint16_t scope) {
  uint32_t *bucket = &buckets[hash >> 44 & (bucket_count - 1)];
  uint32_t head = __atomic_load_n(bucket, __ATOMIC_ACQUIRE);
  uint32_t number;
  if (find(head, 0, hash, frames, count, scope, &number)) return number;
  if (!remnant_reserve(sizeof(remnant_stack) + count * sizeof *frames, &number)) return REMNANT_NO_STACK;
  remnant_stack *stack = stack_at(number);
  stack->hash = hash;
  stack->frame_count = (uint16_t)count;
  stack->scope = scope;
  memcpy(stack->frames, frames, count * sizeof *frames);
  for (;;) {
    stack->next = head;
    uint32_t seen = head;
    if (__atomic_compare_exchange_n(bucket, &seen, number + 1, false, __ATOMIC_ACQ_REL,
                                    __ATOMIC_ACQUIRE))
      return number;
    uint32_t other;
    if (find(seen, head, hash, frames, count, scope, &other)) return other;
    head = seen;
  }
}

uint32_t remnant_intern_in_scope(uint64_t hash, uint32_t stack, uint16_t scope) {
  void *reference = (void *)(uintptr_t)stack;
  return remnant_intern(hash, &reference, 1, scope);
}

void remnant_interned_start(void) {
  remnant_own(buckets, sizeof buckets);
  remnant_own(remnant_chunks, sizeof remnant_chunks);
  remnant_state.stack_chunks = (uint64_t)remnant_chunks;
}
