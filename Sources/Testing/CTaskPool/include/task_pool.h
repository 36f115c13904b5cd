#ifndef TASK_POOL_H
#define TASK_POOL_H

#include <stdbool.h>

// Provided because Swift can neither call a job nor set the runtime's hook, which has its calling convention.

/// From here on the calling thread may wait for what other tasks do: they get threads of their own for it, those first
/// that this thread makes ready. `remnant_pool_end_waiting` is called on the same thread.
void remnant_pool_begin_waiting(void);
void remnant_pool_end_waiting(void);

/// Whether the tasks that the calling thread makes ready go the ordinary way all the same, behind those that wait there.
void remnant_pool_set_ordinary(bool is_ordinary);

#endif
