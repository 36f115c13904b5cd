// Stopping threads and reading their registers and stacks.
//
// Every call must come from the thread that seized: the kernel ties a tracee to one tracer thread.

#ifndef REMNANT_TRACE_H
#define REMNANT_TRACE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// Provided because ptrace is variadic, which Swift doesn't import. 0, or -1 with errno.
int remnant_trace_seize(pid_t thread);
int remnant_trace_interrupt(pid_t thread);
// Lets the thread go on, as if nothing had been; `signal` is delivered to it (0 for none).
int remnant_trace_detach(pid_t thread, int signal);

// Waits until a seized thread stands, but not forever: one that waits in the kernel, as the parent of
// a vfork does for its child, stands only afterwards. Sets `pending` to a signal that was about to be
// delivered and must be handed back at detaching; 0 for none.
// Returns 1 when it stands, 0 when it has ended, -1 with errno: ETIMEDOUT after that time.
int remnant_trace_await_stop(pid_t thread, int timeout_milliseconds, int *pending);

// Words of the general registers; returns their number, 0 where they can't be read.
size_t remnant_trace_registers(pid_t thread, uint64_t *words, size_t capacity);
// Words of the extended state (vector registers); returns their number.
size_t remnant_trace_vectors(pid_t thread, uint64_t *words, size_t capacity);
// From the general registers as read above.
uint64_t remnant_stack_pointer(const uint64_t *registers, size_t count);
// Where the thread's own storage is: its control block begins there (x86-64) or ends 16 bytes above.
uint64_t remnant_thread_pointer(pid_t thread, const uint64_t *registers, size_t count);

#endif
