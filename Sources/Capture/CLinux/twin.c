#define _GNU_SOURCE
#include "remnant_twin.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "remnant_thread.h"
#include "remnant_trace.h"

// The sanitizers' clone and their checks of memory have no place between the processes.
#define REMNANT_UNCHECKED __attribute__((no_sanitize("address", "thread")))

enum { helper_stack_size = 256 << 10, most_threads = 8192, guard_size = 4096 };

typedef struct order {
  remnant_twin *twin;
  pid_t process;
  int patience;
  int pipe_read;
  int pipe_write;
  uint32_t may_start;
} order;

static int64_t nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

// MARK: The helper

static bool fail(remnant_twin *twin, const char *what) {
  if (twin->error == 0) {
    twin->error = errno;
    twin->failed = what;
  }
  return false;
}

static remnant_twin_thread *find(remnant_twin *twin, pid_t id) {
  for (size_t i = 0; i < twin->thread_count; i++)
    if (twin->threads[i].id == id) return &twin->threads[i];
  return NULL;
}

static bool stop(order *order, pid_t id, bool *is_stuck) {
  remnant_twin *twin = order->twin;
  if (remnant_trace_seize(id) != 0) return errno == ESRCH || fail(twin, "ptrace");
  remnant_twin_thread *thread = &twin->threads[twin->thread_count++];
  thread->id = id;
  if (remnant_trace_interrupt(id) != 0) {
    if (errno != ESRCH) return fail(twin, "ptrace");
    twin->thread_count--;
    return true;
  }
  int pending = 0;
  // All that wait in the kernel share the patience.
  int result = remnant_trace_await_stop(id, *is_stuck ? 0 : order->patience, &pending);
  if (result == 0) {
    twin->thread_count--;
    return true;
  }
  if (result < 0) {
    if (errno != ETIMEDOUT) return fail(twin, "waitpid");
    *is_stuck = true;
    return true;
  }
  thread->is_stopped = thread->is_held = 1;
  thread->pending = pending;
  thread->general_count = remnant_trace_registers(id, thread->general, REMNANT_GENERAL_WORDS);
  thread->vector_count = remnant_trace_vectors(id, thread->vectors, REMNANT_VECTOR_WORDS);
  thread->thread_pointer = remnant_thread_pointer(id, thread->general, thread->general_count);
  return true;
}

// A thread that isn't stopped yet can start others: goes on until a round finds no new ones.
static bool stop_all(order *order) {
  struct entry {
    uint64_t inode;
    int64_t offset;
    uint16_t size;
    uint8_t type;
    char name[];
  };
  char buffer[16384] __attribute__((aligned(8)));
  bool is_stuck = false;
  // Not `self`: the helper is a process of its own.
  char path[32] = "/proc/";
  char digits[12];
  int length = 0;
  for (pid_t rest = order->process; rest > 0; rest /= 10) digits[length++] = '0' + rest % 10;
  for (int i = 0; i < length; i++) path[6 + i] = digits[length - 1 - i];
  memcpy(path + 6 + length, "/task", 6);
  int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return fail(order->twin, "/proc");
  for (bool is_new = true; is_new;) {
    is_new = false;
    lseek(directory, 0, SEEK_SET);
    for (;;) {
      long size = syscall(SYS_getdents64, directory, buffer, sizeof buffer);
      if (size < 0) return fail(order->twin, "getdents64");
      if (size == 0) break;
      for (long at = 0; at < size;) {
        struct entry *entry = (struct entry *)(buffer + at);
        at += entry->size;
        pid_t id = 0;
        for (const char *digit = entry->name; *digit >= '0' && *digit <= '9'; digit++)
          id = id * 10 + (*digit - '0');
        if (id == 0 || find(order->twin, id) != NULL) continue;
        if (order->twin->thread_count == most_threads) {
          errno = EAGAIN;
          return fail(order->twin, "too many threads");
        }
        size_t before = order->twin->thread_count;
        if (!stop(order, id, &is_stuck)) return false;
        is_new = is_new || order->twin->thread_count > before;
      }
    }
  }
  close(directory);
  return true;
}

// MARK: The twin

// Holds the memory, and nothing else: no descriptor, no handler, no work.
REMNANT_UNCHECKED _Noreturn static void be_the_twin(const order *order) {
  int pipe = order->pipe_read;
  // The first to go when memory is short.
  int score = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (score >= 0) (void)!write(score, "1000", 4);
  prctl(PR_SET_NAME, "remnant-twin", 0, 0, 0);
  bool is_closed = syscall(SYS_close_range, pipe + 1, ~0u, 0) == 0 &&
                   (pipe == 0 || syscall(SYS_close_range, 0, pipe - 1, 0) == 0);
  // Before Linux 5.9.
  for (int i = 0; !is_closed && i < 65536; i++)
    if (i != pipe) syscall(SYS_close, i);
  char byte;
  // Ends when no process has the other end anymore.
  while (syscall(SYS_read, pipe, &byte, 1) < 0 && errno == EINTR) {
  }
  for (;;) syscall(SYS_exit_group, 0);
}

REMNANT_UNCHECKED static int help(void *argument) {
  order *order = argument;
  remnant_twin *twin = order->twin;
  while (__atomic_load_n(&order->may_start, __ATOMIC_ACQUIRE) == 0)
    syscall(SYS_futex, &order->may_start, FUTEX_WAIT, 0, NULL, NULL, 0);
  int64_t start = nanoseconds();
  if (stop_all(order)) {
    // No exit signal, no handlers of pthread_atfork, and not the helper's child but its parent's: the
    // helper is gone in a moment.
    long process = syscall(SYS_clone, CLONE_PARENT, NULL, NULL, NULL, NULL);
    if (process == 0) be_the_twin(order);
    if (process < 0) fail(twin, "clone");
    else twin->process = (pid_t)process;
  }
  for (size_t i = 0; i < twin->thread_count; i++)
    if (twin->threads[i].is_held) remnant_trace_detach(twin->threads[i].id, twin->threads[i].pending);
  twin->pause_nanoseconds = nanoseconds() - start;
  // Those that never stopped are detached by the kernel when the helper ends.
  for (;;) syscall(SYS_exit_group, 0);
}

// MARK: The process

static void reap(pid_t process) {
  while (waitpid(process, NULL, __WALL) < 0 && errno == EINTR) {
  }
}

static bool start_helper(order *order, char *stack_top) {
  sigset_t all, before;
  // The helper runs no handler of the program: it inherits that nothing is let through.
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pid_t helper = clone(help, stack_top, CLONE_VM, order);
  int error = errno;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  errno = error;
  if (helper < 0) return fail(order->twin, "clone");
  // Where Yama restricts ptrace to descendants; refused without Yama.
  prctl(PR_SET_PTRACER, helper, 0, 0, 0);
  __atomic_store_n(&order->may_start, 1, __ATOMIC_RELEASE);
  syscall(SYS_futex, &order->may_start, FUTEX_WAKE, 1, NULL, NULL, 0);
  reap(helper);
  prctl(PR_SET_PTRACER, 0, 0, 0, 0);
  return order->twin->error == 0;
}

int remnant_twin_make(remnant_twin *twin, int patience_milliseconds) {
  memset(twin, 0, sizeof *twin);
  twin->control = -1;
  twin->caller = remnant_thread_number();
  size_t size = most_threads * sizeof(remnant_twin_thread) + guard_size + helper_stack_size;
  char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) {
    fail(twin, "mmap");
    return -1;
  }
  twin->own_start = (uint64_t)memory;
  twin->own_end = (uint64_t)memory + size;
  twin->threads = (remnant_twin_thread *)memory;
  int pipes[2];
  if (pipe2(pipes, O_CLOEXEC) != 0) {
    fail(twin, "pipe2");
    remnant_twin_end(twin);
    return -1;
  }
  order order = {twin, getpid(), patience_milliseconds, pipes[0], pipes[1], 0};
  bool is_made = start_helper(&order, memory + size);
  close(pipes[0]);
  twin->control = pipes[1];
  if (is_made && twin->process > 0) return 0;
  remnant_twin_end(twin);
  return -1;
}

void remnant_twin_end(remnant_twin *twin) {
  if (twin->control >= 0) close(twin->control);
  // Another thread may have started a program that has the pipe, too.
  if (twin->process > 0) {
    kill(twin->process, SIGKILL);
    reap(twin->process);
  }
  if (twin->own_start != 0) munmap((void *)twin->own_start, twin->own_end - twin->own_start);
  twin->control = -1;
  twin->process = 0;
  twin->own_start = 0;
  twin->threads = NULL;
}
