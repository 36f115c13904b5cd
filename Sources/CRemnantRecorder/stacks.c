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
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>

#define REMNANT_STRING(name) #name
#define REMNANT_SYMBOL(name) REMNANT_STRING(name)

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
  // By the chain of frame pointers: return addresses, and the frames that they lie in.
  void *walked[deepest];
  const uint64_t *bases[deepest];
} thread_memory;

static __thread __attribute__((tls_model("initial-exec"))) struct {
  thread_memory *memory;
  uint32_t lock_depth;
  bool is_unwinding;
  bool has_ended;
} this_thread;

static pthread_key_t thread_key;
static bool has_thread_key;
static thread_memory *free_memory;
static volatile char free_memory_lock;

// A page that the kernel empties in a forked child, before anything runs there: the child may hold the
// unwinder's and the loader's locks for ever, and the program's own handlers of fork come before ours.
static const volatile char nothing_yet;
static const volatile char *may_unwind = &nothing_yet;

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

// MARK: What is remembered

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

// MARK: The table of stacks

enum { bucket_count = 1 << 18 };
static uint32_t buckets[bucket_count];
static uint64_t chunks[REMNANT_STACK_CHUNKS];
static uint64_t next_unit;

static inline void *memory_at(uint32_t number) {
  uint64_t chunk = __atomic_load_n(&chunks[number >> REMNANT_STACK_CHUNK_SHIFT], __ATOMIC_ACQUIRE);
  uint64_t unit = number & ((1u << REMNANT_STACK_CHUNK_SHIFT) - 1);
  return (void *)(chunk + unit * 16);
}

static inline remnant_stack *stack_at(uint32_t number) { return memory_at(number); }

// Room in a chunk; false where the memory is used up.
static bool reserve(size_t size, uint32_t *number) {
  const uint64_t units_per_chunk = UINT64_C(1) << REMNANT_STACK_CHUNK_SHIFT;
  uint64_t units = (size + 15) / 16;
  for (;;) {
    uint64_t first = __atomic_fetch_add(&next_unit, units, __ATOMIC_RELAXED);
    uint64_t chunk = first / units_per_chunk;
    // Numbers have to fit beside a hash, and the last of them stands for none.
    if (chunk >= REMNANT_STACK_CHUNKS || first + units >= REMNANT_NUMBER_MASK) return false;
    // It lies in one chunk: what would straddle two is left empty.
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
  if (!reserve(sizeof(remnant_stack) + count * sizeof *frames, &number)) return REMNANT_NO_STACK;
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

static __attribute__((noinline)) thread_memory *get_thread_memory(void) {
  // A thread that ends runs its destructors in any order; what it still allocates has no stack.
  if (this_thread.has_ended || !has_thread_key) return NULL;
  lock_free_memory();
  thread_memory *memory = free_memory;
  if (memory != NULL) free_memory = memory->next_free;
  unlock_free_memory();
  if (memory == NULL) memory = remnant_map(sizeof *memory);
  if (memory == NULL) return NULL;
  find_own_stack(memory);
  this_thread.memory = memory;
  // May allocate, for keys past the 32nd: `is_unwinding` is set, so that comes back without a stack.
  pthread_setspecific(thread_key, memory);
  return memory;
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
typedef struct chain_shape {
  uint32_t stack;  // its number
  uint32_t probe_count;
  struct probe {
    uint32_t frame;    // index into the chain
    uint32_t words;    // from the frame's base upwards
    uint64_t address;  // what must be there
  } probes[];
} chain_shape;

enum { most_probes = 8 };
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
    hash += (frame[1] ^ distance << 44) * factor;
    factor = factor * UINT64_C(0xd1342543de82ef95) + 2;
    // Upwards, aligned, and with room for a frame below the stack's end: or the chain ends here.
    if (distance - 16 > 1 << 20 || next & 7 || next > memory->stack_high - 16) break;
    frame = (const uint64_t *)next;
  }
  *count = found;
  hash = (hash ^ hash >> 32) * UINT64_C(0x9e3779b97f4a7c15);
  return hash ^ hash >> 29;
}

static bool matches(const thread_memory *memory, const chain_shape *shape) {
  for (uint32_t i = 0; i < shape->probe_count; i++) {
    const struct probe *probe = &shape->probes[i];
    if (memory->bases[probe->frame][probe->words] != probe->address) return false;
  }
  return true;
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

extern void *__libc_malloc(size_t);

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

// Compares a chain with the whole stack: what the chain misses becomes probes. False where the chain
// can't stand for the stack.
static bool make_shape(const thread_memory *memory, int walked, void **frames, int count,
                       struct probe *probes, uint32_t *probe_count) {
  int next = 0;
  *probe_count = 0;
  for (int i = 0; i < count; i++) {
    if (next < walked && frames[i] == memory->walked[next]) {
      next++;
      continue;
    }
    if (next == walked) return are_start_frames(frames + i, count - i);
    if (next == 0 || *probe_count == most_probes ||
        !find_probe(memory, next - 1, (uint64_t)frames[i], &probes[*probe_count]))
      return false;
    (*probe_count)++;
  }
  // What the chain has beyond the deepest frame that is kept doesn't matter.
  return next == walked || count == (int)depth;
}

static void remember_chain(const thread_memory *memory, uint64_t chain, int walked, void **frames,
                           int count, uint32_t stack) {
  struct probe probes[most_probes];
  uint32_t probe_count, number;
  if (!make_shape(memory, walked, frames, count, probes, &probe_count) ||
      !reserve(sizeof(chain_shape) + probe_count * sizeof *probes, &number)) {
    remember(chain, REMNANT_NOT_WALKABLE);
    return;
  }
  chain_shape *shape = memory_at(number);
  shape->stack = stack;
  shape->probe_count = probe_count;
  memcpy(shape->probes, probes, probe_count * sizeof *probes);
  remember(chain, number);
}

// MARK: Unwinding

// What unwinding a frame that libunwind hasn't seen takes is between 4 and 6 KiB (measured: libunwind
// 1.6.2, x86_64, the recorder built for debugging).
enum { unwinding_room = 8 << 10 };

// Whether unwinding could overflow the stack of a signal handler: false elsewhere.
static bool is_on_small_signal_stack(const void *frame) {
  stack_t alternate;
  return sigaltstack(NULL, &alternate) == 0 && alternate.ss_flags & SS_ONSTACK &&
         (uint64_t)frame - (uint64_t)alternate.ss_sp < unwinding_room;
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

// Unwinds by the compiler's tables. Returns the frames from the one that returns to `caller` on.
static void **unwind(thread_memory *memory, const void *caller, int *count) {
  void **frames = memory->frames;
  int capacity = depth + own_frames;
  int found = REMNANT_UNLIKELY(is_careful) ? careful_backtrace(frames, capacity)
                                           : backtrace_function(frames, capacity);
  // The recorder's own frames come first, as many as the compiler left.
  int first = 0;
  while (first < found && first < own_frames && frames[first] != caller) first++;
  if (first >= found || first == own_frames) return NULL;
  found -= first;
  *count = found > (int)depth ? (int)depth : found;
  return frames + first;
}

static uint64_t hash_of(void **frames, int count) {
  uint64_t hash = count;
  for (int i = 0; i < count; i++) {
    hash = (hash ^ (uint64_t)frames[i]) * UINT64_C(0x9e3779b97f4a7c15);
    hash ^= hash >> 29;
  }
  return hash;
}

// `walked` is 0 where there is no chain to learn.
static __attribute__((noinline)) uint32_t capture_by_unwinding(thread_memory *memory,
                                                               const void *caller, uint64_t chain,
                                                               int walked) {
  int count;
  void **frames = unwind(memory, caller, &count);
  if (frames == NULL) return REMNANT_NO_STACK;
  uint64_t hash = hash_of(frames, count);
  uint32_t number;
  if (!recall(hash, &number)) {
    number = intern(hash, frames, count);
    if (number == REMNANT_NO_STACK) return number;
    remember(hash, number);
  }
  if (walked > 0) remember_chain(memory, chain, walked, frames, count, number);
  return number;
}

static uint32_t capture(const void *caller, const void *frame) {
  thread_memory *memory = this_thread.memory;
  if (REMNANT_UNLIKELY(memory == NULL)) {
    if (is_on_small_signal_stack(frame)) return REMNANT_NO_STACK;
    memory = get_thread_memory();
    if (memory == NULL) return REMNANT_NO_STACK;
  }
  if (REMNANT_UNLIKELY(!is_on_own_stack(memory, (uint64_t)frame)))
    return is_on_small_signal_stack(frame) ? REMNANT_NO_STACK
                                           : capture_by_unwinding(memory, caller, 0, 0);
  int walked;
  uint64_t chain = walk(memory, frame, &walked);
  uint32_t number;
  if (REMNANT_LIKELY(recall(chain, &number))) {
    if (number == REMNANT_NOT_WALKABLE) {
      walked = 0;
    } else {
      const chain_shape *shape = memory_at(number);
      if (REMNANT_LIKELY(matches(memory, shape))) return shape->stack;
    }
  }
  // Deep in a recursion, or on a thread's small stack: the room is the program's.
  if (REMNANT_UNLIKELY((uint64_t)frame - memory->stack_low < unwinding_room)) return REMNANT_NO_STACK;
  return capture_by_unwinding(memory, caller, chain, walked);
}

uint32_t remnant_current_stack(const void *caller, const void *frame) {
  if (REMNANT_UNLIKELY(this_thread.is_unwinding || this_thread.lock_depth > 0 || !*may_unwind)) {
    __atomic_fetch_add(&remnant_state.lost_stacks, 1, __ATOMIC_RELAXED);
    return REMNANT_NO_STACK;
  }
  // A signal handler that allocates while this thread unwinds comes back to the check above.
  this_thread.is_unwinding = true;
  uint32_t number = capture(caller, frame);
  this_thread.is_unwinding = false;
  if (REMNANT_UNLIKELY(number == REMNANT_NO_STACK))
    __atomic_fetch_add(&remnant_state.lost_stacks, 1, __ATOMIC_RELAXED);
  return number;
}

bool remnant_is_unwinding(void) { return this_thread.is_unwinding; }
void remnant_enter_lock(void) { this_thread.lock_depth++; }
void remnant_leave_lock(void) { this_thread.lock_depth--; }

void remnant_stacks_forget_code(void) {
  for (size_t i = 0; i < sizeof great_memory / sizeof *great_memory; i++) {
    if (great_memory[i] != 0) __atomic_store_n(&great_memory[i], 0, __ATOMIC_RELAXED);
  }
  for (size_t i = 0; i < sizeof small_memory / sizeof *small_memory; i++) {
    if (small_memory[i] != 0) __atomic_store_n(&small_memory[i], 0, __ATOMIC_RELAXED);
  }
  if (flush_cache != NULL && local_space != NULL) flush_cache(*local_space, 0, 0);
  is_careful = true;
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
  remnant_own(buckets, sizeof buckets);
  remnant_own(chunks, sizeof chunks);
  remnant_own(small_memory, sizeof small_memory);
  remnant_own(great_memory, sizeof great_memory);
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
  entry_point = getauxval(AT_ENTRY);
  dl_iterate_phdr(note_libc, (void *)__libc_malloc);
  // The first call sets up the unwinder: here, where nothing else runs.
  void *frames[4];
  this_thread.is_unwinding = true;
  quick(frames, 4);
  this_thread.is_unwinding = false;
  backtrace_function = quick;
  if (mark_this_process()) return true;
  snprintf(reason, reason_size, "no memory");
  return false;
}
