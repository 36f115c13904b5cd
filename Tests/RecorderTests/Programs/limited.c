// Uses a good part of a small address space, from the heap, from threads and from mappings.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *work(void *unused) {
  long sum = 0;
  void *blocks[1000];
  for (int i = 0; i < 1000; i++) sum += (blocks[i] = calloc(1, 500)) != NULL;
  for (int i = 0; i < 1000; i++) free(blocks[i]);
  return (void *)sum;
}

int main(void) {
  long sum = 0;
  for (int i = 0; i < 100000; i++) sum += strdup("a small block that is kept to the end") != NULL;
  for (int i = 0; i < 10; i++) sum += calloc(1, 1 << 20) != NULL;
  for (int i = 0; i < 4; i++) {
    pthread_t thread;
    void *result = NULL;
    if (pthread_create(&thread, NULL, work, NULL) == 0) pthread_join(thread, &result);
    sum += (long)result;
  }
  // More than there is: refused, and nothing else happens.
  printf("%ld, then %s\n", sum, malloc((size_t)1 << 30) ? "too much" : "no more");
  return 0;
}
