// Threads that come and go, and the memory that the recorder keeps for each.

#define _GNU_SOURCE
#include "threads.h"

#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>

#include "system_call.h"

__thread __attribute__((tls_model("initial-exec"))) remnant_thread remnant_this_thread;

static pthread_key_t thread_key;
static bool has_thread_key;
static thread_memory *free_memory;
static volatile char free_memory_lock;

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
  remnant_this_thread.memory = memory;
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

__attribute__((noinline)) thread_memory *remnant_get_thread_memory(void) {
  // A thread that ends runs its destructors in any order; what it still allocates has no stack.
  if (remnant_this_thread.has_ended || !has_thread_key || remnant_is_silent) return NULL;
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
  remnant_this_thread.alternate_size = 0;
  remnant_this_thread.alternate_low = (uint64_t)stack->ss_sp;
  remnant_this_thread.alternate_size = stack->ss_flags & SS_DISABLE ? 0 : stack->ss_size;
}

static void release_thread_memory(void *memory) {
  remnant_this_thread.memory = NULL;
  remnant_this_thread.has_ended = true;
  // In a forked child, another thread may have held the lock, and doesn't exist anymore.
  if (!remnant_is_recording) return;
  // The next thread may keep what this one remembered: the stacks are everybody's.
  lock_free_memory();
  ((thread_memory *)memory)->next_free = free_memory;
  free_memory = memory;
  unlock_free_memory();
}

void remnant_threads_start(void) {
  has_thread_key = pthread_key_create(&thread_key, release_thread_memory) == 0;
}
