#ifndef REMNANT_UNWIND_H
#define REMNANT_UNWIND_H

// Provided because libunwind's header is made of macros that name its local functions.

/// The return addresses of the calling thread, innermost first, without this function's own.
/// Returns how many were stored.
int remnant_call_stack(void *_Nullable *_Nonnull addresses, int capacity);

#endif
