// Call stacks: taken with libunwind, kept once each.
//
// libunwind is loaded at run time and privately. Linked, its `_Unwind_*` symbols would come before
// libgcc_s's for the program's C++ code, and C++ exceptions are not the recorder's business.
//
// Deadlocks, and why there are none. A frame that libunwind hasn't seen takes its global lock and
// then, in dl_iterate_phdr, the loader's list lock. glibc 2.36 holds that lock in two places where
// the program's code can allocate: in callbacks of dl_iterate_phdr (wrapped: no unwinding inside),
// and never while constructors run (dlopen holds another lock then). Under it, dlclose only frees.

#define _GNU_SOURCE
#define UNW_LOCAL_ONLY
#include "recorder.h"

#include <dlfcn.h>
#include <errno.h>
#include <libunwind.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define REMNANT_STRING(name) #name
#define REMNANT_SYMBOL(name) REMNANT_STRING(name)

// MARK: Per thread

typedef struct remembered {
  uint64_t hash;
  uint32_t number;
} remembered;

enum { remembered_count = 4096, own_frames = 8, deepest = 512 };

// What a thread keeps: the stacks that it had lately, and room for the frames of one. In a mapping of
// its own, because thread-local storage of a preloaded library is scarce, and because a thread's stack
// can be small.
typedef struct thread_memory {
  struct thread_memory *next_free;
  void *frames[deepest + own_frames];
  remembered stacks[remembered_count];
} thread_memory;

static __thread __attribute__((tls_model("initial-exec"))) struct {
  thread_memory *memory;
  // An address on the stack where the thread was first seen.
  uint64_t first_frame;
  uint32_t loader_depth;
  bool is_unwinding;
  bool has_ended;
} this_thread;

static pthread_key_t thread_key;
static bool has_thread_key;
static thread_memory *free_memory;
static volatile char free_memory_lock;

static int (*backtrace_function)(void **, int);
static int (*get_context)(unw_context_t *);
static int (*init_local)(unw_cursor_t *, unw_context_t *);
static int (*step)(unw_cursor_t *);
static int (*get_register)(unw_cursor_t *, int, unw_word_t *);
static void (*flush_cache)(unw_addr_space_t, unw_word_t, unw_word_t);
static unw_addr_space_t *local_space;
static uint32_t depth = 64;
// Set once code was unmapped. libunwind's quick path trusts what it remembers of an address, for
// ever; its slow one checks memory before it reads it.
static bool is_careful;

// MARK: The table of stacks

enum { bucket_count = 1 << 18 };
static uint32_t buckets[bucket_count];
static uint64_t chunks[REMNANT_STACK_CHUNKS];
static uint64_t next_unit;

static inline remnant_stack *stack_at(uint32_t number) {
  uint64_t chunk = __atomic_load_n(&chunks[number >> REMNANT_STACK_CHUNK_SHIFT], __ATOMIC_ACQUIRE);
  uint64_t unit = number & ((1u << REMNANT_STACK_CHUNK_SHIFT) - 1);
  return (remnant_stack *)(chunk + unit * 16);
}

// Room for a stack in a chunk; false where the memory is used up.
static bool reserve(uint32_t frame_count, uint32_t *number) {
  const uint64_t units_per_chunk = UINT64_C(1) << REMNANT_STACK_CHUNK_SHIFT;
  uint64_t units = (sizeof(remnant_stack) + frame_count * sizeof(uint64_t) + 15) / 16;
  for (;;) {
    uint64_t first = __atomic_fetch_add(&next_unit, units, __ATOMIC_RELAXED);
    uint64_t chunk = first / units_per_chunk;
    if (chunk >= REMNANT_STACK_CHUNKS) return false;
    // A stack lies in one chunk: what would straddle two is left empty.
    if ((first + units - 1) / units_per_chunk != chunk) continue;
    if (__atomic_load_n(&chunks[chunk], __ATOMIC_ACQUIRE) == 0) {
      void *memory = remnant_map(units_per_chunk * 16);
      if (memory == NULL) return false;
      uint64_t expected = 0;
      if (!__atomic_compare_exchange_n(&chunks[chunk], &expected, (uint64_t)memory, false,
                                       __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        munmap(memory, units_per_chunk * 16);
    }
    *number = first;
    return true;
  }
}

static bool find(uint32_t head, uint32_t until, uint64_t hash, void **frames, uint32_t count,
                 uint32_t *number) {
  for (uint32_t link = head; link != until; link = stack_at(link - 1)->next) {
    remnant_stack *stack = stack_at(link - 1);
    if (stack->hash == hash && stack->frame_count == count &&
        memcmp(stack->frames, frames, count * sizeof *frames) == 0) {
      *number = link - 1;
      return true;
    }
  }
  return false;
}

static __attribute__((noinline)) uint32_t intern(uint64_t hash, void **frames, uint32_t count) {
  uint32_t *bucket = &buckets[hash >> 46 & (bucket_count - 1)];
  uint32_t head = __atomic_load_n(bucket, __ATOMIC_ACQUIRE);
  uint32_t number;
  if (find(head, 0, hash, frames, count, &number)) return number;
  if (!reserve(count, &number)) return REMNANT_NO_STACK;
  remnant_stack *stack = stack_at(number);
  stack->hash = hash;
  stack->frame_count = count;
  memcpy(stack->frames, frames, count * sizeof *frames);
  for (;;) {
    stack->next = head;
    uint32_t seen = head;
    if (__atomic_compare_exchange_n(bucket, &seen, number + 1, false, __ATOMIC_ACQ_REL,
                                    __ATOMIC_ACQUIRE))
      return number;
    uint32_t other;
    if (find(seen, head, hash, frames, count, &other)) return other;
    head = seen;
  }
}

// MARK: Threads that come and go

static void lock_free_memory(void) {
  while (__atomic_test_and_set(&free_memory_lock, __ATOMIC_ACQUIRE)) {
  }
}

static void unlock_free_memory(void) { __atomic_clear(&free_memory_lock, __ATOMIC_RELEASE); }

static __attribute__((noinline)) thread_memory *get_thread_memory(void) {
  // A thread that ends runs its destructors in any order; what it still allocates has no stack.
  if (this_thread.has_ended || !has_thread_key) return NULL;
  lock_free_memory();
  thread_memory *memory = free_memory;
  if (memory != NULL) free_memory = memory->next_free;
  unlock_free_memory();
  if (memory == NULL) memory = remnant_map(sizeof *memory);
  if (memory == NULL) return NULL;
  this_thread.memory = memory;
  // May allocate, for keys past the 32nd: `is_unwinding` is set, so that comes back without a stack.
  pthread_setspecific(thread_key, memory);
  return memory;
}

static void release_thread_memory(void *memory) {
  this_thread.memory = NULL;
  this_thread.has_ended = true;
  // The next thread may keep what this one remembered: the stacks are everybody's.
  lock_free_memory();
  ((thread_memory *)memory)->next_free = free_memory;
  free_memory = memory;
  unlock_free_memory();
}

// MARK: Unwinding

// Whether the thread runs on a signal handler's own small stack, where unwinding could overflow it.
static bool is_on_small_stack(uint64_t frame) {
  enum { near = 8 << 20, least = 32 << 10 };
  if (this_thread.first_frame == 0) this_thread.first_frame = frame;
  // The system is asked only when the thread is far from where it began.
  if (frame <= this_thread.first_frame + least && frame + near > this_thread.first_frame)
    return false;
  stack_t alternate;
  return sigaltstack(NULL, &alternate) == 0 && alternate.ss_flags & SS_ONSTACK &&
         alternate.ss_size < least;
}

static __attribute__((noinline)) int careful_backtrace(void **frames, int capacity) {
  unw_context_t context;
  unw_cursor_t cursor;
  if (get_context(&context) != 0 || init_local(&cursor, &context) != 0) return 0;
  int count = 0;
  do {
    unw_word_t address;
    if (get_register(&cursor, UNW_REG_IP, &address) != 0 || address == 0) break;
    frames[count++] = (void *)address;
  } while (count < capacity && step(&cursor) > 0);
  return count;
}

static uint32_t capture(const void *caller) {
  thread_memory *memory = this_thread.memory;
  if (REMNANT_UNLIKELY(memory == NULL)) {
    memory = get_thread_memory();
    if (memory == NULL) return REMNANT_NO_STACK;
  }
  void **frames = memory->frames;
  int capacity = depth + own_frames;
  int count = REMNANT_UNLIKELY(is_careful) ? careful_backtrace(frames, capacity)
                                           : backtrace_function(frames, capacity);
  // The recorder's own frames come first, as many as the compiler left.
  int first = 0;
  while (first < count && first < own_frames && frames[first] != caller) first++;
  if (first >= count || first == own_frames) return REMNANT_NO_STACK;
  count -= first;
  frames += first;
  if ((uint32_t)count > depth) count = depth;

  uint64_t hash = count;
  for (int i = 0; i < count; i++) {
    hash = (hash ^ (uint64_t)frames[i]) * UINT64_C(0x9e3779b97f4a7c15);
    hash ^= hash >> 29;
  }
  // A hash of 64 bits stands for its stack here; the table below compares frames.
  remembered *known = &memory->stacks[hash & (remembered_count - 1)];
  if (REMNANT_LIKELY(known->hash == hash)) return known->number;
  uint32_t number = intern(hash, frames, count);
  if (number != REMNANT_NO_STACK) {
    known->number = number;
    known->hash = hash;
  }
  return number;
}

uint32_t remnant_current_stack(const void *caller) {
  if (REMNANT_UNLIKELY(this_thread.is_unwinding || this_thread.loader_depth > 0 ||
                       backtrace_function == NULL)) {
    __atomic_fetch_add(&remnant_state.lost_stacks, 1, __ATOMIC_RELAXED);
    return REMNANT_NO_STACK;
  }
  // A signal handler that allocates while this thread unwinds comes back to the check above.
  this_thread.is_unwinding = true;
  uint32_t number = REMNANT_NO_STACK;
  if (REMNANT_LIKELY(!is_on_small_stack((uint64_t)__builtin_frame_address(0)))) {
    number = capture(caller);
  }
  this_thread.is_unwinding = false;
  if (REMNANT_UNLIKELY(number == REMNANT_NO_STACK))
    __atomic_fetch_add(&remnant_state.lost_stacks, 1, __ATOMIC_RELAXED);
  return number;
}

void remnant_enter_loader(void) { this_thread.loader_depth++; }
void remnant_leave_loader(void) { this_thread.loader_depth--; }

void remnant_stacks_forget_code(void) {
  if (flush_cache != NULL && local_space != NULL) flush_cache(*local_space, 0, 0);
  is_careful = true;
}

bool remnant_stacks_start(uint32_t wanted, char *reason, size_t reason_size) {
  remnant_own(buckets, sizeof buckets);
  remnant_own(chunks, sizeof chunks);
  remnant_state.stack_chunks = (uint64_t)chunks;
  remnant_state.depth = depth = wanted < 1 ? 1 : wanted > deepest ? deepest : wanted;
  has_thread_key = pthread_key_create(&thread_key, release_thread_memory) == 0;
  this_thread.is_unwinding = true;
  void *library = dlopen("libunwind.so.8", RTLD_NOW | RTLD_LOCAL);
  this_thread.is_unwinding = false;
  if (library == NULL) {
    const char *message = dlerror();
    snprintf(reason, reason_size, "%s", message ? message : "libunwind.so.8");
    return false;
  }
  get_context = (int (*)(unw_context_t *))dlsym(library, REMNANT_SYMBOL(unw_tdep_getcontext));
#if defined(__x86_64__)
  if (get_context == NULL)
    get_context = (int (*)(unw_context_t *))dlsym(library, "_Ux86_64_getcontext");
#endif
  init_local = (int (*)(unw_cursor_t *, unw_context_t *))dlsym(library,
                                                               REMNANT_SYMBOL(unw_init_local));
  step = (int (*)(unw_cursor_t *))dlsym(library, REMNANT_SYMBOL(unw_step));
  get_register =
      (int (*)(unw_cursor_t *, int, unw_word_t *))dlsym(library, REMNANT_SYMBOL(unw_get_reg));
  flush_cache = (void (*)(unw_addr_space_t, unw_word_t, unw_word_t))dlsym(
      library, REMNANT_SYMBOL(unw_flush_cache));
  local_space = (unw_addr_space_t *)dlsym(library, REMNANT_SYMBOL(unw_local_addr_space));
  int (*quick)(void **, int) = (int (*)(void **, int))dlsym(library, "unw_backtrace");
  if (quick == NULL || get_context == NULL || init_local == NULL || step == NULL ||
      get_register == NULL) {
    snprintf(reason, reason_size, "libunwind.so.8 lacks a function that is needed");
    return false;
  }
  // The first call sets up the unwinder: here, where nothing else runs.
  void *frames[4];
  this_thread.is_unwinding = true;
  quick(frames, 4);
  this_thread.is_unwinding = false;
  backtrace_function = quick;
  return true;
}
