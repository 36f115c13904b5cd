// Without -pie, an executable that takes malloc's address has an entry of its procedure linkage table under that name.
#include <stdio.h>
#include <stdlib.h>

__attribute__((noinline)) static void *call(void *(*function)(size_t), size_t size) { return function(size); }

int main(void) {
  void *block = call(malloc, 10);
  printf("%d\n", block != NULL);
  free(block);
  return 0;
}
