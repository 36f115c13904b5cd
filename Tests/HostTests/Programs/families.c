// Four threads have children in every way there is, while others allocate.
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;
static volatile int done;
static char *self;

static void *allocate(void *unused) {
  while (!done) {
    char *blocks[50];
    for (int i = 0; i < 50; i++) blocks[i] = malloc(10 + 37 * i);
    for (int i = 0; i < 50; i++) free(blocks[i]);
  }
  return unused;
}

static void expect(pid_t child, int status) {
  int got;
  if (child < 0 || waitpid(child, &got, 0) != child || !WIFEXITED(got) ||
      WEXITSTATUS(got) != status) {
    fprintf(stderr, "a child ended badly: %d, %x\n", child, got);
    _exit(70);
  }
}

static void *have_children(void *unused) {
  char *arguments[] = {self, "child", NULL};
  for (int i = 0; i < 5; i++) {
    pid_t child = fork();
    if (child == 0) {
      char *blocks[2000];
      for (int j = 0; j < 2000; j++) blocks[j] = malloc(j + 1);
      for (int j = 0; j < 2000; j += 2) free(blocks[j]);
      pid_t grandchild = fork();
      if (grandchild == 0) {
        free(malloc(5000));
        _exit(2);
      }
      expect(grandchild, 2);
      _exit(1);
    }
    expect(child, 1);
    child = vfork();
    if (child == 0) {
      execv(self, arguments);
      _exit(9);
    }
    expect(child, 5);
    if (posix_spawn(&child, self, NULL, NULL, arguments, environ) != 0) abort();
    expect(child, 5);
  }
  return unused;
}

// Goes on in the background, where nothing but `out` is left of what it was started with.
static int daemonise(void) {
  int out = dup(1);
  pid_t child = fork();
  if (child < 0) abort();
  if (child > 0) _exit(7);
  setsid();
  if (fork() > 0) _exit(0);
  int null = open("/dev/null", O_RDWR);
  for (int i = 0; i < 3; i++) dup2(null, i);
  usleep(100000);
  char *text = malloc(100);
  strcpy(text, "the daemon ran\n");
  ssize_t written = write(out, text, strlen(text));
  free(text);
  exit(written > 0 ? 0 : 1);
}

int main(int count, char **arguments) {
  self = arguments[0];
  if (count == 2 && !strcmp(arguments[1], "daemon")) return daemonise();
  if (count == 2) {
    free(malloc(100));
    return 5;
  }
  pthread_t threads[6];
  for (int i = 0; i < 6; i++)
    pthread_create(&threads[i], NULL, i < 4 ? have_children : allocate, NULL);
  for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
  fflush(stdout);
  int result = system("echo shell; exit 3");
  done = 1;
  for (int i = 4; i < 6; i++) pthread_join(threads[i], NULL);
  printf("all children ended well, the shell with %d\n", WEXITSTATUS(result));
  return 6;
}
