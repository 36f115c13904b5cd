// Allocates from more different call stacks than can be kept: one for each way through a deep recursion.
#include <stdio.h>
#include <stdlib.h>

static __attribute__((noinline)) void visit(int padding, int levels);

static __attribute__((noinline)) void left(int levels) { visit(0, levels - 1); __asm__(""); }
static __attribute__((noinline)) void right(int levels) { visit(0, levels - 1); __asm__(""); }

static __attribute__((noinline)) void visit(int padding, int levels) {
  if (padding > 0) {
    visit(padding - 1, levels);
  } else if (levels > 0) {
    left(levels);
    right(levels);
  } else {
    free(malloc(16));
  }
  __asm__("");
}

int main(void) {
  visit(20, 18);
  puts("done");
  return 0;
}
