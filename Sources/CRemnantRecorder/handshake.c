// How the recorder and the tool find each other, and how the program's end is awaited.

#define _GNU_SOURCE
#include "recorder.h"

#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

remnant_control *remnant_shared;
static pid_t own_process;

extern char **environ;

bool remnant_is_watched_process(void) {
  // The system call, not the library's: a child of vfork shares this memory.
  return remnant_shared != NULL && own_process != 0 && remnant_shared->pid == own_process &&
         syscall(SYS_getpid) == own_process;
}

static void announce(void) {
  __atomic_fetch_add(&remnant_shared->event, 1, __ATOMIC_ACQ_REL);
  syscall(SYS_futex, &remnant_shared->event, FUTEX_WAKE, INT32_MAX, NULL, NULL, 0);
}

static void set_phase(remnant_phase phase) {
  __atomic_store_n(&remnant_shared->phase, phase, __ATOMIC_RELEASE);
  announce();
}

void remnant_note_ending(remnant_ending ending) {
  if (remnant_is_watched_process() && remnant_shared->phase == REMNANT_PHASE_RECORDING)
    remnant_shared->ending = ending;
}

static bool is_tools_child;
// In another PID namespace, its number says nothing of it.
static bool is_tool_visible = true;

// The tool's child is given to another process at once when it dies. Its number stays taken until
// someone reaps it, which may be never; but what the program started has nothing better to go by.
static bool is_tool_gone(void) {
  if (is_tools_child) return getppid() != remnant_shared->tool_pid;
  // As long as it takes to begin; after that the process is stopped, and time passes without it.
  static int seconds;
  if (!is_tool_visible) return seconds++ >= 60;
  return kill(remnant_shared->tool_pid, 0) != 0 && errno == ESRCH;
}

void remnant_wait_at_exit(void) {
  if (!remnant_is_watched_process() || remnant_shared->phase != REMNANT_PHASE_RECORDING) return;
  int error = errno;
  remnant_shared->exit_thread = syscall(SYS_gettid);
  set_phase(REMNANT_PHASE_AT_EXIT);
  for (;;) {
    uint32_t event = __atomic_load_n(&remnant_shared->event, __ATOMIC_ACQUIRE);
    if (__atomic_load_n(&remnant_shared->phase, __ATOMIC_ACQUIRE) != REMNANT_PHASE_AT_EXIT) break;
    // A tool that was killed will never answer; the program goes on without it.
    if (is_tool_gone()) break;
    struct timespec second = {1, 0};
    syscall(SYS_futex, &remnant_shared->event, FUTEX_WAIT, event, &second, NULL, 0);
  }
  errno = error;
}

// MARK: The environment

static bool has_prefix(const char *text, const char *prefix) {
  return strncmp(text, prefix, strlen(prefix)) == 0;
}

// Takes the recorder out of the value of LD_PRELOAD, in place; true where others are left.
static bool remove_from_list(char *list, const char *name) {
  char *out = list;
  char *next = list;
  while (*next) {
    char *end = next + strcspn(next, ": ");
    size_t length = end - next;
    const char *file = memrchr(next, '/', length);
    file = file ? file + 1 : next;
    bool is_own = (size_t)(end - file) == strlen(name) && memcmp(file, name, end - file) == 0;
    if (!is_own && length > 0) {
      if (out != list) *out++ = ':';
      memmove(out, next, length);
      out += length;
    }
    next = *end ? end + 1 : end;
  }
  *out = 0;
  return out != list;
}

static bool is_tools(const char *variable) {
  static const char *const names[] = {REMNANT_CONTROL_FD_VARIABLE, REMNANT_DEPTH_VARIABLE,
                                      REMNANT_FOLLOW_CHILDREN_VARIABLE, REMNANT_PADDING_VARIABLE};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    if (has_prefix(variable, names[i]) && variable[strlen(names[i])] == '=') return true;
  }
  return false;
}

// Takes the recorder out of LD_PRELOAD; false where the variable is the tool's alone.
static bool clean_preload(char *value) {
  Dl_info info;
  const char *path = dladdr((void *)clean_preload, &info) ? info.dli_fname : "";
  size_t length = strlen(path);
  if (strcmp(value, path) == 0) return false;
  if (has_prefix(value, path) && value[length] == ':') {
    // As the tool put it there: what follows is the user's, empty or not.
    memmove(value, value + length + 1, strlen(value + length + 1) + 1);
    return true;
  }
  const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
  return remove_from_list(value, name);
}

// The program and its children see the environment that the user gave.
static void clean_environment(void) {
  char **out = environ;
  char **variable = environ;
  for (; variable && *variable; variable++) {
    if (is_tools(*variable)) continue;
    if (has_prefix(*variable, "LD_PRELOAD=") && !clean_preload(*variable + strlen("LD_PRELOAD=")))
      continue;
    *out++ = *variable;
  }
  if (out == variable) return;
  *out++ = NULL;
  // The kernel's vector follows the environment, and programs look for it there (Go's runtime does).
  // What was freed, an even number of words, becomes entries of it that mean nothing.
  for (; out < variable; out += 2) {
    out[0] = (char *)AT_IGNORE;
    out[1] = NULL;
  }
}

// MARK: The start

static void refuse(remnant_refusal refusal, const char *detail) {
  remnant_is_recording = false;
  remnant_shared->refusal = refusal;
  snprintf(remnant_shared->refusal_detail, sizeof remnant_shared->refusal_detail, "%s", detail);
  set_phase(REMNANT_PHASE_REFUSED);
  // Before main: nothing of the program has run, and the tool says why.
  _exit(125);
}

// Which file's malloc the program uses; NULL where it is this recorder's.
static const char *owner_of_malloc(void) {
  void *used = dlsym(RTLD_DEFAULT, "malloc");
#if !REMNANT_IS_SANITIZED
  if (used == (void *)remnant_own_malloc) return NULL;
#endif
  Dl_info info;
  return dladdr(used, &info) && info.dli_fname ? info.dli_fname : "another library";
}

static void stop_in_child(void) {
  // Its parent is watched, not the child; and it may hold locks of the unwinder for ever.
  remnant_is_recording = false;
}

static uint32_t number(const char *text, uint32_t otherwise) {
  return text && *text ? strtoul(text, NULL, 10) : otherwise;
}

static remnant_control *map_control_page(const char *descriptor_text) {
  int descriptor = number(descriptor_text, -1);
  // Anything may have that number in a child: a shorter file can't be looked at.
  struct stat file;
  if (fstat(descriptor, &file) != 0 || !S_ISREG(file.st_mode) || file.st_size != 4096) return NULL;
  remnant_control *page =
      mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  if (page == MAP_FAILED) return NULL;
  if (page->magic != REMNANT_CONTROL_MAGIC || page->version != REMNANT_CONTROL_VERSION) {
    munmap(page, 4096);
    return NULL;
  }
  return page;
}

// Makes this process the one that is watched; false where another one is.
static bool claim(remnant_control *page, bool follows) {
  bool is_swift = dlsym(RTLD_DEFAULT, "swift_retain") != NULL;
  int32_t claimant = 0;
  bool is_claimed = __atomic_compare_exchange_n(&page->pid, &claimant, getpid(), false,
                                                __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
  if (!is_claimed && follows) {
    // The same process, after exec; or a script's interpreter, which has nothing to judge.
    is_claimed = claimant == getpid() ||
                 (is_swift && !page->is_swift &&
                  __atomic_compare_exchange_n(&page->pid, &claimant, getpid(), false,
                                              __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE));
  }
  if (is_claimed) {
    page->is_swift = is_swift;
    page->ending = REMNANT_ENDING_NONE;
  }
  return is_claimed;
}

// In a program that the recorder is linked into and that nobody watches from outside.
static remnant_standing start_alone(void) {
  const char *wanted = getenv(REMNANT_RECORDING_VARIABLE);
  char reason[192];
  if (REMNANT_IS_SANITIZED) return REMNANT_STANDING_SANITIZED;
  if (wanted && strcmp(wanted, "0") == 0) return REMNANT_STANDING_DISABLED;
  if (owner_of_malloc() != NULL) return REMNANT_STANDING_OTHER_ALLOCATOR;
  if (!remnant_stacks_start(number(getenv(REMNANT_DEPTH_VARIABLE), 64), reason, sizeof reason))
    return REMNANT_STANDING_NO_UNWINDER;
  pthread_atfork(NULL, NULL, stop_in_child);
  return REMNANT_STANDING_RECORDING;
}

__attribute__((constructor(103))) static void start(void) {
  // The program was linked with a recorder: that one records, and answers the tool.
  if (remnant_is_library && remnant_has_recorder(dlsym(RTLD_DEFAULT, "malloc")) &&
      owner_of_malloc() != NULL) {
    remnant_is_recording = false;
    return;
  }
  const char *descriptor = getenv(REMNANT_CONTROL_FD_VARIABLE);
  const char *follow = getenv(REMNANT_FOLLOW_CHILDREN_VARIABLE);
  uint32_t depth = number(getenv(REMNANT_DEPTH_VARIABLE), 64);
  remnant_control *page = descriptor ? map_control_page(descriptor) : NULL;
  bool follows = follow && strcmp(follow, "1") == 0;
  // Where children are followed, they need what this program was given.
  if (!follows) {
    clean_environment();
    if (page) close(number(descriptor, -1));
  }
  if (page == NULL) {
    // Nobody asked: without a tool there is no one to tell, so the library does nothing.
    remnant_state.standing = remnant_is_library ? REMNANT_STANDING_OFF : start_alone();
    remnant_is_recording = remnant_state.standing == REMNANT_STANDING_RECORDING;
    return;
  }
  if (!claim(page, follows)) {
    munmap(page, 4096);
    remnant_is_recording = false;
    return;
  }
  remnant_shared = page;
  remnant_own(page, 4096);
  own_process = getpid();
  is_tools_child = getppid() == page->tool_pid;
  // Now it is there for certain.
  is_tool_visible = kill(page->tool_pid, 0) == 0 || errno != ESRCH;
  page->state = (uint64_t)&remnant_state;
  const char *owner = owner_of_malloc();
  if (owner) refuse(REMNANT_REFUSAL_OTHER_ALLOCATOR, owner);
  char reason[192] = "";
  if (!remnant_stacks_start(depth, reason, sizeof reason))
    refuse(REMNANT_REFUSAL_NO_UNWINDER, reason);
  pthread_atfork(NULL, NULL, stop_in_child);
  remnant_state.standing = REMNANT_STANDING_RECORDING;
  set_phase(REMNANT_PHASE_RECORDING);
}
