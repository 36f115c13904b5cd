// A library that is loaded and unloaded over and over.
#include <stdlib.h>

static void *kept;
__attribute__((constructor)) static void begin(void) { kept = malloc(50); }
__attribute__((destructor)) static void end(void) { free(kept); }

void *loaded_allocate(int levels) {
  void *block = levels == 0 ? malloc(30) : loaded_allocate(levels - 1);
  return (char *)block + 0 * levels;
}
