// Threads that begin and end while others allocate: "many", "small", "destructors" or "deep"; or 2,000 that wait
// at the end: "waiting".
#define _GNU_SOURCE
#include <limits.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static volatile int stop;
static pthread_key_t keys[40];

static void *churn(void *unused) {
  while (!stop) {
    void *blocks[50];
    for (int i = 0; i < 50; i++) blocks[i] = malloc(10 + i * 40);
    for (int i = 0; i < 50; i++) free(blocks[i]);
  }
  return NULL;
}

static void *allocate(void *kept) {
  char *text = malloc(100);
  sprintf(text, "thread %ld", (long)kept);
  char *copy = strdup(text);
  free(text);
  return copy;
}

// Comes again and allocates, as often as destructors are called.
static void destroy(void *value) {
  pthread_key_t key = keys[*(int *)value % 40];
  int *again = malloc(sizeof *again);
  *again = *(int *)value + 1;
  free(value);
  if (*again < 4) pthread_setspecific(key, again);
  else free(again);
}

static void *with_destructors(void *number) {
  for (int i = 0; i < 40; i++) {
    int *value = malloc(sizeof *value);
    *value = 0;
    pthread_setspecific(keys[i], value);
  }
  return allocate(number);
}

static int start(int rounds, int at_once, size_t stack, void *(*body)(void *)) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  if (stack && pthread_attr_setstacksize(&attributes, stack) != 0) abort();
  int sum = 0;
  for (int round = 0; round < rounds; round++) {
    pthread_t threads[200];
    for (long i = 0; i < at_once; i++)
      if (pthread_create(&threads[i], &attributes, body, (void *)i) != 0) abort();
    for (int i = 0; i < at_once; i++) {
      char *text;
      pthread_join(threads[i], (void **)&text);
      sum += strlen(text);
      free(text);
    }
  }
  return sum;
}

// As deep as 8 MiB allow, with 4 KiB to spare for what malloc itself needs. The deepest call is one
// that was not made before.
static uintptr_t lowest;
__attribute__((noinline)) static void *bottom(int size) {
  void *block = malloc(size);
  return block;
}
__attribute__((noinline)) static int descend(int level) {
  volatile char room[256];
  room[0] = (char)level;
  void *block = malloc(16 + level % 64);
  int below = (uintptr_t)room - lowest > 4 << 10 ? descend(level + 1) : 0;
  free(block);
  if (below == 0) free(bottom(level % 100));
  return below + (room[0] == (char)level);
}

static void *dig(void *unused) {
  pthread_attr_t attributes;
  void *start;
  size_t size;
  pthread_getattr_np(pthread_self(), &attributes);
  pthread_attr_getstack(&attributes, &start, &size);
  pthread_attr_destroy(&attributes);
  lowest = (uintptr_t)start;
  int levels = descend(0);
  char *text = malloc(100);
  sprintf(text, "%s", levels > 1000 ? "deep" : "not deep");
  return text;
}

static sem_t has_begun, never;

static void *wait_for_ever(void *number) {
  char *text = allocate(number);
  sem_post(&has_begun);
  sem_wait(&never);
  return text;
}

static int start_waiting(int count) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 64 << 10);
  for (long i = 0; i < count; i++) {
    pthread_t thread;
    if (pthread_create(&thread, &attributes, wait_for_ever, (void *)i) != 0) abort();
  }
  for (int i = 0; i < count; i++) sem_wait(&has_begun);
  return count;
}

int main(int argc, char **argv) {
  const char *what = argc > 1 ? argv[1] : "";
  pthread_t others[3];
  for (int i = 0; i < 3; i++) pthread_create(&others[i], NULL, churn, NULL);
  int sum = -1;
  if (!strcmp(what, "many")) sum = start(5, 200, 0, allocate);
  if (!strcmp(what, "small")) sum = start(3, 50, PTHREAD_STACK_MIN, allocate);
  if (!strcmp(what, "destructors")) {
    for (int i = 0; i < 40; i++) pthread_key_create(&keys[i], destroy);
    sum = start(3, 50, 0, with_destructors);
  }
  if (!strcmp(what, "deep")) sum = start(2, 1, 8 << 20, dig);
  if (!strcmp(what, "waiting")) sum = start_waiting(2000);
  stop = 1;
  for (int i = 0; i < 3; i++) pthread_join(others[i], NULL);
  printf("%d\n", sum);
  return 0;
}
