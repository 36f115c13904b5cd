// libunwind's registers among those that PTRACE_GETREGSET gives.

#ifndef REMNANT_REGISTERS_H
#define REMNANT_REGISTERS_H

#include <stddef.h>

#include "remnant_twin.h"

// The place of libunwind's register; SIZE_MAX where it has none.
size_t remnant_register_index(int number);

#endif
