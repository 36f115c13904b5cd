// What C code needs of the machine: `MachineLayout` in `HeapCapture` has the same and more, and a test compares them.

#ifndef REMNANT_MACHINE_LAYOUT_H
#define REMNANT_MACHINE_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

// The bits of an address that a program can have, and the smallest unit of memory: a kernel with larger pages has whole
// numbers of these. (System V ABI, AMD64; Linux, Documentation/arch/arm64/memory.rst)
#if defined(__x86_64__)
enum { REMNANT_ADDRESS_BITS = 47, REMNANT_PAGE_SIZE = 4096 };
#elif defined(__aarch64__)
enum { REMNANT_ADDRESS_BITS = 48, REMNANT_PAGE_SIZE = 4096 };
#else
#error "x86-64 and aarch64 only"
#endif

// Whether a word can be an address of a program: Linux maps nothing in the first page.
static inline bool remnant_is_address(uint64_t word) {
  return word >= REMNANT_PAGE_SIZE && word >> REMNANT_ADDRESS_BITS == 0;
}

#endif
