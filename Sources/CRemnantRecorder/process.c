// The calls by which a program begins, ends or changes what is loaded.

#define _GNU_SOURCE
#include "recorder.h"

#if !REMNANT_IS_SANITIZED

#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

// MARK: The end

static void (*loader_finish)(void);

// libc registers this with atexit before anything of the program can register: so it runs after all
// of the program's own work at exit, and before the loader runs the libraries' destructors.
static void finish(void) {
  remnant_wait_at_exit();
  if (loader_finish) loader_finish();
}

typedef int (*main_function)(int, char **, char **);
typedef int (*libc_start_main)(main_function, int, char **, void (*)(void), void (*)(void),
                               void (*)(void), void *);

REMNANT_EXPORT int __libc_start_main(main_function main, int argc, char **argv,
                                     void (*init)(void), void (*fini)(void),
                                     void (*rtld_fini)(void), void *stack_end) {
  libc_start_main real = (libc_start_main)dlsym(RTLD_NEXT, "__libc_start_main");
  loader_finish = rtld_fini;
  return real(main, argc, argv, init, fini, finish, stack_end);
}

// Both end the process at once; libc's own exit doesn't come through here.
REMNANT_EXPORT void _exit(int status) {
  remnant_note_ending(REMNANT_ENDING_UNDERSCORE_EXIT);
  for (;;) syscall(SYS_exit_group, status);
}

REMNANT_EXPORT void _Exit(int status) { _exit(status); }

REMNANT_EXPORT void quick_exit(int status) {
  remnant_note_ending(REMNANT_ENDING_QUICK_EXIT);
  void (*real)(int) = (void (*)(int))dlsym(RTLD_NEXT, "quick_exit");
  if (real) real(status);
  for (;;) syscall(SYS_exit_group, status);
}

// MARK: Another program in this process

// Only the note: the environment that the caller passes is passed on. A child of vfork is not the
// watched process, though it shares its memory.
static bool note_exec(void) {
  bool is_watched = remnant_is_watched_process();
  if (is_watched) remnant_note_ending(REMNANT_ENDING_EXEC);
  return is_watched;
}

static int exec_failed(bool was_noted, int result) {
  if (was_noted) remnant_note_ending(REMNANT_ENDING_NONE);
  return result;
}

typedef int (*exec_function)(const char *, char *const[], char *const[]);

// Looked up before main: a child of vfork may not.
static exec_function real_execv, real_execvp, real_execvpe;
static int (*real_fexecve)(int, char *const[], char *const[]);

__attribute__((constructor(104))) static void find_exec_functions(void) {
  real_execv = (exec_function)dlsym(RTLD_NEXT, "execv");
  real_execvp = (exec_function)dlsym(RTLD_NEXT, "execvp");
  real_execvpe = (exec_function)dlsym(RTLD_NEXT, "execvpe");
  real_fexecve = (int (*)(int, char *const[], char *const[]))dlsym(RTLD_NEXT, "fexecve");
}

REMNANT_EXPORT int execve(const char *path, char *const arguments[], char *const environment[]) {
  bool is_noted = note_exec();
  return exec_failed(is_noted, (int)syscall(SYS_execve, path, arguments, environment));
}

REMNANT_EXPORT int execv(const char *path, char *const arguments[]) {
  bool is_noted = note_exec();
  return exec_failed(is_noted, ((int (*)(const char *, char *const[]))real_execv)(path, arguments));
}

REMNANT_EXPORT int execvp(const char *file, char *const arguments[]) {
  bool is_noted = note_exec();
  return exec_failed(is_noted, ((int (*)(const char *, char *const[]))real_execvp)(file, arguments));
}

REMNANT_EXPORT int execvpe(const char *file, char *const arguments[], char *const environment[]) {
  bool is_noted = note_exec();
  return exec_failed(is_noted, real_execvpe(file, arguments, environment));
}

REMNANT_EXPORT int fexecve(int file, char *const arguments[], char *const environment[]) {
  bool is_noted = note_exec();
  return exec_failed(is_noted, real_fexecve(file, arguments, environment));
}

// The arguments one by one, up to NULL, on the stack: a child of vfork may not allocate.
#define REMNANT_COLLECT(first)                                                         \
  va_list list;                                                                        \
  size_t count = 0;                                                                    \
  va_start(list, first);                                                               \
  for (const char *word = first; word != NULL; word = va_arg(list, char *)) count++;   \
  va_end(list);                                                                        \
  char *arguments[count + 1];                                                          \
  arguments[0] = (char *)first;                                                        \
  va_start(list, first);                                                               \
  for (size_t i = 1; i <= count; i++) arguments[i] = va_arg(list, char *)

REMNANT_EXPORT int execl(const char *path, const char *first, ...) {
  REMNANT_COLLECT(first);
  va_end(list);
  return execv(path, arguments);
}

REMNANT_EXPORT int execlp(const char *file, const char *first, ...) {
  REMNANT_COLLECT(first);
  va_end(list);
  return execvp(file, arguments);
}

REMNANT_EXPORT int execle(const char *path, const char *first, ...) {
  REMNANT_COLLECT(first);
  char *const *environment = va_arg(list, char *const *);
  va_end(list);
  return execve(path, arguments, environment);
}

// MARK: Threads

// It allocates while it holds the thread's lock, which the recorder needs to learn where the thread's
// stack is: a thread's first allocation can be this one (Swift's runtime calls it on every thread).
REMNANT_EXPORT int pthread_getattr_np(pthread_t thread, pthread_attr_t *attributes) {
  static int (*real)(pthread_t, pthread_attr_t *);
  int (*function)(pthread_t, pthread_attr_t *) = __atomic_load_n(&real, __ATOMIC_RELAXED);
  if (REMNANT_UNLIKELY(function == NULL)) {
    function = (int (*)(pthread_t, pthread_attr_t *))dlsym(RTLD_NEXT, "pthread_getattr_np");
    __atomic_store_n(&real, function, __ATOMIC_RELAXED);
  }
  remnant_enter_lock();
  int result = function(thread, attributes);
  remnant_leave_lock();
  return result;
}

// MARK: What is loaded

typedef int (*phdr_callback)(struct dl_phdr_info *, size_t, void *);

REMNANT_EXPORT int dl_iterate_phdr(phdr_callback callback, void *data) {
  static int (*real)(phdr_callback, void *);
  int (*function)(phdr_callback, void *) = __atomic_load_n(&real, __ATOMIC_RELAXED);
  if (REMNANT_UNLIKELY(function == NULL)) {
    function = (int (*)(phdr_callback, void *))dlsym(RTLD_NEXT, "dl_iterate_phdr");
    __atomic_store_n(&real, function, __ATOMIC_RELAXED);
  }
  // The callback runs under the loader's lock: see stacks.c.
  remnant_enter_lock();
  int result = function(callback, data);
  remnant_leave_lock();
  return result;
}

static int count_unloaded(struct dl_phdr_info *info, size_t size, void *count) {
  *(unsigned long long *)count = info->dlpi_subs;
  return 1;
}

// Not dlopen: that looks at its caller's address, which a wrapper would change.
REMNANT_EXPORT int dlclose(void *handle) {
  static int (*real)(void *);
  if (real == NULL) real = (int (*)(void *))dlsym(RTLD_NEXT, "dlclose");
  unsigned long long before = 0, after = 0;
  dl_iterate_phdr(count_unloaded, &before);
  int result = real(handle);
  dl_iterate_phdr(count_unloaded, &after);
  if (after != before) remnant_stacks_forget_code();
  return result;
}

// MARK: Descriptors

// libunwind makes itself a pipe to try memory with: out of the way, so that the program's descriptors
// have the numbers that they have without the recorder, and one that closes all and opens its own
// doesn't find libunwind writing to them.
static void move_up(int *descriptor) {
  struct rlimit limit;
  enum { wanted = 1000, room = 16 };
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur <= room) return;
  int least = limit.rlim_cur < wanted + room ? (int)limit.rlim_cur - room : wanted;
  int moved = fcntl(*descriptor, F_DUPFD_CLOEXEC, least);
  if (moved < 0) return;
  syscall(SYS_close, *descriptor);
  *descriptor = moved;
}

REMNANT_EXPORT int pipe2(int descriptors[2], int flags) {
  int result = (int)syscall(SYS_pipe2, descriptors, flags);
  if (REMNANT_UNLIKELY(result == 0 && remnant_is_unwinding())) {
    move_up(&descriptors[0]);
    move_up(&descriptors[1]);
  }
  return result;
}

#endif
