// Reads which variables suspended functions have, and where: elfutils' libdw, loaded at run time.
//
// Debug information is a file that anyone may have written, and libdw trusts parts of it: call these in a process of
// their own only, which may end at any moment.

#ifndef REMNANT_DWARF_H
#define REMNANT_DWARF_H

#include <stdint.h>

// What `remnant_dwarf_read` returns, and the exit status of the process that calls it.
enum {
  REMNANT_DWARF_OK = 0,
  // The file can't be opened.
  REMNANT_DWARF_NO_FILE = 3,
  // libdw isn't installed, or lacks a function.
  REMNANT_DWARF_NO_LIBRARY = 4,
  // The file has no debug information that libdw knows, or what it has is damaged.
  REMNANT_DWARF_DAMAGED = 5,
};

// Whether libdw can be loaded.
int remnant_dwarf_is_available(void);

// Bounds what the calling process may use, for ever: seconds of processor time, bytes of memory, no core file.
void remnant_dwarf_limit_process(uint64_t seconds, uint64_t bytes);

// Writes the variables of the functions that begin at addresses of a file, as lines of text:
//
//   function ADDRESS LINKAGE-NAME
//   variable DEREFERENCES OFFSET SIZE IS-PARAMETER TYPE<tab>NAME
//
// A variable follows its function. It lies at an offset from the context that the function is resumed with, or from
// what that context's first word points at, at the function's very start; others aren't listed. Sizes are 0 and types
// `-` where the debug information doesn't say.
int remnant_dwarf_read(const char *path, const uint64_t *addresses, int count, int output);

#endif
