// The live blocks, found by their addresses without hashing.
//
// Two levels: 64 MiB of address space have a leaf, and 32 bytes of it an entry, because no two blocks
// begin in the same 32 bytes (allocator.h). Neighbouring blocks have neighboring entries, so the
// table's cache misses are those of the heap itself; a hash table's would be one for every call
// (measured: a hash table alone took 2.2 times the plain run time).

#define _GNU_SOURCE
#include "order.h"
#include "recorder.h"

#include <sys/mman.h>

static uint64_t leaves[REMNANT_ROOT_ENTRIES];
static uint8_t arenas[REMNANT_ROOT_ENTRIES];

enum { leaf_size = REMNANT_LEAF_ENTRIES * sizeof(remnant_record) };

// glibc's chunk header, in the word before the block (malloc/malloc.c).
enum { chunk_is_mapped = 2, chunk_is_in_secondary_arena = 4 };

__attribute__((constructor(102))) static void describe_table(void) {
  remnant_state.leaves = (uint64_t)leaves;
  remnant_state.arenas = (uint64_t)arenas;
  remnant_own(leaves, sizeof leaves);
  remnant_own(arenas, sizeof arenas);
}

static __attribute__((noinline)) remnant_record *make_leaf(uint64_t *slot) {
  if (remnant_is_silent) return NULL;
  void *leaf = mmap(NULL, leaf_size, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (leaf == MAP_FAILED) return NULL;
  uint64_t expected = 0;
  if (!__atomic_compare_exchange_n(slot, &expected, (uint64_t)leaf, false, __ATOMIC_ACQ_REL,
                                   __ATOMIC_ACQUIRE)) {
    // Another thread was first.
    munmap(leaf, leaf_size);
    return (remnant_record *)expected;
  }
  remnant_own(leaf, leaf_size);
  return leaf;
}

void remnant_table_extend(void) {
  // Half a GiB on either side: what the heap grows by, and where the kernel maps next.
  enum { neighbors = 8 };
  static uint8_t is_near[REMNANT_ROOT_ENTRIES];
  for (uint64_t i = 0; i < REMNANT_ROOT_ENTRIES; i++) {
    if (__atomic_load_n(&leaves[i], __ATOMIC_ACQUIRE) == 0) continue;
    uint64_t first = i < neighbors ? 0 : i - neighbors;
    for (uint64_t j = first; j <= i + neighbors && j < REMNANT_ROOT_ENTRIES; j++) is_near[j] = 1;
  }
  for (uint64_t i = 0; i < REMNANT_ROOT_ENTRIES; i++) {
    if (is_near[i] && __atomic_load_n(&leaves[i], __ATOMIC_ACQUIRE) == 0) make_leaf(&leaves[i]);
  }
}

static inline remnant_record *entry(uint64_t address, remnant_record *leaf) {
  return leaf + ((address >> REMNANT_GRANULE_SHIFT) & (REMNANT_LEAF_ENTRIES - 1));
}

static inline uint64_t ticks(void) {
#if defined(__x86_64__)
  return remnant_ticks() >> REMNANT_ORDER_SHIFT;
#else
  // Counts up far more slowly than cycles: every tick matters.
  return remnant_ticks();
#endif
}

static uint64_t first_tick;

void remnant_table_begin(void) { first_tick = ticks(); }

static inline uint64_t now(void) {
  uint64_t time = ticks() - first_tick;
  // Another processor's counter may be behind that of the first allocation.
  return REMNANT_LIKELY((int64_t)time >= 0) ? remnant_order_at(time) : 0;
}

static inline remnant_record *record_of(uint64_t address) {
  uint64_t index = address >> REMNANT_LEAF_SHIFT;
  if (REMNANT_UNLIKELY(index >= REMNANT_ROOT_ENTRIES)) return NULL;
  remnant_record *leaf = (remnant_record *)__atomic_load_n(&leaves[index], __ATOMIC_ACQUIRE);
  // Not from here: the loader's, an earlier moment's, another allocator's.
  return REMNANT_UNLIKELY(leaf == NULL) ? NULL : entry(address, leaf);
}

// glibc says in a chunk's header which arena it is in.
static inline void note_arena(const void *block, uint64_t index) {
  if (REMNANT_UNLIKELY(!remnant_state.allocator_is_glibc)) return;
  uint64_t header = ((const uint64_t *)block)[-1];
  if ((header & (chunk_is_mapped | chunk_is_in_secondary_arena)) == chunk_is_in_secondary_arena &&
      REMNANT_UNLIKELY(!arenas[index]))
    arenas[index] = 1;
}

static __attribute__((noinline)) void note_large_size(uint64_t address, size_t size) {
  // The block has many entries more, but for one at the very end of its leaf.
  if ((address >> REMNANT_GRANULE_SHIFT & (REMNANT_LEAF_ENTRIES - 1)) == REMNANT_LEAF_ENTRIES - 1) return;
  remnant_record *second = record_of(address) + 1;
  second->order = (uint32_t)size;
  second->size_and_order = (uint32_t)(size >> 32);
}

void remnant_table_add(void *block, size_t size, uint32_t stack) {
  uint64_t address = (uint64_t)block;
  uint64_t index = address >> REMNANT_LEAF_SHIFT;
  if (REMNANT_UNLIKELY(index >= REMNANT_ROOT_ENTRIES)) return;
  remnant_record *leaf = (remnant_record *)__atomic_load_n(&leaves[index], __ATOMIC_ACQUIRE);
  if (REMNANT_UNLIKELY(leaf == NULL)) leaf = make_leaf(&leaves[index]);
  if (REMNANT_UNLIKELY(leaf == NULL || address % 16 != 0)) {
    __atomic_fetch_add(&remnant_state.lost_blocks, 1, __ATOMIC_RELAXED);
    return;
  }
  note_arena(block, index);
  remnant_record *record = entry(address, leaf);
  uint64_t order = now();
  if (REMNANT_UNLIKELY(size >= REMNANT_SIZE_LIMIT)) note_large_size(address, size);
  record->order = (uint32_t)order;
  record->size_and_order = (uint32_t)(size < REMNANT_SIZE_LIMIT ? size : REMNANT_SIZE_LIMIT) |
                           (uint32_t)(order >> 32) << REMNANT_SIZE_BITS;
  // Last: a handler of this thread, and the tool, see a whole record or none.
  __atomic_store_n(&record->key, (stack + 1) << 1 | ((address >> 4) & 1), __ATOMIC_RELEASE);
}

size_t remnant_table_remove(void *block) {
  remnant_record *record = record_of((uint64_t)block);
  if (REMNANT_UNLIKELY(record == NULL || __atomic_load_n(&record->key, __ATOMIC_RELAXED) == 0)) return 0;
  __atomic_store_n(&record->key, 0, __ATOMIC_RELAXED);
  return record->size_and_order & REMNANT_SIZE_LIMIT;
}

uint32_t remnant_table_hold(void *block) {
  remnant_record *record = record_of((uint64_t)block);
  if (REMNANT_UNLIKELY(record == NULL)) return 0;
  uint32_t key = __atomic_load_n(&record->key, __ATOMIC_RELAXED);
  if (REMNANT_UNLIKELY(key == 0)) return 0;
  key |= REMNANT_MOVING;
  __atomic_store_n(&record->key, key, __ATOMIC_RELAXED);
  return key;
}

void remnant_table_let_go(void *block, uint32_t held, bool is_freed) {
  if (held == 0) return;
  remnant_record *record = record_of((uint64_t)block);
  __atomic_compare_exchange_n(&record->key, &held, is_freed ? 0 : held & ~REMNANT_MOVING, false, __ATOMIC_RELAXED,
                              __ATOMIC_RELAXED);
}
