#define _GNU_SOURCE
#include "remnant_trace.h"

#include <elf.h>
#include <errno.h>
#include <stddef.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>

int remnant_trace_seize(pid_t thread) { return ptrace(PTRACE_SEIZE, thread, 0, 0) == 0 ? 0 : -1; }

int remnant_trace_interrupt(pid_t thread) {
  return ptrace(PTRACE_INTERRUPT, thread, 0, 0) == 0 ? 0 : -1;
}

int remnant_trace_detach(pid_t thread, int signal) {
  return ptrace(PTRACE_DETACH, thread, 0, (void *)(intptr_t)signal) == 0 ? 0 : -1;
}

static int64_t now_in_milliseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int remnant_trace_await_stop(pid_t thread, int timeout_milliseconds, int *pending) {
  *pending = 0;
  int status;
  int64_t deadline = now_in_milliseconds() + timeout_milliseconds;
  // No call waits for one thread with a limit; nearly all stand within microseconds.
  struct timespec pause = {0, 10000};
  for (;;) {
    pid_t waited = waitpid(thread, &status, __WALL | WNOHANG);
    if (waited == 0) {
      if (now_in_milliseconds() >= deadline) {
        errno = ETIMEDOUT;
        return -1;
      }
      nanosleep(&pause, NULL);
      if (pause.tv_nsec < 10000000) pause.tv_nsec *= 2;
      continue;
    }
    if (waited < 0) {
      if (errno == EINTR) continue;
      return errno == ECHILD ? 0 : -1;
    }
    if (WIFEXITED(status) || WIFSIGNALED(status)) return 0;
    if (!WIFSTOPPED(status)) continue;
    // PTRACE_EVENT_STOP: our interrupt, or a group stop that was there already.
    if (status >> 16 != PTRACE_EVENT_STOP) *pending = WSTOPSIG(status);
    return 1;
  }
}

static size_t read_registers(pid_t thread, int set, uint64_t *words, size_t capacity) {
  struct iovec vector = {words, capacity * sizeof *words};
  if (ptrace(PTRACE_GETREGSET, thread, (void *)(intptr_t)set, &vector) != 0) return 0;
  return vector.iov_len / sizeof *words;
}

size_t remnant_trace_registers(pid_t thread, uint64_t *words, size_t capacity) {
  return read_registers(thread, NT_PRSTATUS, words, capacity);
}

size_t remnant_trace_vectors(pid_t thread, uint64_t *words, size_t capacity) {
#if defined(__x86_64__)
  return read_registers(thread, NT_X86_XSTATE, words, capacity);
#else
  return read_registers(thread, NT_FPREGSET, words, capacity);
#endif
}

uint64_t remnant_stack_pointer(const uint64_t *registers, size_t count) {
#if defined(__x86_64__)
  size_t index = offsetof(struct user_regs_struct, rsp) / sizeof *registers;
#else
  // AArch64: x0 to x30, then the stack pointer.
  size_t index = 31;
#endif
  return index < count ? registers[index] : 0;
}

uint64_t remnant_thread_pointer(pid_t thread, const uint64_t *registers, size_t count) {
#if defined(__x86_64__)
  (void)thread;
  size_t index = offsetof(struct user_regs_struct, fs_base) / sizeof *registers;
  return index < count ? registers[index] : 0;
#else
  (void)registers;
  (void)count;
  uint64_t pointer = 0;
  return read_registers(thread, NT_ARM_TLS, &pointer, 1) == 1 ? pointer : 0;
#endif
}
