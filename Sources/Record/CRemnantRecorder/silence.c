// After the program has installed a filter of system calls (seccomp), the recorder makes none: one that the program
// itself doesn't make may end it.
//
// From then on no call stack is unwound, no memory is mapped, no futex is used. The tool learns of it beforehand, and
// looks at the page now and then, and the recorder spins there at the end.

#define _GNU_SOURCE
#include "recorder.h"
#include "system_call.h"

#if !REMNANT_IS_SANITIZED

#include <errno.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/prctl.h>

#include "definitions.h"
#include "order.h"

bool remnant_is_silent;
bool remnant_is_clock_forbidden;
uint64_t remnant_last_ticks;

static void begin_silence(void) {
  if (remnant_is_silent || !remnant_is_recording) return;
  // What is allocated later may lie where no entries are yet.
  remnant_table_extend();
  remnant_announce_silence(true);
  __atomic_store_n(&remnant_is_silent, true, __ATOMIC_SEQ_CST);
}

// The filter was refused, so there is none.
static void end_silence(bool was_silent) {
  if (was_silent || !remnant_is_silent) return;
  __atomic_store_n(&remnant_is_silent, false, __ATOMIC_SEQ_CST);
  remnant_announce_silence(false);
}

static bool installs_filter(long number, long first) {
  return (number == SYS_seccomp && (first == SECCOMP_SET_MODE_STRICT || first == SECCOMP_SET_MODE_FILTER)) ||
         (number == SYS_prctl && first == PR_SET_SECCOMP);
}

// Reading the counter is SIGSEGV then, in this thread and those that it starts: so it isn't read in any.
static bool forbids_clock(long number, long first, long second) {
  if (number == SYS_seccomp) return first == SECCOMP_SET_MODE_STRICT;
  return number == SYS_prctl && ((first == PR_SET_SECCOMP && second == SECCOMP_MODE_STRICT) ||
                                 (first == PR_SET_TSC && second == PR_TSC_SIGSEGV));
}

static void forbid_clock(void) {
  if (remnant_is_clock_forbidden) return;
  __atomic_store_n(&remnant_last_ticks, remnant_ticks(), __ATOMIC_RELAXED);
  __atomic_store_n(&remnant_is_clock_forbidden, true, __ATOMIC_SEQ_CST);
}

static long libc_result(long result) {
  if (result >= 0 || result < -4095) return result;
  errno = (int)-result;
  return -1;
}

static long call_and_watch(long number, long a, long b, long c, long d, long e, long f) {
  if (number == SYS_exit_group) remnant_wait_at_exit();
  bool was_silent = remnant_is_silent;
  bool is_filter = installs_filter(number, a);
  if (is_filter) begin_silence();
  if (forbids_clock(number, a, b)) forbid_clock();
  long result = remnant_system_call(number, a, b, c, d, e, f);
  if (is_filter && result < 0) end_silence(was_silent);
  if (number == SYS_sigaltstack && result == 0) remnant_note_alternate_stack((const stack_t *)a);
  return libc_result(result);
}

// Under names of our own, because libc declares them with any number of arguments, which are passed in the same way.
extern __attribute__((weak, visibility("default"))) long remnant_syscall(long, long, long, long, long, long,
                                                                         long) __asm__("syscall");
extern __attribute__((weak, visibility("default"))) int remnant_prctl(long, long, long, long, long) __asm__("prctl");

typedef long (*syscall_function)(long, long, long, long, long, long, long);

// All but a few go to libc's own, whose stack frame is then this one's: a child that a system call starts returns here, too.
long remnant_syscall(long number, long a, long b, long c, long d, long e, long f) {
  static syscall_function real;
  syscall_function function = __atomic_load_n(&real, __ATOMIC_RELAXED);
  if (REMNANT_UNLIKELY(function == NULL)) {
    function = (syscall_function)remnant_next_definition("syscall").address;
    __atomic_store_n(&real, function, __ATOMIC_RELAXED);
  }
  if (number == SYS_exit_group || number == SYS_seccomp || number == SYS_prctl || number == SYS_sigaltstack)
    function = call_and_watch;
  __attribute__((musttail)) return function(number, a, b, c, d, e, f);
}

int remnant_prctl(long option, long a, long b, long c, long d) {
  return (int)call_and_watch(SYS_prctl, (int)option, a, b, c, d, 0);
}

REMNANT_EXPORT int sigaltstack(const stack_t *restrict stack, stack_t *restrict old) {
  return (int)call_and_watch(SYS_sigaltstack, (long)stack, (long)old, 0, 0, 0, 0);
}

#else

bool remnant_is_silent;
bool remnant_is_clock_forbidden;
uint64_t remnant_last_ticks;

#endif
