// Which scope an allocation belongs to: that of its task, where there is one, otherwise that of its thread.

#define _GNU_SOURCE
#include "CRemnantRecorder.h"
#include "interned.h"
#include "recorder.h"

#include <sys/mman.h>

uint32_t remnant_scopes_in_use;

// The runtime's look-up of a task-local value: in the current task, or else in what the thread keeps in place of
// one. It takes no lock and allocates nothing (TaskLocal.cpp). Not there in programs without concurrency.
extern __attribute__((swiftcall, weak)) const uint16_t *swift_task_localValueGet(const void *key);
static const void *task_local;

uint16_t remnant_current_scope(void) {
  const void *key = __atomic_load_n(&task_local, __ATOMIC_ACQUIRE);
  const uint16_t *value = key != NULL ? swift_task_localValueGet(key) : NULL;
  return value != NULL ? *value : 0;
}

void remnant_scope_open(const void *key) {
  if (swift_task_localValueGet == NULL) return;
  __atomic_store_n(&task_local, key, __ATOMIC_RELEASE);
  __atomic_fetch_add(&remnant_scopes_in_use, 1, __ATOMIC_RELAXED);
}

void remnant_scope_close(void) { __atomic_fetch_sub(&remnant_scopes_in_use, 1, __ATOMIC_RELAXED); }

// MARK: What is left of a scope

enum { page_size = 4096, window = 1 << 20 };

static bool is_in_scope(const remnant_record *record, uint16_t scope) {
  uint32_t key = __atomic_load_n(&record->key, __ATOMIC_RELAXED);
  if (key == 0) return false;
  uint32_t number = ((key & ~REMNANT_MOVING) >> 1) - 1;
  return number != REMNANT_NO_STACK && ((remnant_stack *)remnant_memory_at(number))->scope == scope;
}

static bool has_blocks(const char *leaf, uint16_t scope) {
  const size_t size = REMNANT_LEAF_ENTRIES * sizeof(remnant_record);
  unsigned char resident[window / page_size];
  for (size_t start = 0; start < size; start += window) {
    size_t part = size - start < window ? size - start : window;
    if (mincore((void *)(leaf + start), part, resident) != 0) return true;
    // The first record that begins in this part; its key is its first word, and lies in one page.
    size_t record = (start + sizeof(remnant_record) - 1) / sizeof(remnant_record);
    for (; record * sizeof(remnant_record) < start + part; record++) {
      size_t offset = record * sizeof(remnant_record);
      size_t page = (offset - start) / page_size;
      if (!(resident[page] & 1)) {
        record = (start + (page + 1) * page_size - 1) / sizeof(remnant_record);
        continue;
      }
      if (is_in_scope((const remnant_record *)(leaf + offset), scope)) return true;
    }
  }
  return false;
}

bool remnant_scope_has_blocks(uint16_t scope) {
  const uint64_t *leaves = (const uint64_t *)remnant_state.leaves;
  for (size_t i = 0; i < REMNANT_ROOT_ENTRIES; i++) {
    // A page of the table that was never written has no leaf: 512 entries at once.
    uint64_t leaf = __atomic_load_n(&leaves[i], __ATOMIC_ACQUIRE);
    if (leaf != 0 && has_blocks((const char *)leaf, scope)) return true;
  }
  return false;
}
