// Call stacks, each kept once, and other memory of the recorder that is never given back.

#ifndef REMNANT_INTERNED_H
#define REMNANT_INTERNED_H

#include "recorder.h"

#pragma GCC visibility push(hidden)

extern uint64_t remnant_chunks[REMNANT_STACK_CHUNKS];

void remnant_interned_start(void);
// Room for `size` bytes, by number; false where the memory is used up.
bool remnant_reserve(size_t size, uint32_t *number);
// Bytes that have been handed out.
uint64_t remnant_reserved(void);
// The number of a stack, the same for the same frames; REMNANT_NO_STACK where there is no memory.
uint32_t remnant_intern(uint64_t hash, void **frames, uint32_t count, uint16_t scope);
// The number of a stack in a scope that isn't 0, of which only the number of the stack in none is kept.
uint32_t remnant_intern_in_scope(uint64_t hash, uint32_t stack, uint16_t scope);

static inline void *remnant_memory_at(uint32_t number) {
  uint64_t chunk =
      __atomic_load_n(&remnant_chunks[number >> REMNANT_STACK_CHUNK_SHIFT], __ATOMIC_ACQUIRE);
  uint64_t unit = number & ((1u << REMNANT_STACK_CHUNK_SHIFT) - 1);
  return (void *)(chunk + unit * 16);
}

#pragma GCC visibility pop

#endif
