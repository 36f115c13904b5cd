// Closes every descriptor but the standard ones, opens sockets with those numbers and more, calls malloc from many places,
// among them code without a frame that was made just now, and looks for what others wrote to its sockets.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum { pairs = 550 };
static void *volatile last;

__attribute__((noinline)) static int recurse(int levels) {
  void *block = malloc(40 + levels);
  last = block;
  int result = levels ? recurse(levels - 1) + 1 : 0;
  free(block);
  return result;
}

// push rbx; mov edi, 64; mov rax, malloc; call rax; pop rbx; ret
static void call_made_code(void) {
  unsigned char code[] = {0x53, 0xbf, 0x40, 0, 0, 0, 0x48, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xd0, 0x5b, 0xc3};
  void *function = (void *)malloc;
  memcpy(code + 8, &function, sizeof function);
  unsigned char *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  for (int i = 0; i < 200; i++) memcpy(memory + i * sizeof code, code, sizeof code);
  for (int i = 0; i < 200; i++) last = ((void *(*)(void))(memory + i * sizeof code))();
}

int main(void) {
  close_range(3, ~0u, 0);
  int (*sockets)[2] = calloc(pairs, sizeof *sockets);
  for (int i = 0; i < pairs; i++)
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, sockets[i]) != 0) return perror("socketpair"), 2;
  printf("up to %d\n", sockets[pairs - 1][1]);
  for (int i = 0; i < 2000; i++) recurse(i % 60);
  call_made_code();
  int damaged = 0;
  for (int i = 0; i < pairs; i++) {
    for (int end = 0; end < 2; end++) {
      char bytes[64];
      if (fcntl(sockets[i][end], F_GETFD) != 0 || recv(sockets[i][end], bytes, sizeof bytes, MSG_DONTWAIT) >= 0)
        damaged++;
    }
  }
  printf("%d damaged\n", damaged);
  return 0;
}
