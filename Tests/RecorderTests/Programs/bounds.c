// The recorder's own code at bounds that no program reaches in a test: chains with the same hash, and more memory of its
// own than can be listed. Prints what is wrong; nothing where all is right.
#include "chains.c"
#include "state.c"

#include <stdio.h>

bool remnant_is_silent;
uint64_t remnant_chunks[REMNANT_STACK_CHUNKS];

static char kept[4096] __attribute__((aligned(16)));

// Numbers are units of 16 bytes, from the start of a chunk on.
bool remnant_reserve(size_t size, uint32_t *number) {
  static uint32_t used;
  remnant_chunks[0] = (uint64_t)kept;
  *number = used;
  used += (size + 15) / 16;
  return used * 16 <= sizeof kept;
}

bool remnant_locate(const uint64_t *base, const uint64_t *end, void **frames, int count, const uint64_t **places) {
  places[0] = end - 2;
  return count == 1;
}

extern const char __start_remnant_text[], __stop_remnant_text[];

static thread_memory memory;

// A chain of three frames, of which the last but one has a function without a frame pointer above it, or after which
// the chain ends and the stack doesn't.
static const chain_shape *learn(uint64_t *stack, bool has_tail) {
  memory.stack_low = (uint64_t)stack;
  memory.stack_high = (uint64_t)(stack + 64);
  uint64_t *bases[3] = {stack, stack + 8, stack + 20};
  void *frames[4];
  int count = 0;
  for (int i = 0; i < 3; i++) {
    memory.bases[i] = bases[i];
    frames[count++] = memory.walked[i] = (void *)(uint64_t)(0x1000 + i);
    if (i != 1 || has_tail) continue;
    stack[12] = 0x2000;
    frames[count++] = (void *)0x2000;
  }
  if (has_tail) {
    stack[62] = 0x3000;
    frames[count++] = (void *)0x3000;
  }
  uint32_t number = remnant_learn_chain(&memory, 3, NULL, frames, count, 64, 7);
  return number < REMNANT_NOTHING_LEARNED ? remnant_memory_at(number) : NULL;
}

static void check_chains(bool has_tail) {
  static uint64_t stack[64];
  const chain_shape *shape = learn(stack, has_tail);
  if (shape == NULL) {
    printf("not learned: tail %d\n", has_tail);
    return;
  }
  if (remnant_find_shape(&memory, 3, shape) != shape) printf("not recognized: tail %d\n", has_tail);
  // Another chain with the same hash, which ends sooner: the frames beyond are an earlier chain's, and may be gone.
  int walked = has_tail ? 2 : 1;
  for (int i = walked; i < 3; i++) memory.bases[i] = (const uint64_t *)8;
  if (remnant_find_shape(&memory, walked, shape) != NULL) printf("taken for another: tail %d\n", has_tail);
}

static void check_ranges(void) {
  enum { too_many = 10 };
  static char own[16];
  uint64_t before = own_range_count;
  for (uint64_t i = before; i < REMNANT_OWN_RANGES - 1 + too_many; i++) remnant_own(own, sizeof own);
  if (remnant_state.lost_blocks != too_many) printf("lost: %lu\n", remnant_state.lost_blocks);
  if (own_ranges[REMNANT_OWN_RANGES - 2].start != (uint64_t)own) printf("the last one isn't listed\n");
  if (own_ranges[REMNANT_OWN_RANGES - 1].start != 0) printf("the list has no end\n");
}

int main(void) {
  check_chains(false);
  check_chains(true);
  check_ranges();
  return 0;
}
