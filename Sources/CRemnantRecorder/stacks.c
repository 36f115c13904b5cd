// Call stacks: by the chain of frame pointers where that is proved to be the whole truth, by libunwind
// otherwise; kept once each.
//
// Deadlocks, and why there are none. A frame that libunwind hasn't seen takes its global lock and
// then, in dl_iterate_phdr, the loader's list lock. glibc 2.36 holds that lock in two places where
// the program's code can allocate: in callbacks of dl_iterate_phdr (wrapped: no unwinding inside),
// and never while constructors run (dlopen holds another lock then). Under it, dlclose only frees.

#define _GNU_SOURCE
#include "interned.h"
#include "recorder.h"
#include "remembered.h"
#include "system_call.h"
#include "unwinder.h"

#include <errno.h>
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>

// MARK: Per thread

enum { own_frames = 8, deepest = 512 };

// What a thread keeps. In a mapping of its own, because a thread's stack can be small, and its
// thread-local storage lies on it.
typedef struct thread_memory {
  struct thread_memory *next_free;
  // The thread's own stack: what lies in it can be read as long as the thread lives.
  uint64_t stack_low;
  uint64_t stack_high;
  // By the compiler's tables.
  void *frames[deepest + own_frames];
  // Where the last of them lie on the stack.
  const uint64_t *places[deepest];
  // By the chain of frame pointers: return addresses, and the frames that they lie in.
  void *walked[deepest];
  const uint64_t *bases[deepest];
  // The tail that was learned last, the frame that it is beyond, and when that was.
  const struct stack_tail *tail;
  const uint64_t *tail_base;
  uint32_t tail_generation;
  // For the thread's first allocation, which may happen on a stack that has no room for more (see `prepare`).
  char room[32 << 10] __attribute__((aligned(4096)));
} thread_memory;

// Handlers of signals see it between any two instructions: so each part is written at once, and in order.
static __thread __attribute__((tls_model("initial-exec"))) struct {
  thread_memory *volatile memory;
  // The stack of signal handlers, which may lie in the thread's own.
  volatile uint64_t alternate_low;
  volatile uint64_t alternate_size;
  volatile uint32_t lock_depth;
  volatile bool is_unwinding;
  volatile bool has_no_stacks;
  volatile bool has_ended;
} this_thread;

static pthread_key_t thread_key;
static bool has_thread_key;
static thread_memory *free_memory;
static volatile char free_memory_lock;

// A page that the kernel empties in a forked child, before anything runs there: the child may hold the
// unwinder's and the loader's locks for ever, and the program's own handlers of fork come before ours.
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

// MARK: Threads that come and go

static void lock_free_memory(void) {
  while (__atomic_test_and_set(&free_memory_lock, __ATOMIC_ACQUIRE)) {
  }
}

static void unlock_free_memory(void) { __atomic_clear(&free_memory_lock, __ATOMIC_RELEASE); }

static void find_own_stack(thread_memory *memory) {
  pthread_attr_t attributes;
  void *start;
  size_t size;
  memory->stack_low = memory->stack_high = 0;
  if (pthread_getattr_np(pthread_self(), &attributes) != 0) return;
  if (pthread_attr_getstack(&attributes, &start, &size) == 0) {
    memory->stack_low = (uint64_t)start;
    memory->stack_high = (uint64_t)start + size;
  }
  pthread_attr_destroy(&attributes);
}

// Not on the program's stack, which may be a coroutine's, or a handler's.
static void prepare(void *new_memory) {
  thread_memory *memory = new_memory;
  find_own_stack(memory);
  this_thread.memory = memory;
  // May allocate, for keys past the 32nd: `is_unwinding` is set, so that comes back without a stack.
  pthread_setspecific(thread_key, memory);
}

// Calls a function on another stack, of which the argument is the end.
static void call_elsewhere(void (*function)(void *), void *argument, void *end);
#if defined(__x86_64__)
static __attribute__((naked)) void call_elsewhere(void (*function)(void *), void *argument, void *end) {
  __asm__("pushq %rbp\n\tmovq %rsp, %rbp\n\tmovq %rdx, %rsp\n\tmovq %rdi, %rax\n\tmovq %rsi, %rdi\n\t"
          "callq *%rax\n\tmovq %rbp, %rsp\n\tpopq %rbp\n\tretq");
}
#else
static void call_elsewhere(void (*function)(void *), void *argument, void *end) { function(argument); }
#endif

static __attribute__((noinline)) thread_memory *get_thread_memory(void) {
  // A thread that ends runs its destructors in any order; what it still allocates has no stack.
  if (this_thread.has_ended || !has_thread_key || remnant_is_silent) return NULL;
  lock_free_memory();
  thread_memory *memory = free_memory;
  if (memory != NULL) free_memory = memory->next_free;
  unlock_free_memory();
  if (memory == NULL) memory = remnant_map(sizeof *memory);
  if (memory == NULL) return NULL;
  // No handler may run there: to the kernel that isn't the alternate stack, so it would begin that one anew.
  uint64_t all = ~UINT64_C(0), before = 0;
  remnant_system_call(SYS_rt_sigprocmask, SIG_SETMASK, (long)&all, (long)&before, sizeof all, 0, 0);
  call_elsewhere(prepare, memory, memory->room + sizeof memory->room);
  remnant_system_call(SYS_rt_sigprocmask, SIG_SETMASK, (long)&before, 0, sizeof before, 0, 0);
  // Not needed a second time.
  madvise(memory->room, sizeof memory->room, MADV_DONTNEED);
  return memory;
}

void remnant_note_alternate_stack(const stack_t *stack) {
  if (stack == NULL) return;
  this_thread.alternate_size = 0;
  this_thread.alternate_low = (uint64_t)stack->ss_sp;
  this_thread.alternate_size = stack->ss_flags & SS_DISABLE ? 0 : stack->ss_size;
}

static void release_thread_memory(void *memory) {
  this_thread.memory = NULL;
  this_thread.has_ended = true;
  // In a forked child, another thread may have held the lock, and is no more.
  if (!remnant_is_recording) return;
  // The next thread may keep what this one remembered: the stacks are everybody's.
  lock_free_memory();
  ((thread_memory *)memory)->next_free = free_memory;
  free_memory = memory;
  unlock_free_memory();
}

// MARK: The chain of frame pointers

// Swift's code keeps a frame pointer, and so do its runtime and nearly all of its libraries: following
// their chain takes a tenth of an unwind by the compiler's tables. What it misses are the frames of
// functions without one. So each chain is unwound once, and what was missing is noted down: the words of
// the stack where those return addresses lie. When the chain comes again and those words are as they
// were, it is the same stack.
//
// A function that uses the register for something else ends the chain: XCTest's and those of Swift's
// Dispatch do (a test, or what runs in `DispatchQueue.sync`). All return addresses beyond are the tail. It is
// the same for most chains of a test, which share it.
struct probe {
  uint32_t frame;    // index into the chain
  uint32_t words;    // from the frame's base upwards
  uint64_t address;  // what must be there
};

typedef struct stack_tail {
  uint32_t count;
  struct probe probes[];
} stack_tail;

typedef struct chain_shape {
  uint32_t stack;  // its number
  // How many the chain had before, and the last of them: the same chain, with other words.
  uint32_t ordinal;
  const struct chain_shape *other;
  const stack_tail *tail;
  uint32_t tail_frame;
  uint32_t tail_count;  // how much of it is kept: all, or up to the depth
  uint32_t probe_count;
  struct probe probes[];
} chain_shape;

// Only the latest shapes of a chain are tried, and there is an end to new ones: what is found nowhere is
// unwound.
enum { most_probes = 8, shapes_tried = 16, most_shapes = 256 };
// Marks what stands for a chain, so that a hash of a whole stack is never taken for one.
#define REMNANT_CHAIN (1u << (number_bits - 1))
// In place of a shape: such a chain must be unwound each time.
#define REMNANT_NOT_WALKABLE REMNANT_NUMBER_MASK

static bool is_on_own_stack(const thread_memory *memory, uint64_t frame) {
  return frame - memory->stack_low < memory->stack_high - memory->stack_low;
}

// Returns the hash of the chain. The distance to the next frame goes into it beside each return
// address, so that functions without a frame pointer in between make another chain.
static uint64_t walk(thread_memory *memory, const uint64_t *frame, int *count) {
  // A sum of products with odd factors: unlike a chain of multiplications, the processor computes many
  // of its terms at once while the next frame is on its way from memory.
  uint64_t hash = 0;
  uint64_t factor = UINT64_C(0x9e3779b97f4a7c15);
  int found = 0;
  int limit = depth;
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

static const chain_shape *find_shape(const thread_memory *memory, uint32_t walked, const chain_shape *shape) {
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
static bool make_shape(thread_memory *memory, int walked, void **frames, int count, chain_shape *shape,
                       struct probe *probes) {
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
  return next == walked || count == (int)depth;
}

// `other` is the chain's latest shape, or NULL.
static void remember_chain(thread_memory *memory, uint64_t chain, int walked, const chain_shape *other,
                           void **frames, int count, uint32_t stack) {
  struct probe probes[most_probes];
  chain_shape shape = {.stack = stack, .ordinal = other == NULL ? 0 : other->ordinal + 1};
  uint32_t number;
  if (shape.ordinal == most_shapes) return;
  if (shape.ordinal % shapes_tried != 0) shape.other = other;
  if (!make_shape(memory, walked, frames, count, &shape, probes) ||
      !remnant_reserve(sizeof shape + shape.probe_count * sizeof *probes, &number)) {
    if (other == NULL) remember(chain, REMNANT_NOT_WALKABLE);
    return;
  }
  chain_shape *kept = remnant_memory_at(number);
  *kept = shape;
  memcpy(kept->probes, probes, shape.probe_count * sizeof *probes);
  remember(chain, number | REMNANT_CHAIN);
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
  if (walked > 0) remember_chain(memory, chain, walked, other, frames, count, number);
  return number;
}

static uint32_t capture(const void *caller, const void *frame) {
  // See `in_scope`.
  const uint16_t scope = 0;
  thread_memory *memory = this_thread.memory;
  if (REMNANT_UNLIKELY(memory == NULL)) {
    memory = get_thread_memory();
    if (memory == NULL) return REMNANT_NO_STACK;
  }
  uint64_t depth_in_alternate = (uint64_t)frame - this_thread.alternate_low;
  if (REMNANT_UNLIKELY(depth_in_alternate < this_thread.alternate_size)) {
    if (depth_in_alternate < unwinding_room || remnant_is_silent) return REMNANT_NO_STACK;
    return capture_by_unwinding(memory, caller, 0, 0, NULL, scope);
  }
  // A coroutine's, or one that the kernel was told of in another way: how much room there is isn't known.
  if (REMNANT_UNLIKELY(!is_on_own_stack(memory, (uint64_t)frame))) return REMNANT_NO_STACK;
  int walked;
  uint64_t chain = walk(memory, frame, &walked) + scope * UINT64_C(0x9e3779b97f4a7c15);
  uint32_t number;
  const chain_shape *latest = NULL;
  if (REMNANT_LIKELY(recall(chain, &number)) && (number & REMNANT_CHAIN)) {
    if (number == REMNANT_NOT_WALKABLE) {
      walked = 0;
    } else {
      latest = remnant_memory_at(number & ~REMNANT_CHAIN);
      const chain_shape *shape = find_shape(memory, (uint32_t)walked, latest);
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
  if (REMNANT_UNLIKELY(this_thread.is_unwinding || this_thread.lock_depth > 0 || !*may_unwind)) {
    if (!this_thread.has_no_stacks) __atomic_fetch_add(&remnant_state.lost_stacks, 1, __ATOMIC_RELAXED);
    return REMNANT_NO_STACK;
  }
  // A signal handler that allocates while this thread unwinds comes back to the check above.
  this_thread.is_unwinding = true;
  uint32_t number = capture(caller, frame);
  uint16_t scope = scope_of_caller();
  if (REMNANT_UNLIKELY(scope != 0) && number != REMNANT_NO_STACK) number = in_scope(number, scope);
  this_thread.is_unwinding = false;
  if (REMNANT_UNLIKELY(number == REMNANT_NO_STACK))
    __atomic_fetch_add(&remnant_state.lost_stacks, 1, __ATOMIC_RELAXED);
  return number;
}

void remnant_leave_out_stacks(void) {
  this_thread.has_no_stacks = true;
  // Asked for at every allocation anyway.
  this_thread.lock_depth++;
}

void remnant_take_stacks_again(void) {
  this_thread.lock_depth--;
  this_thread.has_no_stacks = false;
}

void remnant_enter_lock(void) { this_thread.lock_depth++; }
void remnant_leave_lock(void) { this_thread.lock_depth--; }

void remnant_stacks_forget_code(void) {
  __atomic_fetch_add(&code_generation, 1, __ATOMIC_RELAXED);
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
  has_thread_key = pthread_key_create(&thread_key, release_thread_memory) == 0;
  this_thread.is_unwinding = true;
  bool has_unwinder = remnant_unwinder_start(reason, reason_size);
  this_thread.is_unwinding = false;
  if (!has_unwinder) return false;
  // Here, where nothing else runs: for the main thread, libc reads a file.
  this_thread.is_unwinding = true;
  if (this_thread.memory == NULL) get_thread_memory();
  this_thread.is_unwinding = false;
  entry_point = getauxval(AT_ENTRY);
  dl_iterate_phdr(note_libc, (void *)gnu_get_libc_version);
  if (mark_this_process()) return true;
  snprintf(reason, reason_size, "no memory");
  return false;
}
