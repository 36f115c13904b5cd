// Threads of the tool's own.

#ifndef REMNANT_THREAD_H
#define REMNANT_THREAD_H

#include <stddef.h>
#include <sys/types.h>

/// Provided because <unistd.h> hides gettid behind _GNU_SOURCE.
pid_t remnant_thread_number(void);

/// Provided because <pthread.h> hides the names of threads behind _GNU_SOURCE.
///
/// Calls `work` on a new thread, and returns when that has ended: 0, or the error number of what kept it from being
/// started.
int remnant_run_thread(const char *_Nonnull name, size_t stack_size, void (*_Nonnull work)(void *_Nonnull),
                       void *_Nonnull argument);

#endif
