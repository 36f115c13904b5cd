// What was met lately. A header, because it is on the path of every allocation: the compiler puts it
// in place.

#ifndef REMNANT_REMEMBERED_H
#define REMNANT_REMEMBERED_H

#include "recorder.h"

// Hashes that were met lately, and what they stand for: one word each, so that threads share the table
// without a lock and without seeing half of an entry. Eight entries of a cache line make a set.
//
// A word keeps 36 bits of the hash beside the number, and the set is chosen by 17 others: a stack of a
// million others is taken for one of them with a probability of about 10^-4.
//
// Two tables: the small one fits into a core's own cache, and a miss there costs a hundred nanoseconds
// less than one in the great one (measured with 65,000 stacks in turn).
enum { small_sets = 1 << 14, great_sets = 1 << 17, set_size = 8, number_bits = 28 };
#define REMNANT_NUMBER_MASK ((1u << number_bits) - 1)
static uint64_t small_memory[small_sets * set_size] __attribute__((aligned(64)));
static uint64_t great_memory[great_sets * set_size] __attribute__((aligned(64)));

static inline bool find_word(const uint64_t *set, uint64_t hash, uint32_t *number) {
  for (int way = 0; way < set_size; way++) {
    uint64_t word = __atomic_load_n(&set[way], __ATOMIC_ACQUIRE);
    if ((word ^ hash) >> number_bits == 0 && word != 0) {
      *number = word & REMNANT_NUMBER_MASK;
      return true;
    }
  }
  return false;
}

static void put_word(uint64_t *set, uint64_t hash, uint32_t number) {
  uint64_t word = hash >> number_bits << number_bits | number;
  for (int way = 0; way < set_size; way++) {
    uint64_t old = __atomic_load_n(&set[way], __ATOMIC_RELAXED);
    if (old == 0 || (old ^ hash) >> number_bits == 0) {
      __atomic_store_n(&set[way], word, __ATOMIC_RELEASE);
      return;
    }
  }
  // Full: any of them goes; the hash is as good as chance.
  __atomic_store_n(&set[hash >> 20 & (set_size - 1)], word, __ATOMIC_RELEASE);
}

static inline bool recall(uint64_t hash, uint32_t *number) {
  uint64_t *set = &small_memory[(hash & (small_sets - 1)) * set_size];
  if (REMNANT_LIKELY(find_word(set, hash, number))) return true;
  if (!find_word(&great_memory[(hash & (great_sets - 1)) * set_size], hash, number)) return false;
  put_word(set, hash, *number);
  return true;
}

static void remember(uint64_t hash, uint32_t number) {
  put_word(&small_memory[(hash & (small_sets - 1)) * set_size], hash, number);
  put_word(&great_memory[(hash & (great_sets - 1)) * set_size], hash, number);
}

static void forget_all(void) {
  for (size_t i = 0; i < sizeof great_memory / sizeof *great_memory; i++) {
    if (great_memory[i] != 0) __atomic_store_n(&great_memory[i], 0, __ATOMIC_RELAXED);
  }
  for (size_t i = 0; i < sizeof small_memory / sizeof *small_memory; i++) {
    if (small_memory[i] != 0) __atomic_store_n(&small_memory[i], 0, __ATOMIC_RELAXED);
  }
}

#endif
