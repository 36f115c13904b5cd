// Unwinding the threads of a stopped process, all from one reading of its map.

#ifndef REMNANT_UNWIND_H
#define REMNANT_UNWIND_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// Provided because libunwind-ptrace reads the whole map, and maps the image's file, for every frame that it has not
// seen in this thread: seconds for a process with many threads or mappings.
//
// What is known of the images' unwind tables, and of the frames that were met; NULL without memory.
typedef struct remnant_unwinder remnant_unwinder;
remnant_unwinder *remnant_unwinder_create(pid_t process);
void remnant_unwinder_destroy(remnant_unwinder *unwinder);

// Instruction pointers of a stopped thread, innermost first, and each frame's stack pointer; returns their number.
//
// `registers` are the general ones, as `remnant_trace_registers` gives them.
size_t remnant_trace_frames(remnant_unwinder *unwinder, const uint64_t *registers, size_t register_count,
                            uint64_t *frames, uint64_t *stack_pointers, size_t capacity);

#endif
