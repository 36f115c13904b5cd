// The recorder as the program that it is linked into sees it.

#ifndef REMNANT_RECORDER_PUBLIC_H
#define REMNANT_RECORDER_PUBLIC_H

#include <stdbool.h>

#include "CRecorderFormat.h"

/// The tables of this program's recorder, and what it does.
remnant_recorder_state *_Nonnull remnant_recorder(void);

/// What the calling thread allocates from here on is recorded without its call stack and its scope. Not nested.
///
/// It is recorded all the same: others may put what they allocate into it, such as the run loop that Foundation starts
/// for the first process, and what only memory without a record holds would look leaked.
void remnant_leave_out_stacks(void);
void remnant_take_stacks_again(void);

// Scopes: what is allocated in one is known by its number, 1 to 65535 (the upper half: see REMNANT_ACCEPTED_SCOPES), which is the value of a task-local variable, so
// that child tasks and suspended functions keep it.

/// While at least one scope is open, each allocation asks which it is in. `task_local` is the `TaskLocal<UInt16>`
/// object that says so; it lives for ever, and is the same in all calls.
void remnant_scope_open(const void *_Nonnull task_local);
void remnant_scope_close(void);

/// Whether any block that lives was allocated in a scope. Linear in the live blocks.
bool remnant_scope_has_blocks(uint16_t scope);

#endif
