// A block that realloc moves again and again, interrupted by a timer whose handler looks for its record: there is one at
// any moment, also while the contents are copied.
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "CRecorderFormat.h"

enum { small = 300001, large = 700003 };
static remnant_control *page;
static volatile sig_atomic_t looked, missed;

static int has_record(void) {
  const remnant_recorder_state *state = (const remnant_recorder_state *)page->state;
  const uint64_t *leaves = (const uint64_t *)state->leaves;
  for (uint64_t i = 0; i < REMNANT_ROOT_ENTRIES; i++) {
    const remnant_record *leaf = (const remnant_record *)leaves[i];
    for (uint64_t j = 0; leaf != NULL && j < REMNANT_LEAF_ENTRIES; j++) {
      uint32_t size = leaf[j].size_and_order & REMNANT_SIZE_LIMIT;
      if (leaf[j].key != 0 && (size == small || size == large)) return 1;
    }
  }
  return 0;
}

static void look(int number) {
  if (page != NULL && !has_record()) missed++;
  looked++;
}

static void find_page(void) {
  char line[512];
  unsigned long start = 0;
  FILE *maps = fopen("/proc/self/maps", "r");
  while (fgets(line, sizeof line, maps))
    if (strstr(line, "control")) sscanf(line, "%lx", &start);
  fclose(maps);
  page = (remnant_control *)start;
}

int main(void) {
  find_page();
  void *block = malloc(small);
  memset(block, 1, small);
  signal(SIGPROF, look);
  struct itimerval often = {{0, 1000}, {0, 1000}}, never = {{0, 0}, {0, 0}};
  setitimer(ITIMER_PROF, &often, NULL);
  while (looked < 100) {
    // What follows it keeps it from growing where it is.
    void *next = malloc(100);
    block = realloc(block, large);
    memset(block, 2, large);
    free(next);
    void *other = malloc(small);
    memcpy(other, block, small);
    block = realloc(block, small);
    free(block);
    block = other;
  }
  setitimer(ITIMER_PROF, &never, NULL);
  printf("missed %d\n", missed);
  return 0;
}
