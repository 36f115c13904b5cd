// Launching, reading and waiting for the watched program: what Swift can't call by itself.

#ifndef REMNANT_PROCESS_H
#define REMNANT_PROCESS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// Provided because <sys/uio.h> hides process_vm_readv behind _GNU_SOURCE.
// Returns the number of bytes read from the start, or -1 with errno.
ssize_t remnant_read_memory(pid_t process, uint64_t address, void *buffer, size_t count);

// Provided because memfd_create hides behind _GNU_SOURCE. Close-on-exec.
int remnant_memory_file(const char *name);

// Provided because Swift takes `environ` for a variable that anybody may change. Ends with NULL.
char *const *remnant_environment(void);

// Provided because Swift must not run between fork and exec.
//
// Starts a program in a process group of its own, with the signal mask `mask` and default dispositions
// for the signals that the tool itself handles.
// With `discards_output` what it prints goes nowhere; its standard output goes to `output`, where that isn't -1.
// `inherited` stays open across exec under its own number.
// Returns the process, or -1 with errno of what failed (fork's or exec's).
pid_t remnant_launch(const char *path, char *const arguments[], char *const environment[],
                     int inherited, int discards_output, int output,
                     const void *mask);

// Provided because the futex system call has no wrapper. Shared between processes.
// Returns 0 when woken or when the value already differs, -1 with errno otherwise (ETIMEDOUT).
int remnant_futex_wait(uint32_t *word, uint32_t expected, int64_t timeout_milliseconds);
void remnant_futex_wake(uint32_t *word);

// Provided because C's atomic operations aren't imported.
uint32_t remnant_load_acquire(const uint32_t *word);
void remnant_store_release(uint32_t *word, uint32_t value);
void remnant_increment(uint32_t *word);

// Provided because waitid's flags and siginfo's unions aren't imported whole.
// Waits until the child ended or stopped, without reaping it. Returns 0, or -1 with errno.
typedef enum remnant_child_change {
  REMNANT_CHILD_EXITED,
  REMNANT_CHILD_KILLED,
  REMNANT_CHILD_STOPPED,
} remnant_child_change;
int remnant_peek_child(pid_t child, int include_stops, remnant_child_change *change, int *status);
// Takes a reported stop away, so that the next peek waits again.
void remnant_consume_stop(pid_t child);
// Reaps the child.
void remnant_reap_child(pid_t child);

#endif
