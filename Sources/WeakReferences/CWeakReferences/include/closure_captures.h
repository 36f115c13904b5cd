#ifndef CLOSURE_CAPTURES_H
#define CLOSURE_CAPTURES_H

#include <stdbool.h>

/// Whether a closure captured a strong reference to an object, directly or through closures and variables that it
/// captured in turn. `context` is the second word of the closure. When in doubt, false.
bool wr_closure_holds(const void *_Nullable context, const void *_Nonnull object);

#endif
