// Runs a command, adopts what it leaves behind, and tells how each of them ended; ends as the command
// did, when nothing is left. Tells the most memory that one of them had, in MiB, if asked to.
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int count, char **arguments) {
  int first = count > 1 && !strcmp(arguments[1], "--memory") ? 2 : 1;
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  pid_t command = fork();
  if (command == 0) {
    execvp(arguments[first], arguments + first);
    _exit(127);
  }
  int result = 0, status;
  struct rusage usage;
  for (pid_t child; (child = wait4(-1, &status, 0, &usage)) > 0;) {
    int ending = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    if (child == command) result = ending;
    else fprintf(stderr, "an orphan ended with %d\n", ending);
    if (first == 2 && child == command) fprintf(stderr, "%ld MiB\n", usage.ru_maxrss >> 10);
  }
  return result;
}
