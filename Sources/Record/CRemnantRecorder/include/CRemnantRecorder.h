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

/// A check of the program's own tests, at a place in their sources, could not be decided: the tool counts it.
void remnant_note_undecided(const char *_Nonnull place);

// Scopes: what is allocated in one is known by its number, 1 to 65535 (the upper half: see REMNANT_ACCEPTED_SCOPES), which is the value of a task-local variable, so
// that child tasks and suspended functions keep it.

/// While at least one scope is open, each allocation asks which it is in. `task_local` is the `TaskLocal<UInt16>`
/// object that says so; it lives forever, and is the same in all calls.
void remnant_scope_open(const void *_Nonnull task_local);
void remnant_scope_close(void);

/// From here on the program accepts what a block that lives is leaked with, wherever it was allocated.
void remnant_scope_adopt(const void *_Nonnull block);

/// Says of each scope, by its number, whether any Swift object that lives may have been allocated in it: `has_objects` has
/// 65,536 elements, all false before. Linear in the live blocks.
void remnant_scopes_with_objects(bool *_Nonnull has_objects);

#endif
