#define _GNU_SOURCE
#include "registers.h"

#include <libunwind.h>
#include <stdint.h>
#include <sys/user.h>

#if defined(__x86_64__)
// Where PTRACE_GETREGSET puts libunwind's registers 0 (rax) to 16 (rip).
static const size_t places[] = {
    offsetof(struct user_regs_struct, rax), offsetof(struct user_regs_struct, rdx),
    offsetof(struct user_regs_struct, rcx), offsetof(struct user_regs_struct, rbx),
    offsetof(struct user_regs_struct, rsi), offsetof(struct user_regs_struct, rdi),
    offsetof(struct user_regs_struct, rbp), offsetof(struct user_regs_struct, rsp),
    offsetof(struct user_regs_struct, r8),  offsetof(struct user_regs_struct, r9),
    offsetof(struct user_regs_struct, r10), offsetof(struct user_regs_struct, r11),
    offsetof(struct user_regs_struct, r12), offsetof(struct user_regs_struct, r13),
    offsetof(struct user_regs_struct, r14), offsetof(struct user_regs_struct, r15),
    offsetof(struct user_regs_struct, rip)};

size_t remnant_register_index(int number) {
  return number >= 0 && number < (int)(sizeof places / sizeof *places) ? places[number] / 8 : SIZE_MAX;
}
#else
// AArch64: x0 to x30, sp, pc, in libunwind's order.
size_t remnant_register_index(int number) {
  return number >= 0 && number <= 32 ? (size_t)number : SIZE_MAX;
}
#endif
