#define _GNU_SOURCE
#include "remnant_signals.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

// The C library's own signal for setuid in all threads (nptl), which it handles from the first thread on, and which its
// sigaction doesn't speak of. A process that was started with it ignored passes that on, like any other.
enum { setxid_signal = 33 };

typedef struct kernel_action {
  void *handler;
  unsigned long flags;
  void *restorer;
  uint64_t mask;
} kernel_action;

static int written_end = -1;
static bool was_ignored[NSIG];
static sigset_t original_mask;

static void write_down(int number) {
  int error = errno;
  uint8_t byte = (uint8_t)number;
  // A full pipe has thousands of them already.
  ssize_t ignored = write(written_end, &byte, 1);
  (void)ignored;
  errno = error;
}

int remnant_signals_hear(const int *numbers, size_t count) {
  kernel_action setxid = {0};
  syscall(SYS_rt_sigaction, setxid_signal, NULL, &setxid, sizeof setxid.mask);
  was_ignored[setxid_signal] = setxid.handler == (void *)SIG_IGN;
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return -1;
  fcntl(ends[1], F_SETFL, O_NONBLOCK);
  written_end = ends[1];
  sigset_t heard;
  sigemptyset(&heard);
  for (size_t i = 0; i < count; i++) {
    struct sigaction action = {.sa_handler = write_down, .sa_flags = SA_RESTART};
    struct sigaction before;
    sigfillset(&action.sa_mask);
    if (sigaction(numbers[i], NULL, &before) != 0) continue;
    was_ignored[numbers[i]] = before.sa_handler == SIG_IGN;
    // A hangup that the user wants to be ignored (nohup) ends nothing. The others are ignored by every job that a
    // script starts in the background, and are heard all the same.
    if (numbers[i] == SIGHUP && was_ignored[SIGHUP]) continue;
    sigaction(numbers[i], &action, NULL);
    sigaddset(&heard, numbers[i]);
  }
  pthread_sigmask(SIG_UNBLOCK, &heard, &original_mask);
  return ends[0];
}

int remnant_signal_was_ignored(int number) {
  return number > 0 && number < NSIG && was_ignored[number];
}

void remnant_signals_restore(int number) {
  if (number != setxid_signal) {
    signal(number, SIG_IGN);
    return;
  }
  kernel_action ignored = {.handler = (void *)SIG_IGN};
  syscall(SYS_rt_sigaction, number, &ignored, NULL, sizeof ignored.mask);
}

const void *remnant_signals_original_mask(void) { return written_end < 0 ? NULL : &original_mask; }
