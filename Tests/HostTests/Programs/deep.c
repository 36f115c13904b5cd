// Fifty thousand calls deep, an allocation in each; "stay" ends the program down there.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int stays;

__attribute__((noinline)) static int left(int depth);

__attribute__((noinline)) static int right(int depth) {
  char *block = malloc(8 + depth % 100);
  int below = depth > 0 ? left(depth - 1) : 0;
  free(block);
  return below + 1;
}

__attribute__((noinline)) static int left(int depth) {
  char *block = malloc(30);
  if (depth == 0 && stays) exit(2);
  int below = depth > 0 ? depth % 3 ? right(depth - 1) : left(depth - 1) : 0;
  free(block);
  return below + 1;
}

int main(int count, char **arguments) {
  stays = count > 1 && !strcmp(arguments[1], "stay");
  printf("%d calls\n", left(50000));
  printf("%d calls\n", left(49999));
  return 2;
}
