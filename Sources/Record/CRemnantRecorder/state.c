#define _GNU_SOURCE
#include "CRemnantRecorder.h"
#include "recorder.h"

#include <string.h>
#include <sys/mman.h>

bool remnant_is_recording = true;
remnant_recorder_state remnant_state;

remnant_recorder_state *remnant_recorder(void) { return &remnant_state; }

static remnant_range own_ranges[REMNANT_OWN_RANGES];
static uint32_t own_range_count;

void *remnant_map(size_t size) {
  if (remnant_is_silent) return NULL;
  // Reserved address space only: pages that are never touched cost nothing, and don't count against
  // an overcommit limit.
  void *memory =
      mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return NULL;
  remnant_own(memory, size);
  return memory;
}

bool remnant_list_range(remnant_range list[], uint32_t *count, uint32_t limit, uint64_t start, uint64_t end) {
  uint32_t index = __atomic_fetch_add(count, 1, __ATOMIC_RELAXED);
  if (index >= limit - 1) return false;
  list[index].end = end;
  __atomic_store_n(&list[index].start, start, __ATOMIC_RELEASE);
  return true;
}

void remnant_own(const void *start, size_t size) {
  if (!remnant_list_range(own_ranges, &own_range_count, REMNANT_OWN_RANGES, (uint64_t)start, (uint64_t)start + size))
    __atomic_fetch_add(&remnant_state.lost_blocks, 1, __ATOMIC_RELAXED);
}

void remnant_note_undecided(const char *place) {
  uint32_t index = __atomic_fetch_add(&remnant_state.undecided, 1, __ATOMIC_RELAXED);
  if (index < REMNANT_UNDECIDED_PLACES)
    strncpy(remnant_state.undecided_places[index], place, REMNANT_UNDECIDED_PLACE_SIZE - 1);
}

extern const char REMNANT_TEXT[] __attribute__((visibility("hidden")));
extern const char REMNANT_TEXT_END[] __attribute__((visibility("hidden")));

__attribute__((constructor(101))) static void describe_state(void) {
  remnant_state.magic = REMNANT_CONTROL_MAGIC;
  remnant_state.version = REMNANT_CONTROL_VERSION;
  remnant_state.own_ranges = (uint64_t)own_ranges;
  remnant_state.code_start = (uint64_t)REMNANT_TEXT;
  remnant_state.code_end = (uint64_t)REMNANT_TEXT_END;
}
