// Hearing signals as bytes in a pipe, from before anything is launched.

#ifndef REMNANT_SIGNALS_H
#define REMNANT_SIGNALS_H

#include <stddef.h>

// Provided because a handler may do next to nothing, which Swift can't promise, and because handlers, unlike ignored
// signals, are not inherited across exec: what is launched has the dispositions that it would have had.
//
// From now on each of these signals is written as one byte into a pipe; they are unblocked in the calling thread.
// Returns the end to read from (close-on-exec), or -1 with errno. To be called once.
int remnant_signals_hear(const int *numbers, size_t count);

// Whether this process was started with the signal ignored, as under nohup: so is then what it launches.
int remnant_signal_was_ignored(int number);
// Ignores it again, in a child before its exec.
void remnant_signals_restore(int number);

// The mask (a sigset_t) that this process was started with: so is what it launches. NULL before `hear`.
const void *remnant_signals_original_mask(void);

#endif
