// Which scope an allocation belongs to: that of its task, where there is one, otherwise that of its thread.

#define _GNU_SOURCE
#include "CRemnantRecorder.h"
#include "CMachineLayout.h"
#include "CSwiftLayout.h"
#include "interned.h"
#include "recorder.h"

#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

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

// MARK: What one object leaks

void remnant_scope_adopt(const void *block) {
  uint64_t address = (uint64_t)block, index = address >> REMNANT_LEAF_SHIFT;
  if (index >= REMNANT_ROOT_ENTRIES || remnant_state.standing != REMNANT_STANDING_RECORDING) return;
  uint64_t leaf = __atomic_load_n(&((const uint64_t *)remnant_state.leaves)[index], __ATOMIC_ACQUIRE);
  if (leaf == 0) return;
  remnant_record *record = (remnant_record *)leaf +
                           ((address >> REMNANT_GRANULE_SHIFT) & (REMNANT_LEAF_ENTRIES - 1));
  uint32_t key = __atomic_load_n(&record->key, __ATOMIC_RELAXED);
  uint32_t number = (key >> 1) - 1;
  // The object lives, so the record stays as it is meanwhile; a static one has none.
  if (key == 0 || key & REMNANT_MOVING || (key & 1) != (address >> 4 & 1) || number == REMNANT_NO_STACK) return;
  const remnant_stack *stack = remnant_memory_at(number);
  if (stack->scope != 0) number = (uint32_t)stack->frames[0];
  uint64_t hash = number * UINT64_C(0x9e3779b97f4a7c15);
  uint32_t own = remnant_intern_in_scope(hash, number, REMNANT_ADOPTED_SCOPE);
  if (own != REMNANT_NO_STACK)
    __atomic_store_n(&record->key, (own + 1) << 1 | (key & 1), __ATOMIC_RELAXED);
}

// MARK: What is left of a scope

enum { page_size = REMNANT_PAGE_SIZE, window = 1 << 20 };

// 0 where it has none, or isn't in use.
static uint16_t scope_of(const remnant_record *record) {
  uint32_t key = __atomic_load_n(&record->key, __ATOMIC_RELAXED);
  if (key == 0) return 0;
  uint32_t number = ((key & ~REMNANT_MOVING) >> 1) - 1;
  return number != REMNANT_NO_STACK ? ((remnant_stack *)remnant_memory_at(number))->scope : 0;
}

static bool read_memory(uint64_t address, void *to, size_t size) {
  struct iovec local = {to, size}, remote = {(void *)address, size};
  return process_vm_readv(getpid(), &local, 1, &remote, 1, 0) == (ssize_t)size;
}

// Whether a block may be a Swift object: its first word leads to metadata of a class, a box, a
// closure context, an error or a task. What isn't an object can't be leaked by counting: such as a task's
// own memory, which every test leaves behind until its task is over, and whose metadata is nothing but a 0.
//
// Read by the kernel: the block may be gone meanwhile, and the word anything.
static bool may_be_object(uint64_t block) {
  uint64_t address;
  remnant_class_metadata class = {0};
  if (!read_memory(block, &address, sizeof address) || !remnant_is_address(address) || address % 8 != 0)
    return false;
  if (!read_memory(address, &class.kind, sizeof class.kind)) return false;
  if (class.kind != REMNANT_KIND_CLASS)
    return class.kind >= REMNANT_KIND_LOCAL_VARIABLE && class.kind <= REMNANT_KIND_LAST;
  return read_memory(address, &class, sizeof class) && class.instance_size >= 16 &&
         (class.alignment_mask & (class.alignment_mask + 1)) == 0 && class.class_address_point >= 16 &&
         class.class_size > class.class_address_point;
}

static void note_scopes(const char *leaf, uint64_t start_address, bool *has_objects) {
  const size_t size = REMNANT_LEAF_ENTRIES * sizeof(remnant_record);
  unsigned char resident[window / page_size];
  for (size_t start = 0; start < size; start += window) {
    size_t part = size - start < window ? size - start : window;
    if (mincore((void *)(leaf + start), part, resident) != 0)
      for (size_t page = 0; page < sizeof resident; page++) resident[page] = 1;
    // The first record that begins in this part; its key is its first word, and lies in one page.
    size_t record = (start + sizeof(remnant_record) - 1) / sizeof(remnant_record);
    for (; record * sizeof(remnant_record) < start + part; record++) {
      size_t offset = record * sizeof(remnant_record);
      size_t page = (offset - start) / page_size;
      if (!(resident[page] & 1)) {
        record = (start + (page + 1) * page_size - 1) / sizeof(remnant_record);
        continue;
      }
      const remnant_record *this = (const remnant_record *)(leaf + offset);
      uint16_t scope = scope_of(this);
      if (scope == 0 || has_objects[scope]) continue;
      uint64_t block = start_address + (record << REMNANT_GRANULE_SHIFT) + (uint64_t)(this->key & 1) * 16;
      if (may_be_object(block)) has_objects[scope] = true;
    }
  }
}

void remnant_scopes_with_objects(bool *has_objects) {
  const uint64_t *leaves = (const uint64_t *)remnant_state.leaves;
  for (size_t i = 0; i < REMNANT_ROOT_ENTRIES; i++) {
    // A page of the table that was never written has no leaf: 512 entries at once.
    uint64_t leaf = __atomic_load_n(&leaves[i], __ATOMIC_ACQUIRE);
    if (leaf != 0) note_scopes((const char *)leaf, (uint64_t)i << REMNANT_LEAF_SHIFT, has_objects);
  }
}
