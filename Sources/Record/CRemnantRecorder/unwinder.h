// libunwind, loaded at run time and privately. Linked, its `_Unwind_*` symbols would come before
// libgcc_s's for the program's C++ code, and C++ exceptions are not the recorder's business.

#ifndef REMNANT_UNWINDER_H
#define REMNANT_UNWINDER_H

#include "recorder.h"

#pragma GCC visibility push(hidden)

// False where it can't be had, with the reason.
bool remnant_unwinder_start(char *reason, size_t reason_size);
// Return addresses of the calling thread, innermost first; returns their number.
int remnant_backtrace(void **frames, int capacity);
// Finds where the stack has the last `count` return addresses of the calling thread: those between a frame's
// base and the stack's end. False where they aren't these.
bool remnant_locate(const uint64_t *base, const uint64_t *end, void **frames, int count,
                    const uint64_t **places);
// Code was unmapped: what libunwind remembers of its addresses is no longer true.
void remnant_unwinder_forget_code(void);


// MARK: private_calls.c

// Has a library that was loaded for the recorder alone make no calls with descriptors; false where that can't be.
bool remnant_make_calls_private(void *library);

#pragma GCC visibility pop

#endif
