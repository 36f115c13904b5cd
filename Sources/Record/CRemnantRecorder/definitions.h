// Which images define a name, from the loader's own list.
//
// Not dlsym: that allocates where it fails, answers with the procedure linkage table of an executable without -pie
// that only uses the name, and isn't to be called in a child of vfork or where libraries begin.

#ifndef REMNANT_DEFINITIONS_H
#define REMNANT_DEFINITIONS_H

#include "recorder.h"

struct link_map;

#pragma GCC visibility push(hidden)

// A definition, and the image that has it; both NULL where there is none.
typedef struct remnant_definition {
  void *address;
  const struct link_map *image;
} remnant_definition;

// The one that the program uses: the first, in the order of the loader's list.
remnant_definition remnant_first_definition(const char *name);
// The one that it would use without this recorder, nor another copy of it.
remnant_definition remnant_next_definition(const char *name);
// An image's own, whoever's the program uses; NULL where it has none.
void *remnant_definition_in(const struct link_map *image, const char *name);
bool remnant_is_own_image(const struct link_map *image);
// The image's file; for the executable, its own path as /proc has it.
void remnant_name_image(const struct link_map *image, char *name, size_t size);

#pragma GCC visibility pop

#endif
