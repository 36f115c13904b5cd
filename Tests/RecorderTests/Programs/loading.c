// Loads and unloads libraries on one thread while others allocate through code not met before.
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static volatile int stop;

__attribute__((noinline)) static void *zero(unsigned path, int levels);
__attribute__((noinline)) static void *one(unsigned path, int levels) {
  volatile char room[40] = {0};
  void *block = levels == 0 ? malloc(10) : path & 1 ? one(path >> 1, levels - 1)
                                                    : zero(path >> 1, levels - 1);
  return (char *)block + room[levels];
}
__attribute__((noinline)) static void *zero(unsigned path, int levels) {
  volatile char room[100] = {0};
  void *block = levels == 0 ? malloc(20) : path & 1 ? one(path >> 1, levels - 1)
                                                    : zero(path >> 1, levels - 1);
  return (char *)block + room[levels];
}

static void *churn(void *seed) {
  for (unsigned path = (unsigned)(size_t)seed; !stop; path = path * 1664525 + 1013904223)
    free(one(path >> 8, 16));
  return NULL;
}

int main(int argc, char **argv) {
  pthread_t others[3];
  for (size_t i = 0; i < 3; i++) pthread_create(&others[i], NULL, churn, (void *)i);
  int good = 0;
  for (int i = 0; i < 300; i++) {
    // Two libraries take each other's place in memory.
    void *library = dlopen(argv[1 + i % 2], RTLD_NOW);
    if (!library) return puts(dlerror()), 1;
    void *(*allocate)(int) = (void *(*)(int))dlsym(library, "loaded_allocate");
    void *block = allocate(i % 20);
    good += block != NULL;
    free(block);
    good += dlclose(library) == 0;
  }
  stop = 1;
  for (int i = 0; i < 3; i++) pthread_join(others[i], NULL);
  printf("%d\n", good);
  return 0;
}
