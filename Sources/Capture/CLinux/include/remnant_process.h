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

// Provided because <sys/xattr.h> isn't imported. Whether running a file gives capabilities.
int remnant_has_capabilities(const char *path);

// Provided because Swift must not run between fork and exec.
//
// Starts a program in a process group of its own, with the signal mask `mask` (NULL: the one that this process was
// started with) and the dispositions of signals that this process was started with.
// `streams` are the descriptors that become its standard ones; -1 leaves one as it is.
// `inherited` stays open across exec under its own number; -1 for none.
// Returns the process, or -1 with errno of what failed (fork's or exec's).
typedef struct remnant_streams {
  int input;
  int output;
  int errors;
} remnant_streams;
pid_t remnant_launch(const char *path, char *const arguments[], char *const environment[],
                     int inherited, remnant_streams streams, const void *mask);

// Provided because the futex system call has no wrapper. Shared between processes.
// Returns 0 when woken or when the value already differs, -1 with errno otherwise (ETIMEDOUT).
int remnant_futex_wait(uint32_t *word, uint32_t expected, int64_t timeout_milliseconds);
void remnant_futex_wake(uint32_t *word);

// Provided because the ioctl PAGEMAP_SCAN (Linux 6.7) is newer than the headers, and is variadic.
//
// Ranges of pages of `pagemap`'s process that were ever written, in order: start, end, start, end, … Pages of zeros that
// were only read are not among them. Sets `*next` to where to go on. Returns the number of ranges, -1 with errno where
// the kernel doesn't know the call.
long remnant_written_pages(int pagemap, uint64_t start, uint64_t end, uint64_t *bounds, size_t capacity,
                           uint64_t *next);

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
