#define _GNU_SOURCE
#include "chains.h"

#include <link.h>
#include <string.h>
#include <sys/auxv.h>

#include "interned.h"
#include "unwinder.h"

// Only the latest shapes of a chain are tried, and there is an end to new ones: what is found nowhere is
// unwound.
enum { most_probes = 8, shapes_tried = 16, most_shapes = 256 };

// The distance to the next frame goes into it beside each return
// address, so that functions without a frame pointer in between make another chain.
uint64_t remnant_walk(thread_memory *memory, const uint64_t *frame, int limit, int *count) {
  // A sum of products with odd factors: unlike a chain of multiplications, the processor computes many
  // of its terms at once while the next frame is on its way from memory.
  uint64_t hash = 0;
  uint64_t factor = UINT64_C(0x9e3779b97f4a7c15);
  int found = 0;
  while (found < limit) {
    uint64_t next = frame[0];
    uint64_t distance = next - (uint64_t)frame;
    memory->bases[found] = frame;
    memory->walked[found++] = (void *)frame[1];
    // Upwards, aligned, and with room for a frame below the stack's end: or the chain ends here, and what is
    // in the register can be another value each time.
    bool ends = distance - 16 > 1 << 20 || next & 7 || next > memory->stack_high - 16;
    hash += (frame[1] ^ (ends ? 0 : distance << 44)) * factor;
    factor = factor * UINT64_C(0xd1342543de82ef95) + 2;
    if (ends) break;
    frame = (const uint64_t *)next;
  }
  *count = found;
  hash = (hash ^ hash >> 32) * UINT64_C(0x9e3779b97f4a7c15);
  return hash ^ hash >> 29;
}

static bool tail_matches(const thread_memory *memory, const uint64_t *base, const stack_tail *tail,
                         uint32_t count) {
  // Another thread's stack may end before it.
  uint64_t room = (memory->stack_high - (uint64_t)base) / sizeof *base;
  if (tail->probes[count - 1].words >= room) return false;
  for (uint32_t i = 0; i < count; i++) {
    if (base[tail->probes[i].words] != tail->probes[i].address) return false;
  }
  return true;
}

// Two chains can have the same hash: so this one may have fewer frames, and end sooner, than the one that was noted.
static bool matches(const thread_memory *memory, uint32_t walked, const chain_shape *shape) {
  for (uint32_t i = 0; i < shape->probe_count; i++) {
    const struct probe *probe = &shape->probes[i];
    if (probe->frame >= walked) return false;
    const uint64_t *place = memory->bases[probe->frame] + probe->words;
    if ((uint64_t)place > memory->stack_high - sizeof *place || *place != probe->address) return false;
  }
  if (shape->tail == NULL) return true;
  return shape->tail_frame < walked &&
         tail_matches(memory, memory->bases[shape->tail_frame], shape->tail, shape->tail_count);
}

const chain_shape *remnant_find_shape(const thread_memory *memory, uint32_t walked, const chain_shape *shape) {
  while (shape != NULL && !matches(memory, walked, shape)) shape = shape->other;
  return shape;
}

// Where in the gap above a frame of the chain a missing return address lies: only if in one place.
static bool find_probe(const thread_memory *memory, int frame, uint64_t address, struct probe *probe) {
  const uint64_t *base = memory->bases[frame];
  uint64_t words = (memory->bases[frame + 1] - base);
  if (words > 4096) return false;
  int found = 0;
  for (uint64_t word = 2; word < words; word++) {
    if (base[word] != address) continue;
    *probe = (struct probe){(uint32_t)frame, (uint32_t)word, address};
    found++;
  }
  return found == 1;
}

// Where every thread and program starts: libc's own code, and the executable's entry.
static uint64_t libc_low, libc_high, entry_point;

extern const char *gnu_get_libc_version(void);

static int note_libc(struct dl_phdr_info *info, size_t size, void *inside) {
  for (int i = 0; i < info->dlpi_phnum; i++) {
    uint64_t low = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
    uint64_t high = low + info->dlpi_phdr[i].p_memsz;
    if (info->dlpi_phdr[i].p_type != PT_LOAD || (uint64_t)inside - low >= high - low) continue;
    libc_low = low;
    libc_high = high;
    return 1;
  }
  return 0;
}

static bool is_start_frame(uint64_t address) {
  // _start ends with a call that does not return (glibc's sysdeps/*/start.S).
  enum { start_size = 64 };
  return address - libc_low < libc_high - libc_low || address - entry_point <= start_size;
}

// Whether these are nothing but the frames at the very start of a thread or program.
static bool are_start_frames(void **frames, int count) {
  enum { most_start_frames = 3 };
  if (count > most_start_frames) return false;
  for (int i = 0; i < count; i++) {
    if (!is_start_frame((uint64_t)frames[i])) return false;
  }
  return true;
}

static bool begins_with(const stack_tail *tail, void **frames, int count) {
  if (tail == NULL || tail->count < (uint32_t)count) return false;
  for (int i = 0; i < count; i++) {
    if (tail->probes[i].address != (uint64_t)frames[i]) return false;
  }
  return true;
}

// Counts how often code was unmapped.
static uint32_t code_generation;

// Notes where the return addresses beyond a frame of the chain lie. NULL where that isn't to be had.
static const stack_tail *find_tail(thread_memory *memory, const uint64_t *base, void **frames, int count) {
  uint32_t generation = __atomic_load_n(&code_generation, __ATOMIC_RELAXED);
  if (memory->tail_base == base && memory->tail_generation == generation &&
      begins_with(memory->tail, frames, count) && tail_matches(memory, base, memory->tail, count))
    return memory->tail;
  uint32_t number;
  const uint64_t **places = memory->places;
  if (!remnant_locate(base, (const uint64_t *)memory->stack_high, frames, count, places) ||
      !remnant_reserve(sizeof(stack_tail) + count * sizeof(struct probe), &number))
    return NULL;
  stack_tail *tail = remnant_memory_at(number);
  for (int i = 0; i < count; i++)
    tail->probes[i] = (struct probe){0, (uint32_t)(places[i] - base), (uint64_t)frames[i]};
  tail->count = count;
  memory->tail = tail;
  memory->tail_base = base;
  memory->tail_generation = generation;
  return tail;
}

// Compares a chain with the whole stack: what the chain misses becomes probes, or the tail. False where the
// chain can't stand for the stack.
static bool make_shape(thread_memory *memory, int walked, void **frames, int count, int depth,
                       chain_shape *shape, struct probe *probes) {
  int next = 0;
  for (int i = 0; i < count; i++) {
    if (next < walked && frames[i] == memory->walked[next]) {
      next++;
      continue;
    }
    if (next == walked) {
      if (are_start_frames(frames + i, count - i)) return true;
      shape->tail_frame = next - 1;
      shape->tail_count = count - i;
      shape->tail = find_tail(memory, memory->bases[next - 1], frames + i, count - i);
      return shape->tail != NULL;
    }
    if (next == 0 || shape->probe_count == most_probes ||
        !find_probe(memory, next - 1, (uint64_t)frames[i], &probes[shape->probe_count]))
      return false;
    shape->probe_count++;
  }
  // What the chain has beyond the deepest frame that is kept doesn't matter.
  return next == walked || count == depth;
}

uint32_t remnant_learn_chain(thread_memory *memory, int walked, const chain_shape *other, void **frames, int count,
                             int depth, uint32_t stack) {
  struct probe probes[most_probes];
  chain_shape shape = {.stack = stack, .ordinal = other == NULL ? 0 : other->ordinal + 1};
  uint32_t number;
  if (shape.ordinal == most_shapes) return REMNANT_NOTHING_LEARNED;
  if (shape.ordinal % shapes_tried != 0) shape.other = other;
  if (!make_shape(memory, walked, frames, count, depth, &shape, probes) ||
      !remnant_reserve(sizeof shape + shape.probe_count * sizeof *probes, &number))
    return other == NULL ? REMNANT_NOT_WALKABLE : REMNANT_NOTHING_LEARNED;
  chain_shape *kept = remnant_memory_at(number);
  *kept = shape;
  memcpy(kept->probes, probes, shape.probe_count * sizeof *probes);
  return number;
}

void remnant_chains_forget_code(void) { __atomic_fetch_add(&code_generation, 1, __ATOMIC_RELAXED); }

void remnant_chains_start(void) {
  entry_point = getauxval(AT_ENTRY);
  dl_iterate_phdr(note_libc, (void *)gnu_get_libc_version);
}
