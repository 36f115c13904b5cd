// "memory N": allocates with N MiB more address space than it has already. "files": ends with a status
// of a bit for each standard descriptor. "all files": opens as many as it may.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static size_t address_space(void) {
  size_t pages = 0;
  FILE *file = fopen("/proc/self/statm", "r");
  if (fscanf(file, "%zu", &pages) != 1) abort();
  fclose(file);
  return pages * getpagesize();
}

static void allocate(size_t megabytes) {
  struct rlimit limit = {address_space() + (megabytes << 20), RLIM_INFINITY};
  if (setrlimit(RLIMIT_AS, &limit) != 0) abort();
  // Half of the room, in blocks of 1 KiB, and then more than there is.
  int count = megabytes << 9;
  char **blocks = malloc(count * sizeof *blocks);
  int got = 0;
  for (int i = 0; i < count; i++) {
    blocks[i] = malloc(1000);
    if (blocks[i]) memset(blocks[i], i, 1000), got++;
  }
  errno = 0;
  void *more = malloc((megabytes + 1) << 20);
  printf("%d of %d blocks, then %s\n", got, count, more ? "more" : strerror(errno));
  for (int i = 0; i < count; i += 2) free(blocks[i]);
}

// The exit status is all that is left to a program without descriptors.
static void show_standard_files(void) {
  int result = 0;
  for (int i = 0; i < 3; i++)
    if (fcntl(i, F_GETFD) >= 0) result |= 1 << i;
  exit(result);
}

static void use_up_files(void) {
  int more = 0;
  while (open("/dev/null", O_RDONLY) >= 0) more++;
  printf("%d more, then %s\n", more, strerror(errno));
}

int main(int count, char **arguments) {
  if (count == 3) allocate(atoi(arguments[2]));
  else if (!strcmp(arguments[1], "files")) show_standard_files();
  else use_up_files();
  return 2;
}
