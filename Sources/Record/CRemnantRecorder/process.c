// The calls by which a program begins, ends or changes what is loaded.

#define _GNU_SOURCE
#include "recorder.h"
#include "system_call.h"

#if !REMNANT_IS_SANITIZED

#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <stdlib.h>
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
  remnant_wait_at_exit();
  for (;;) remnant_system_call(SYS_exit_group, status, 0, 0, 0, 0, 0);
}

REMNANT_EXPORT void _Exit(int status) { _exit(status); }

// glibc's at_quick_exit, without the image that a static library's would name.
extern int __cxa_at_quick_exit(void (*)(void *), void *);

static void finish_quickly(void *unused) { remnant_wait_at_exit(); }

// Among the first, so that it runs after what the program registers.
__attribute__((constructor(104))) static void await_quick_exit(void) { __cxa_at_quick_exit(finish_quickly, NULL); }

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

#endif
