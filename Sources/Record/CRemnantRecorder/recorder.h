// What the recorder's parts know of each other.
//
// The recorder runs inside the user's program. Its rules:
// - It allocates nothing from the program's heap: its memory comes from mmap, and is listed, so that
//   the tool doesn't scan it.
// - It takes no lock on the path of an allocation, and shares no counter between threads there.
// - It leaves errno as libc set it.
// - What fails is counted and told in the report; the program never notices.

#ifndef REMNANT_RECORDER_H
#define REMNANT_RECORDER_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "CRecorderFormat.h"

// Weak: in a program that brings an allocator of its own, that one is the program's.
#define REMNANT_EXPORT __attribute__((weak, visibility("default")))
#define REMNANT_LIKELY(condition) __builtin_expect(!!(condition), 1)
#define REMNANT_UNLIKELY(condition) __builtin_expect(!!(condition), 0)

// The sanitizers own malloc and check what libc is called with: built with one, the recorder wraps nothing.
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
    __has_feature(memory_sanitizer)
#define REMNANT_IS_SANITIZED 1
#else
#define REMNANT_IS_SANITIZED 0
#endif

// All code of the recorder lies together, so that its frames are known wherever it is linked into.
#pragma clang section text = "remnant_text"
#define REMNANT_TEXT __start_remnant_text
#define REMNANT_TEXT_END __stop_remnant_text

#pragma GCC visibility push(hidden)

// MARK: state.c

// Off before the table can be used, in forked children, and where the recorder stands back.
extern bool remnant_is_recording;
extern remnant_recorder_state remnant_state;

// Memory for the recorder itself, zeroed; NULL where the system gives none. `name` is for people who
// look at /proc/PID/maps of newer kernels.
void *remnant_map(size_t size);
// Adds a range to a list that the tool reads at any moment; false where it is full: the last entry, which stays empty,
// ends it.
bool remnant_list_range(remnant_range list[], uint32_t *count, uint32_t limit, uint64_t start, uint64_t end);
// Tells the tool that a range is the recorder's.
void remnant_own(const void *start, size_t size);

// MARK: table.c

// Time is counted from here on.
void remnant_table_begin(void);
// Enters a live block. `stack` is a number or REMNANT_NO_STACK.
void remnant_table_add(void *block, size_t size, uint32_t stack);
// Takes a block out, and returns how much was asked for, at most REMNANT_SIZE_LIMIT; 0 where it had no record.
size_t remnant_table_remove(void *block);
// Marks a block that may be about to move; returns the key with the mark, or 0 where there is no record. It keeps its
// record until it has moved, so that it has one at any moment.
uint32_t remnant_table_hold(void *block);
// It hasn't moved, or was freed. Once freed its entry may be another thread's, and that one stays.
void remnant_table_let_go(void *block, uint32_t held, bool is_freed);
// Makes entries for addresses near those that have some.
void remnant_table_extend(void);

// MARK: stacks.c

// Finds the unwinder; false where there is none, with the reason.
bool remnant_stacks_start(uint32_t depth, char *reason, size_t reason_size);

// The number of the calling stack, from the frame that returns to `caller` on; `frame` is the
// wrapper's own frame pointer.
uint32_t remnant_current_stack(const void *caller, const void *frame);
// While a thread holds a lock of libc's that unwinding needs, it must not unwind.
void remnant_enter_lock(void);
void remnant_leave_lock(void);
// A thread's alternate stack, as the kernel was told; NULL where it was only asked.
void remnant_note_alternate_stack(const stack_t *stack);
// Unmapped code: what the unwinder remembers of its addresses is no longer true.
void remnant_stacks_forget_code(void);

// MARK: silence.c

// Since the program installed a filter of system calls: none are to be made.
extern bool remnant_is_silent;

// MARK: scopes.c

// How many scopes are open: while there is none, no allocation asks for its own.
extern uint32_t remnant_scopes_in_use;
// The scope that the current task, or else the thread, is in; 0 for none.
uint16_t remnant_current_scope(void);

// MARK: handshake.c

// The shared page; NULL where no tool started this program.
extern remnant_control *remnant_shared;
// Whether this is the process that the tool watches: not a child that inherited the page.
bool remnant_is_watched_process(void);
// Notes that the program is about to be replaced, or that it wasn't.
void remnant_note_ending(remnant_ending ending);
extern bool remnant_follows_children;
// Tells the tool to look, because it won't be woken, or that it will be.
void remnant_announce_silence(bool is_silent);
// Notes which program a child is about to become, for a report that can't judge it.
void remnant_note_started(const char *path);
// Waits, at the end of exit, until the tool has its snapshot.
void remnant_wait_at_exit(void);

// MARK: environment.c

// How the loader was told of this library; empty where it is linked into the program.
extern char remnant_preloaded_as[1024];
void remnant_note_own_name(void);
// Whether a variable of the environment is the tool's, and not the user's.
bool remnant_is_tools_variable(const char *variable);
// The program and its children see the environment that the user gave.
void remnant_clean_environment(void);

// MARK: linked.c

// Whether this copy is the library that the tool preloads; otherwise it is linked into a program.
extern const bool remnant_is_library;
// Whether the image that contains an address has a copy of the recorder. Takes no memory.
bool remnant_has_recorder(const void *inside);

#pragma GCC visibility pop

#endif
