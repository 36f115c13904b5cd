#define _GNU_SOURCE
#include "remnant_thread.h"

#include <pthread.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

typedef struct order {
  const char *name;
  void (*work)(void *);
  void *argument;
} order;

pid_t remnant_thread_number(void) { return (pid_t)syscall(SYS_gettid); }

static void *start(void *argument) {
  order *order = argument;
  prctl(PR_SET_NAME, order->name, 0, 0, 0);
  order->work(order->argument);
  return NULL;
}

int remnant_run_thread(const char *name, size_t stack_size, void (*work)(void *), void *argument) {
  order order = {name, work, argument};
  pthread_attr_t attributes;
  int error = pthread_attr_init(&attributes);
  if (error != 0) return error;
  pthread_t thread;
  error = pthread_attr_setstacksize(&attributes, stack_size);
  if (error == 0) error = pthread_create(&thread, &attributes, start, &order);
  pthread_attr_destroy(&attributes);
  if (error == 0) error = pthread_join(thread, NULL);
  return error;
}
