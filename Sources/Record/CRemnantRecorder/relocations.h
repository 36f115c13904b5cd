// What an image calls elsewhere goes through addresses that the loader entered: here other ones are.

#ifndef REMNANT_RELOCATIONS_H
#define REMNANT_RELOCATIONS_H

#include "recorder.h"

struct link_map;

#pragma GCC visibility push(hidden)

// A name that an image refers to, and what it gets for it.
typedef struct remnant_replacement {
  const char *name;
  void *function;
} remnant_replacement;

// False where an address can't be written.
bool remnant_replace_calls(const struct link_map *image, const remnant_replacement replacements[], size_t count);
// Whether an address lies where the loader makes an image read-only after relocating it.
bool remnant_is_relro(const struct link_map *image, uintptr_t address);

#pragma GCC visibility pop

#endif
