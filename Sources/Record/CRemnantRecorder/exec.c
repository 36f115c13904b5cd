// The watched process replaces its program by another one: it is the same process, so what it becomes is watched.
//
// A child that becomes another program, or is started as one, is only noted: where the watched program isn't Swift, the
// report names what was not looked at.
//
// The caller's environment is passed on with what the recorder needs, which the recorder in the new program takes out
// of it again. The control page comes along as a descriptor; the tool's own is opened anew, for none was kept.

#define _GNU_SOURCE
#include "definitions.h"
#include "recorder.h"
#include "successor.h"

#if !REMNANT_IS_SANITIZED

#include <errno.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static void *next(const char *name) { return remnant_next_definition(name).address; }

// A child of vfork is not the watched process, though it shares its memory.
static bool begin(const char *path, int file, char *const environment[], remnant_successor *successor) {
  if (remnant_is_silent) return false;
  if (!remnant_is_watched_process()) return remnant_note_started(path), false;
  remnant_succeed(path, file, environment, successor);
  remnant_note_ending(REMNANT_ENDING_EXEC);
  return true;
}

static int failed(remnant_successor *successor, int result) {
  int error = errno;
  remnant_note_ending(REMNANT_ENDING_NONE);
  remnant_forget_successor(successor);
  errno = error;
  return result;
}

REMNANT_EXPORT int execve(const char *path, char *const arguments[], char *const environment[]) {
  remnant_successor successor;
  if (!begin(path, -1, environment, &successor)) return (int)syscall(SYS_execve, path, arguments, environment);
  return failed(&successor, (int)syscall(SYS_execve, path, arguments, successor.environment));
}

REMNANT_EXPORT int execv(const char *path, char *const arguments[]) { return execve(path, arguments, environ); }

typedef int (*execvpe_function)(const char *, char *const[], char *const[]);
typedef int (*fexecve_function)(int, char *const[], char *const[]);
typedef int (*spawn_function)(pid_t *, const char *, const posix_spawn_file_actions_t *, const posix_spawnattr_t *,
                              char *const[], char *const[]);

// Looked up before main, where that is early enough: a constructor of a library that comes before can call exec.
static execvpe_function real_execvpe;
static fexecve_function real_fexecve;
static spawn_function real_posix_spawn, real_posix_spawnp;

__attribute__((constructor(104))) static void find_exec_functions(void) {
  real_execvpe = (execvpe_function)next("execvpe");
  real_fexecve = (fexecve_function)next("fexecve");
  real_posix_spawn = (spawn_function)next("posix_spawn");
  real_posix_spawnp = (spawn_function)next("posix_spawnp");
}

REMNANT_EXPORT int execvpe(const char *file, char *const arguments[], char *const environment[]) {
  execvpe_function real = real_execvpe ? real_execvpe : (execvpe_function)next("execvpe");
  remnant_successor successor;
  if (!begin(file, REMNANT_IN_PATH, environment, &successor)) return real(file, arguments, environment);
  return failed(&successor, real(file, arguments, successor.environment));
}

REMNANT_EXPORT int execvp(const char *file, char *const arguments[]) { return execvpe(file, arguments, environ); }

REMNANT_EXPORT int fexecve(int file, char *const arguments[], char *const environment[]) {
  fexecve_function real = real_fexecve ? real_fexecve : (fexecve_function)next("fexecve");
  remnant_successor successor;
  if (!begin(NULL, file, environment, &successor)) return real(file, arguments, environment);
  return failed(&successor, real(file, arguments, successor.environment));
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
  return execve(path, arguments, environ);
}

REMNANT_EXPORT int execlp(const char *file, const char *first, ...) {
  REMNANT_COLLECT(first);
  va_end(list);
  return execvpe(file, arguments, environ);
}

REMNANT_EXPORT int execle(const char *path, const char *first, ...) {
  REMNANT_COLLECT(first);
  char *const *environment = va_arg(list, char *const *);
  va_end(list);
  return execve(path, arguments, environment);
}

// MARK: Children

static spawn_function begin_spawn(spawn_function known, const char *name, const char *program) {
  remnant_note_started(program);
  return known ? known : (spawn_function)next(name);
}

REMNANT_EXPORT int posix_spawn(pid_t *process, const char *path, const posix_spawn_file_actions_t *actions,
                               const posix_spawnattr_t *attributes, char *const arguments[],
                               char *const environment[]) {
  spawn_function real = begin_spawn(real_posix_spawn, "posix_spawn", path);
  return real(process, path, actions, attributes, arguments, environment);
}

REMNANT_EXPORT int posix_spawnp(pid_t *process, const char *file, const posix_spawn_file_actions_t *actions,
                                const posix_spawnattr_t *attributes, char *const arguments[],
                                char *const environment[]) {
  spawn_function real = begin_spawn(real_posix_spawnp, "posix_spawnp", file);
  return real(process, file, actions, attributes, arguments, environment);
}

#endif
