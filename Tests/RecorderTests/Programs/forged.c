// Writes over what the recorder keeps, and ends with status 0: "WHAT VALUE".
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "CRecorderFormat.h"

// The page that both sides share, a segment or a file in memory.
static remnant_control *control_page(void) {
  char line[512];
  unsigned long start = 0, found = 0;
  FILE *maps = fopen("/proc/self/maps", "r");
  while (fgets(line, sizeof line, maps))
    if ((strstr(line, "remnant-control") || strstr(line, "/SYSV")) && sscanf(line, "%lx", &start) == 1 &&
        ((remnant_control *)start)->magic == REMNANT_CONTROL_MAGIC)
      found = start;
  fclose(maps);
  return (remnant_control *)found;
}

int main(int argc, char **argv) {
  remnant_control *page = control_page();
  if (page == NULL) return puts("alone"), 0;
  remnant_recorder_state *state = (remnant_recorder_state *)page->state;
  const char *what = argv[1];
  uint64_t value = strtoull(argv[2], NULL, 0);
  uint64_t *leaves = (uint64_t *)state->leaves;
  if (!strcmp(what, "state")) page->state = value;
  if (!strcmp(what, "leaves")) state->leaves = value;
  if (!strcmp(what, "arenas")) state->arenas = value;
  if (!strcmp(what, "stacks")) state->stack_chunks = value;
  if (!strcmp(what, "ranges")) state->own_ranges = value;
  if (!strcmp(what, "chunk"))
    for (int i = 0; i < 64; i++) ((uint64_t *)state->stack_chunks)[i] = value;
  if (!strcmp(what, "leaf")) {
    for (uint64_t i = 0; i < REMNANT_ROOT_ENTRIES; i++)
      if (leaves[i]) leaves[i] = value;
  }
  if (!strcmp(what, "repeated leaf") || !strcmp(what, "full leaf")) {
    uint64_t leaf = 0;
    for (uint64_t i = 0; i < REMNANT_ROOT_ENTRIES; i++)
      if (leaves[i]) leaf = leaves[i];
    if (!strcmp(what, "full leaf")) {
      remnant_record *records = mmap(NULL, REMNANT_LEAF_ENTRIES * sizeof *records, PROT_READ | PROT_WRITE,
                                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      for (uint64_t i = 0; i < REMNANT_LEAF_ENTRIES; i++) records[i] = (remnant_record){5, 77, REMNANT_SIZE_LIMIT};
      leaf = (uint64_t)records;
    }
    for (uint64_t i = 0; i < value; i++) leaves[1000 + i] = leaf;
  }
  return 0;
}
