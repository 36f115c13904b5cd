#define _GNU_SOURCE
#include "remnant_process.h"

#include "remnant_signals.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

ssize_t remnant_read_memory(pid_t process, uint64_t address, void *buffer, size_t count) {
  // The kernel stops at the first page that it can't read, but only between elements of the remote
  // vector does it say how far it came: so a page each, after the first.
  enum { pages = 256, page = 4096 };
  size_t done = 0;
  while (done < count) {
    struct iovec remote[pages];
    size_t batch = 0;
    int used = 0;
    while (used < pages && done + batch < count) {
      uint64_t from = address + done + batch;
      size_t size = page - from % page;
      if (size > count - done - batch) size = count - done - batch;
      remote[used].iov_base = (void *)from;
      remote[used].iov_len = size;
      batch += size;
      used++;
    }
    struct iovec local = {(char *)buffer + done, batch};
    ssize_t read = process_vm_readv(process, &local, 1, remote, used, 0);
    if (read < 0) return done > 0 ? (ssize_t)done : -1;
    done += read;
    if ((size_t)read < batch) break;
  }
  return done;
}

char *const *remnant_environment(void) { return environ; }

int remnant_has_capabilities(const char *path) { return getxattr(path, "security.capability", NULL, 0) > 0; }

int remnant_memory_file(const char *name) { return memfd_create(name, MFD_CLOEXEC); }

pid_t remnant_launch(const char *path, char *const arguments[], char *const environment[],
                     int inherited, remnant_streams streams, const void *mask) {
  int report[2];
  if (pipe2(report, O_CLOEXEC) != 0) return -1;
  // Signals wait until the child has its own dispositions.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  if (mask == NULL) mask = remnant_signals_original_mask();
  pid_t child = fork();
  if (child == 0) {
    setpgid(0, 0);
    int handled[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGTTOU, SIGTTIN, SIGPIPE, SIGCHLD, 33};
    for (size_t i = 0; i < sizeof handled / sizeof *handled; i++) {
      struct sigaction action;
      // What the tool's own parent ignored stays ignored, as with nohup.
      if (remnant_signal_was_ignored(handled[i]))
        remnant_signals_restore(handled[i]);
      else if (sigaction(handled[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
        signal(handled[i], SIG_DFL);
    }
    if (streams.input >= 0) dup2(streams.input, STDIN_FILENO);
    if (streams.output >= 0) dup2(streams.output, STDOUT_FILENO);
    if (streams.errors >= 0) dup2(streams.errors, STDERR_FILENO);
    if (inherited >= 0) fcntl(inherited, F_SETFD, 0);
    sigprocmask(SIG_SETMASK, mask ? (const sigset_t *)mask : &before, NULL);
    execve(path, arguments, environment);
    int failure = errno;
    ssize_t ignored = write(report[1], &failure, sizeof failure);
    (void)ignored;
    _exit(127);
  }
  int forkError = errno;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  close(report[1]);
  if (child < 0) {
    close(report[0]);
    errno = forkError;
    return -1;
  }
  // In both processes: whichever comes first, the group exists before it is signaled.
  setpgid(child, child);
  int failure = 0;
  ssize_t got;
  do got = read(report[0], &failure, sizeof failure);
  while (got < 0 && errno == EINTR);
  close(report[0]);
  if (got == sizeof failure) {
    remnant_reap_child(child);
    errno = failure;
    return -1;
  }
  return child;
}

int remnant_futex_wait(uint32_t *word, uint32_t expected, int64_t timeout_milliseconds) {
  struct timespec timeout = {timeout_milliseconds / 1000, timeout_milliseconds % 1000 * 1000000};
  long result = syscall(SYS_futex, word, FUTEX_WAIT, expected,
                        timeout_milliseconds < 0 ? NULL : &timeout, NULL, 0);
  return result == 0 || errno == EAGAIN || errno == EINTR ? 0 : -1;
}

void remnant_futex_wake(uint32_t *word) {
  syscall(SYS_futex, word, FUTEX_WAKE, INT32_MAX, NULL, NULL, 0);
}

uint32_t remnant_load_acquire(const uint32_t *word) {
  return atomic_load_explicit((const _Atomic uint32_t *)word, memory_order_acquire);
}

void remnant_store_release(uint32_t *word, uint32_t value) {
  atomic_store_explicit((_Atomic uint32_t *)word, value, memory_order_release);
}

void remnant_increment(uint32_t *word) {
  atomic_fetch_add_explicit((_Atomic uint32_t *)word, 1, memory_order_acq_rel);
}

int remnant_peek_child(pid_t child, int include_stops, remnant_child_change *change, int *status) {
  siginfo_t info;
  int result;
  do {
    info.si_pid = 0;
    result = waitid(P_PID, child, &info, WEXITED | WNOWAIT | (include_stops ? WSTOPPED : 0));
  } while (result != 0 && errno == EINTR);
  if (result != 0) return -1;
  *status = info.si_status;
  *change = info.si_code == CLD_EXITED                              ? REMNANT_CHILD_EXITED
            : info.si_code == CLD_KILLED || info.si_code == CLD_DUMPED ? REMNANT_CHILD_KILLED
                                                                    : REMNANT_CHILD_STOPPED;
  return 0;
}

void remnant_consume_stop(pid_t child) {
  siginfo_t info;
  waitid(P_PID, child, &info, WSTOPPED | WNOHANG);
}

void remnant_reap_child(pid_t child) {
  int status;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
}
