// A library whose handlers of fork come before those of a library that is initialised later.
#include <pthread.h>
#include <stdlib.h>

__attribute__((noinline)) static void allocate(void) {
  for (int i = 0; i < 100; i++) free(malloc(i));
}

__attribute__((constructor)) static void start(void) { pthread_atfork(NULL, NULL, allocate); }

void early_library(void) {}
