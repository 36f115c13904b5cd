// Ends in the way that its first argument names.
#define _GNU_SOURCE
#include <signal.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static void at_quick(void) { printf("at quick exit\n"), fflush(stdout); }
static void at_exit_five(void) { _exit(5); }
static void allocate_at_exit(void) { printf("%s\n", strdup("at exit")); }

int main(int argc, char **argv) {
  const char *how = argv[1];
  void *volatile kept = malloc(1000);
  (void)kept;
  printf("%s\n", how);
  fflush(stdout);
  if (!strcmp(how, "return")) return 7;
  atexit(allocate_at_exit);
  if (!strcmp(how, "exit")) exit(8);
  if (!strcmp(how, "_exit")) _exit(3);
  if (!strcmp(how, "_Exit")) _Exit(3);
  if (!strcmp(how, "exit_group")) syscall(SYS_exit_group, 3);
  if (!strcmp(how, "at_exit")) atexit(at_exit_five), exit(0);
  if (!strcmp(how, "quick_exit")) at_quick_exit(at_quick), quick_exit(4);
  if (!strcmp(how, "abort")) abort();
  if (!strcmp(how, "kill")) raise(SIGKILL);
  if (!strcmp(how, "fault")) *(volatile int *)8 = 1;
  // The other program's own path and arguments follow.
  char *path = argc > 2 ? argv[2] : "", **arguments = argv + 2;
  char *next = argc > 3 ? argv[3] : NULL, *last = argc > 4 ? argv[4] : NULL;
  if (!strcmp(how, "execv")) execv(path, arguments);
  if (!strcmp(how, "execve")) execve(path, arguments, environ);
  if (!strcmp(how, "execvp")) execvp(path, arguments);
  if (!strcmp(how, "execvpe")) execvpe(path, arguments, environ);
  if (!strcmp(how, "execl")) execl(path, path, next, last, NULL);
  if (!strcmp(how, "execlp")) execlp(path, path, next, last, NULL);
  if (!strcmp(how, "execle")) next ? execle(path, path, next, last, NULL, environ) : execle(path, path, NULL, environ);
  if (!strcmp(how, "fexecve")) fexecve(open(path, O_RDONLY | O_CLOEXEC), arguments, environ);
  if (!strcmp(how, "failed exec")) {
    printf("%d %d\n", execv("/nonexistent", arguments), execlp("nonexistent", "a", NULL));
    _exit(9);
  }
  // Killed or not, the tool is gone; the end must come all the same.
  if (!strcmp(how, "orphan")) {
    pid_t tool = getppid();
    kill(tool, SIGKILL);
    while (getppid() == tool) usleep(1000);
    char *path = argv[2];
    FILE *file = fopen(path, "w");
    fputs("still here\n", file);
    fclose(file);
    return 0;
  }
  return 99;
}
