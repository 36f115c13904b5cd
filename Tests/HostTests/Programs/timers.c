// Timers fire a thousand times a second into a program that allocates, and their handlers allocate
// and take backtraces.
//
// glibc's malloc may not be called from a handler, but in practice two sizes whose blocks all come from
// the thread's own cache never meet: the program uses one size, its handlers another.
#include <execinfo.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

enum { ordinary = 100, handlers_own = 1000, wanted = 400 };

static volatile int fired[2];

static void on_timer(int signal) {
  char *block = malloc(handlers_own);
  memset(block, signal, handlers_own);
  void *frames[32];
  int depth = backtrace(frames, 32);
  if (depth < 2 || block[handlers_own - 1] != signal) abort();
  free(block);
  __atomic_add_fetch(&fired[signal == SIGPROF], 1, __ATOMIC_RELAXED);
}

static int enough(void) {
  return __atomic_load_n(&fired[0], __ATOMIC_RELAXED) >= wanted &&
         __atomic_load_n(&fired[1], __ATOMIC_RELAXED) >= wanted;
}

static int __attribute__((noinline)) churn(int depth) {
  char *block = malloc(ordinary);
  memset(block, depth, ordinary);
  int sum = depth > 0 ? churn(depth - 1) : 0;
  sum += block[ordinary - 1] == (char)depth;
  free(block);
  return sum;
}

static void *work(void *unused) {
  // Fills the thread's cache before the first signal.
  void *first = malloc(handlers_own);
  free(first);
  churn(4);
  sigset_t timers;
  sigemptyset(&timers);
  sigaddset(&timers, SIGALRM);
  sigaddset(&timers, SIGPROF);
  pthread_sigmask(SIG_UNBLOCK, &timers, NULL);
  while (!enough())
    if (churn(4) != 5) abort();
  pthread_sigmask(SIG_BLOCK, &timers, NULL);
  return unused;
}

int main(int count, char **arguments) {
  int threads = count > 1 ? atoi(arguments[1]) : 0;
  void *frames[4];
  backtrace(frames, 4);  // loads the unwinder, which allocates
  sigset_t timers;
  sigemptyset(&timers);
  sigaddset(&timers, SIGALRM);
  sigaddset(&timers, SIGPROF);
  pthread_sigmask(SIG_BLOCK, &timers, NULL);
  struct sigaction action = {.sa_handler = on_timer, .sa_flags = SA_RESTART};
  // One handler doesn't interrupt another: both use the same size.
  action.sa_mask = timers;
  sigaction(SIGALRM, &action, NULL);
  sigaction(SIGPROF, &action, NULL);
  struct itimerval millisecond = {{0, 1000}, {0, 1000}};
  setitimer(ITIMER_REAL, &millisecond, NULL);
  setitimer(ITIMER_PROF, &millisecond, NULL);
  pthread_t others[8];
  for (int i = 0; i < threads; i++) pthread_create(&others[i], NULL, work, NULL);
  work(NULL);
  for (int i = 0; i < threads; i++) pthread_join(others[i], NULL);
  puts("both timers fired often");
  return 3;
}
