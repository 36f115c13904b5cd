// A snapshot of this process: its threads stopped for a moment by a helper, its memory copied by the
// kernel.
//
// C, because between clone and the end neither the helper nor the twin may run Swift, take a lock or
// allocate: they share the memory of threads that stand still in the middle of anything.

#ifndef REMNANT_TWIN_H
#define REMNANT_TWIN_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { REMNANT_GENERAL_WORDS = 40, REMNANT_VECTOR_WORDS = 2048 };

/// One thread, as it stood.
typedef struct remnant_twin_thread {
  int32_t id;
  /// Whether it stood still in time: otherwise nothing is known of its registers.
  int32_t is_stopped;
  uint64_t thread_pointer;
  uint64_t general_count;
  uint64_t vector_count;
  uint64_t general[REMNANT_GENERAL_WORDS];
  uint64_t vectors[REMNANT_VECTOR_WORDS];
  // Whether it is still to be detached, and with which signal.
  int32_t is_held;
  int32_t pending;
} remnant_twin_thread;

typedef struct remnant_twin {
  /// The copy: a child of this process that does nothing until `control` is closed.
  pid_t process;
  /// The thread that asked for it.
  pid_t caller;
  int control;
  remnant_twin_thread *_Nullable threads;
  size_t thread_count;
  /// What was mapped for the threads and for the helper's stack, and isn't memory of the program.
  uint64_t own_start;
  uint64_t own_end;
  int64_t pause_nanoseconds;
  /// 0, or the errno of what failed and its name.
  int error;
  const char *_Nullable failed;
} remnant_twin;

/// Stops all threads of this process, copies it, and lets them go on. Returns 0, or -1 with `error`.
///
/// A thread that waits in the kernel is waited for as long as `patience_milliseconds`.
int remnant_twin_make(remnant_twin *_Nonnull twin, int patience_milliseconds);

/// Ends the copy and gives its memory back.
void remnant_twin_end(remnant_twin *_Nonnull twin);

/// Instruction pointers of a thread as it stood, innermost first, and each frame's stack pointer, read from the twin;
/// returns the number of frames.
size_t remnant_twin_frames(pid_t process, const remnant_twin_thread *_Nonnull thread,
                           uint64_t *_Nonnull frames, uint64_t *_Nonnull stack_pointers, size_t capacity);

#endif
