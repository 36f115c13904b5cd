// Says what a program sees of its surroundings; "clean" closes everything first.
#define _GNU_SOURCE
#include <dirent.h>
#include <elf.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static int by_text(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

// In hexadecimal: a value need not be text.
static void print_environment(char **variables) {
  size_t count = 0;
  while (variables[count]) count++;
  char **sorted = malloc((count + 1) * sizeof *sorted);
  memcpy(sorted, variables, (count + 1) * sizeof *sorted);
  qsort(sorted, count, sizeof *sorted, by_text);
  for (size_t i = 0; i < count; i++) {
    for (const char *byte = sorted[i]; *byte; byte++) {
      if (*byte >= ' ' && *byte <= '~') putchar(*byte);
      else printf("\\x%02x", (unsigned char)*byte);
    }
    putchar('\n');
  }
  free(sorted);
}

// The kernel's vector lies behind the environment; Go's runtime looks for it there.
static void print_page_size(char **variables) {
  while (*variables) variables++;
  for (const Elf64_auxv_t *entry = (void *)(variables + 1); entry->a_type != AT_NULL; entry++)
    if (entry->a_type == AT_PAGESZ) printf("page size %lu\n", entry->a_un.a_val);
}

static void print_signals(void) {
  char line[256];
  FILE *file = fopen("/proc/self/status", "r");
  while (fgets(line, sizeof line, file))
    if (!strncmp(line, "SigBlk", 6) || !strncmp(line, "SigIgn", 6)) fputs(line, stdout);
  fclose(file);
}

static void print_files(void) {
  for (int i = 0; i < 100; i++)
    if (fcntl(i, F_GETFD) >= 0) printf("descriptor %d is open\n", i);
  printf("next is %d\n", dup(1));
}

static void print_limits(void) {
  struct rlimit limit;
  for (int i = 0; i < RLIM_NLIMITS; i++)
    if (getrlimit(i, &limit) == 0) printf("limit %d: %lu\n", i, limit.rlim_cur);
}

int main(int argc, char **argv, char **variables) {
  const char *what = argc > 1 ? argv[1] : "";
  if (!strcmp(what, "closed")) close_range(3, ~0u, 0);
  if (!strcmp(what, "all closed")) {
    char *text = malloc(100);
    close_range(0, ~0u, 0);
    free(text);
    exit(open("/dev/null", O_RDWR) == 0 ? 12 : 13);
  }
  if (!strcmp(what, "child")) {
    print_environment(environ);
    return 0;
  }
  print_environment(environ);
  puts(environ == variables ? "main's" : "not main's");
  print_page_size(argv + argc + 1);
  print_signals();
  print_files();
  print_limits();
  fflush(stdout);
  char *arguments[] = {argv[0], "child", NULL};
  pid_t child;
  if (posix_spawn(&child, argv[0], NULL, NULL, arguments, environ) != 0) return 1;
  int status;
  waitpid(child, &status, 0);
  puts("a shell:");
  fflush(stdout);
  return system("env | sort | grep -v -e ^_= -e SHLVL= -e PWD=; true") == 0 ? 0 : 2;
}
