// An executable with an allocator of its own, which wins over any preloaded one.
#include <stddef.h>
#include <stdio.h>

extern void *__libc_malloc(size_t);
extern void __libc_free(void *);
void *malloc(size_t size) { return __libc_malloc(size); }
void free(void *block) { __libc_free(block); }

int main(void) {
  puts("main ran");
  return 0;
}
