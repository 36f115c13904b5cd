// What the recorder keeps for each thread.

#ifndef REMNANT_THREADS_H
#define REMNANT_THREADS_H

#include "recorder.h"

#pragma GCC visibility push(hidden)

enum { own_frames = 8, deepest = 512 };

struct stack_tail;

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
typedef struct remnant_thread {
  thread_memory *volatile memory;
  // The stack of signal handlers, which may lie in the thread's own.
  volatile uint64_t alternate_low;
  volatile uint64_t alternate_size;
  volatile uint32_t lock_depth;
  volatile bool is_unwinding;
  volatile bool has_no_stacks;
  volatile bool has_ended;
} remnant_thread;

extern __thread __attribute__((tls_model("initial-exec"))) remnant_thread remnant_this_thread;

void remnant_threads_start(void);
// Gives the calling thread its memory; NULL where it gets none. `is_unwinding` must be set.
thread_memory *remnant_get_thread_memory(void);

#pragma GCC visibility pop

#endif
