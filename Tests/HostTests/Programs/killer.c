// Has its tool killed: "run" while it runs, "exit" while it waits at its exit for a tool that stands
// still, "snapshot" while its snapshot is taken.
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

// The process that traces another, 0 for none, -1 when that has ended.
static int tracer(pid_t process) {
  char path[64], line[256];
  snprintf(path, sizeof path, "/proc/%d/status", process);
  FILE *file = fopen(path, "r");
  if (!file) return -1;
  int result = -1;
  while (fgets(line, sizeof line, file)) sscanf(line, "TracerPid: %d", &result);
  fclose(file);
  return result;
}

int main(int count, char **arguments) {
  const char *when = arguments[count - 1];
  pid_t tool = getppid(), self = getpid();
  static char *blocks[300000];
  if (!strcmp(when, "snapshot"))
    for (int i = 0; i < 300000; i++) blocks[i] = malloc(100);
  if (!strcmp(when, "run")) kill(tool, SIGKILL);
  if (!strcmp(when, "exit")) kill(tool, SIGSTOP);
  int alive[2];
  if (pipe(alive) != 0) return 1;
  if (strcmp(when, "run") && fork() == 0) {
    close(alive[1]);
    if (!strcmp(when, "exit")) usleep(500000);
    else while (tracer(self) == 0) {}
    kill(tool, SIGKILL);
    // Until the program has ended, so that it is an orphan like it.
    char byte;
    _exit(read(alive[0], &byte, 1) != 0);
  }
  free(malloc(1000));
  puts("ran to its end");
  return 3;
}
