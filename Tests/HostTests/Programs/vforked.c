// Ends while one of its threads waits in the kernel, for a child that shares its memory and waits for
// its end.
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

static volatile int has_child;
static int alive[2];

static void *have_child(void *unused) {
  if (vfork() == 0) {
    close(alive[1]);
    has_child = 1;
    char byte;
    _exit(read(alive[0], &byte, 1) == 0 ? 4 : 5);
  }
  return unused;
}

int main(void) {
  if (pipe(alive) != 0) return 1;
  pthread_t thread;
  pthread_create(&thread, NULL, have_child, NULL);
  while (!has_child) usleep(1000);
  return 3;
}
