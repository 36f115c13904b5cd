// Allocates below a function that uses the frame pointer's register for something else, as those of Swift's
// Dispatch and of XCTest do: called from many places, again and again.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define APART __attribute__((noinline))

static void *volatile kept[2048];
static volatile int count;

void without_frame_pointer(void (*body)(size_t), size_t size);
__asm__(
    ".text\n"
    ".globl without_frame_pointer\n"
    ".type without_frame_pointer, @function\n"
    "without_frame_pointer:\n"
    "  .cfi_startproc\n"
    "  pushq %rbp\n"
    "  .cfi_adjust_cfa_offset 8\n"
    "  .cfi_rel_offset %rbp, 0\n"
    // Another value each time.
    "  movl %esp, %ebp\n"
    "  xorl %esi, %ebp\n"
    "  orl $1, %ebp\n"
    "  movq %rdi, %rax\n"
    "  movq %rsi, %rdi\n"
    "  call *%rax\n"
    "  popq %rbp\n"
    "  .cfi_adjust_cfa_offset -8\n"
    "  .cfi_restore %rbp\n"
    "  ret\n"
    "  .cfi_endproc\n"
    ".size without_frame_pointer, . - without_frame_pointer\n");

APART void innermost(size_t size) {
  kept[count] = malloc(size);
  count = count + 1;
}
APART void body(size_t size) {
  innermost(size);
  count = count;
}

APART void caller_a(void) {
  without_frame_pointer(body, 7001);
  count = count;
}
APART void caller_b(void) {
  without_frame_pointer(body, 7002);
  count = count;
}

APART void deep(int levels, size_t size) {
  volatile int here = levels;
  if (levels == 0) without_frame_pointer(body, size);
  else deep(levels - 1, size);
  count = count + (here != levels);
}

APART void *thread(void *size) {
  without_frame_pointer(body, (size_t)size);
  count = count;
  return NULL;
}

int main(void) {
  // From the deepest on: the shallow ones, and threads, end before the words that were noted.
  for (int levels = 299; levels >= 0; levels--) {
    for (int again = 0; again < 3; again++) deep(levels, 8000 + levels);
  }
  for (int i = 0; i < 4; i++) {
    caller_a();
    caller_b();
    pthread_t other;
    if (pthread_create(&other, NULL, thread, (void *)7003) != 0) abort();
    pthread_join(other, NULL);
  }
  puts("done");
  return 0;
}
