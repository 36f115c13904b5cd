// Call stacks: by the chain of frame pointers where that is proved to be the whole truth, by libunwind
// otherwise; kept once each.
//
// Deadlocks, and why there are none. A frame that libunwind hasn't seen takes its global lock and
// then, in dl_iterate_phdr, the loader's list lock. glibc 2.36 holds that lock in two places where
// the program's code can allocate: in callbacks of dl_iterate_phdr (wrapped: no unwinding inside),
// and never while constructors run (dlopen holds another lock then). Under it, dlclose only frees.

#define _GNU_SOURCE
#include "chains.h"
#include "interned.h"
#include "recorder.h"
#include "remembered.h"
#include "threads.h"
#include "unwinder.h"

#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>

// MARK: What limits them

// A page that the kernel empties in a forked child, before anything runs there: the child may hold the
// unwinder's and the loader's locks forever, and the program's own handlers of fork come before ours.
static const volatile char nothing_yet;
static const volatile char *may_unwind = &nothing_yet;

static uint32_t depth = 64;

// A program that recurses while it allocates makes stacks without end: a parser's tests made three million,
// 1.8 GB of them, and took four times as long. So when stacks have taken this much memory, those to come keep
// half as many frames, down to the least, and the report says so.
enum { least_depth = 16 };
#define BUDGET (UINT64_C(96) << 20)
static uint64_t budget_end = BUDGET;

static void keep_within_budget(void) {
  uint64_t end = __atomic_load_n(&budget_end, __ATOMIC_RELAXED);
  if (REMNANT_LIKELY(depth <= least_depth || remnant_reserved() < end)) return;
  // Of the threads that come here at once, one shortens.
  if (!__atomic_compare_exchange_n(&budget_end, &end, end + BUDGET, false, __ATOMIC_RELAXED,
                                   __ATOMIC_RELAXED))
    return;
  uint32_t shorter = depth / 2 < least_depth ? least_depth : depth / 2;
  __atomic_store_n(&depth, shorter, __ATOMIC_RELAXED);
  remnant_state.shortest_depth = shorter;
}

// Marks what stands for a chain, so that a hash of a whole stack is never taken for one.
#define REMNANT_CHAIN (1u << (number_bits - 1))
// In place of a shape: such a chain must be unwound each time.
static const uint32_t not_walkable = REMNANT_NUMBER_MASK;

static bool is_on_own_stack(const thread_memory *memory, uint64_t frame) {
  return frame - memory->stack_low < memory->stack_high - memory->stack_low;
}

// MARK: Unwinding

// What unwinding a frame that libunwind hasn't seen takes is between 4 and 6 KiB (measured: libunwind
// 1.6.2, x86_64, the recorder built for debugging).
enum { unwinding_room = 8 << 10 };

// Unwinds by the compiler's tables. Returns the frames from the one that returns to `caller` on.
static void **unwind(thread_memory *memory, const void *caller, int *count) {
  void **frames = memory->frames;
  int capacity = depth + own_frames;
  int found = remnant_backtrace(frames, capacity);
  // The recorder's own frames come first, as many as the compiler left.
  int first = 0;
  while (first < found && first < own_frames && frames[first] != caller) first++;
  if (first >= found || first == own_frames) return NULL;
  found -= first;
  *count = found > (int)depth ? (int)depth : found;
  return frames + first;
}

static inline uint16_t scope_of_caller(void) {
  return REMNANT_UNLIKELY(remnant_scopes_in_use != 0) ? remnant_current_scope() : 0;
}

static uint64_t hash_of(void **frames, int count, uint16_t scope) {
  uint64_t hash = count | (uint64_t)scope << 16;
  for (int i = 0; i < count; i++) {
    hash = (hash ^ (uint64_t)frames[i]) * UINT64_C(0x9e3779b97f4a7c15);
    hash ^= hash >> 29;
  }
  return hash;
}

// `walked` is 0 where there is no chain to learn; `other` is the latest shape of it.
static __attribute__((noinline)) uint32_t capture_by_unwinding(thread_memory *memory,
                                                               const void *caller, uint64_t chain,
                                                               int walked, const chain_shape *other,
                                                               uint16_t scope) {
  int count;
  void **frames = unwind(memory, caller, &count);
  if (frames == NULL) return REMNANT_NO_STACK;
  uint64_t hash = hash_of(frames, count, scope);
  uint32_t number;
  if (!recall(hash, &number) || (number & REMNANT_CHAIN)) {
    number = remnant_intern(hash, frames, count, scope);
    keep_within_budget();
    if (number == REMNANT_NO_STACK) return number;
    remember(hash, number);
  }
  if (walked > 0) {
    uint32_t shape = remnant_learn_chain(memory, walked, other, frames, count, depth, number);
    if (shape == REMNANT_NOT_WALKABLE) remember(chain, not_walkable);
    else if (shape != REMNANT_NOTHING_LEARNED) remember(chain, shape | REMNANT_CHAIN);
  }
  return number;
}

static uint32_t capture(const void *caller, const void *frame) {
  // See `in_scope`.
  const uint16_t scope = 0;
  thread_memory *memory = remnant_this_thread.memory;
  if (REMNANT_UNLIKELY(memory == NULL)) {
    memory = remnant_get_thread_memory();
    if (memory == NULL) return REMNANT_NO_STACK;
  }
  uint64_t depth_in_alternate = (uint64_t)frame - remnant_this_thread.alternate_low;
  if (REMNANT_UNLIKELY(depth_in_alternate < remnant_this_thread.alternate_size)) {
    if (depth_in_alternate < unwinding_room || remnant_is_silent) return REMNANT_NO_STACK;
    return capture_by_unwinding(memory, caller, 0, 0, NULL, scope);
  }
  // A coroutine's, or one that the kernel was told of in another way: how much room there is isn't known.
  if (REMNANT_UNLIKELY(!is_on_own_stack(memory, (uint64_t)frame))) return REMNANT_NO_STACK;
  int walked;
  uint64_t chain = remnant_walk(memory, frame, depth, &walked) + scope * UINT64_C(0x9e3779b97f4a7c15);
  uint32_t number;
  const chain_shape *latest = NULL;
  if (REMNANT_LIKELY(recall(chain, &number)) && (number & REMNANT_CHAIN)) {
    if (number == not_walkable) {
      walked = 0;
    } else {
      latest = remnant_memory_at(number & ~REMNANT_CHAIN);
      const chain_shape *shape = remnant_find_shape(memory, (uint32_t)walked, latest);
      if (REMNANT_LIKELY(shape != NULL)) return shape->stack;
    }
  }
  // Deep in a recursion, or on a thread's small stack: the room is the program's.
  if (REMNANT_UNLIKELY((uint64_t)frame - memory->stack_low < unwinding_room || remnant_is_silent))
    return REMNANT_NO_STACK;
  return capture_by_unwinding(memory, caller, chain, walked, latest, scope);
}

// The same frames in another scope are another stack, which refers to the one of none: a test's scope would otherwise have
// every stack unwound and kept once more (10 ms for a test that does nothing).
static uint32_t in_scope(uint32_t stack, uint16_t scope) {
  uint64_t hash = ((uint64_t)stack << 16 | scope) * UINT64_C(0x9e3779b97f4a7c15);
  hash = (hash ^ hash >> 32) * UINT64_C(0xd6e8feb86659fd93);
  hash ^= hash >> 29;
  uint32_t number;
  if (recall(hash, &number) && !(number & REMNANT_CHAIN)) return number;
  number = remnant_intern_in_scope(hash, stack, scope);
  if (number != REMNANT_NO_STACK) remember(hash, number);
  return number;
}

uint32_t remnant_current_stack(const void *caller, const void *frame) {
  if (REMNANT_UNLIKELY(remnant_this_thread.is_unwinding || remnant_this_thread.lock_depth > 0 || !*may_unwind)) {
    if (!remnant_this_thread.has_no_stacks) __atomic_fetch_add(&remnant_state.lost_stacks, 1, __ATOMIC_RELAXED);
    return REMNANT_NO_STACK;
  }
  // A signal handler that allocates while this thread unwinds comes back to the check above.
  remnant_this_thread.is_unwinding = true;
  uint32_t number = capture(caller, frame);
  uint16_t scope = scope_of_caller();
  if (REMNANT_UNLIKELY(scope != 0) && number != REMNANT_NO_STACK) number = in_scope(number, scope);
  remnant_this_thread.is_unwinding = false;
  if (REMNANT_UNLIKELY(number == REMNANT_NO_STACK))
    __atomic_fetch_add(&remnant_state.lost_stacks, 1, __ATOMIC_RELAXED);
  return number;
}

void remnant_leave_out_stacks(void) {
  remnant_this_thread.has_no_stacks = true;
  // Asked for at every allocation anyway.
  remnant_this_thread.lock_depth++;
}

void remnant_take_stacks_again(void) {
  remnant_this_thread.lock_depth--;
  remnant_this_thread.has_no_stacks = false;
}

void remnant_enter_lock(void) { remnant_this_thread.lock_depth++; }
void remnant_leave_lock(void) { remnant_this_thread.lock_depth--; }

void remnant_stacks_forget_code(void) {
  remnant_chains_forget_code();
  forget_all();
  remnant_unwinder_forget_code();
}

static bool mark_this_process(void) {
  char *page = remnant_map(4096);
  if (page == NULL) return false;
  // Refused before Linux 4.14; then the handler of fork is all there is.
  madvise(page, 4096, MADV_WIPEONFORK);
  *page = 1;
  may_unwind = page;
  return true;
}

bool remnant_stacks_start(uint32_t wanted, char *reason, size_t reason_size) {
  remnant_interned_start();
  remnant_own(small_memory, sizeof small_memory);
  remnant_own(great_memory, sizeof great_memory);
  remnant_state.shortest_depth = remnant_state.depth = depth =
      wanted < 1 ? 1 : wanted > deepest ? deepest : wanted;
  remnant_threads_start();
  remnant_this_thread.is_unwinding = true;
  bool has_unwinder = remnant_unwinder_start(reason, reason_size);
  remnant_this_thread.is_unwinding = false;
  if (!has_unwinder) return false;
  // Here, where nothing else runs: for the main thread, libc reads a file.
  remnant_this_thread.is_unwinding = true;
  if (remnant_this_thread.memory == NULL) remnant_get_thread_memory();
  remnant_this_thread.is_unwinding = false;
  remnant_chains_start();
  if (mark_this_process()) return true;
  snprintf(reason, reason_size, "no memory");
  return false;
}
