// How the recorder and the tool find each other, and how the program's end is awaited.

#define _GNU_SOURCE
#include "allocator.h"
#include "definitions.h"
#include "order.h"
#include "recorder.h"
#include "system_call.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

remnant_control *remnant_shared;
static pid_t own_process;

bool remnant_is_watched_process(void) {
  if (remnant_shared == NULL || own_process == 0 || remnant_shared->pid != own_process) return false;
  // A forked child doesn't record. One of vfork shares this memory, and can't be told where the kernel isn't to be asked.
  if (remnant_is_silent) return remnant_is_recording;
  return remnant_system_call(SYS_getpid, 0, 0, 0, 0, 0, 0) == own_process;
}

static long futex(uint32_t *word, int operation, uint32_t value, const struct timespec *timeout) {
  return remnant_system_call(SYS_futex, (long)word, operation, value, (long)timeout, 0, 0);
}

static void announce(void) {
  __atomic_fetch_add(&remnant_shared->event, 1, __ATOMIC_ACQ_REL);
  if (!remnant_is_silent) futex(&remnant_shared->event, FUTEX_WAKE, INT32_MAX, NULL);
}

void remnant_announce_silence(bool is_silent) {
  if (!remnant_is_watched_process()) return;
  __atomic_store_n(&remnant_shared->is_silent, is_silent, __ATOMIC_RELEASE);
  announce();
}

static void set_phase(remnant_phase phase) {
  __atomic_store_n(&remnant_shared->phase, phase, __ATOMIC_RELEASE);
  announce();
}

void remnant_note_ending(remnant_ending ending) {
  if (remnant_shared->phase == REMNANT_PHASE_RECORDING) remnant_shared->ending = ending;
}

void remnant_note_started(const char *path) {
  if (remnant_shared == NULL || path == NULL) return;
  uint32_t number = __atomic_fetch_add(&remnant_shared->started, 1, __ATOMIC_RELAXED);
  if (number >= REMNANT_STARTED_NAMES) return;
  const char *slash = strrchr(path, '/');
  strncpy(remnant_shared->started_names[number], slash ? slash + 1 : path, REMNANT_STARTED_NAME_SIZE - 1);
}

bool remnant_follows_children;

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

static bool is_awaited(void) {
  return __atomic_load_n(&remnant_shared->phase, __ATOMIC_ACQUIRE) == REMNANT_PHASE_AT_EXIT;
}

// Without a system call there is no clock, and no way to learn that the tool is gone: so there is an end to it, sooner
// where the tool hasn't answered. It looks at the page many times a second.
static void spin_at_exit(void) {
  const uint64_t second = UINT64_C(3) << 30;  // ticks of the time-stamp counter, roughly
  uint64_t start = remnant_ticks();
  while (is_awaited()) {
    bool is_heard = __atomic_load_n(&remnant_shared->is_heard, __ATOMIC_ACQUIRE);
    if (remnant_ticks() - start > second * (is_heard ? 600 : 20)) return;
    remnant_pause();
  }
}

void remnant_wait_at_exit(void) {
  if (!remnant_is_watched_process() || remnant_shared->phase != REMNANT_PHASE_RECORDING) return;
  int error = errno;
  remnant_shared->exit_thread =
      remnant_is_silent ? own_process : remnant_system_call(SYS_gettid, 0, 0, 0, 0, 0, 0);
  set_phase(REMNANT_PHASE_AT_EXIT);
  if (remnant_is_silent) spin_at_exit();
  else {
    while (is_awaited()) {
      uint32_t event = __atomic_load_n(&remnant_shared->event, __ATOMIC_ACQUIRE);
      // A tool that was killed will never answer; the program goes on without it.
      if (!is_awaited() || is_tool_gone()) break;
      struct timespec second = {1, 0};
      futex(&remnant_shared->event, FUTEX_WAIT, event, &second);
    }
  }
  errno = error;
}

// MARK: The start

static void refuse(remnant_refusal refusal, const char *detail, bool is_successor) {
  remnant_is_recording = false;
  remnant_shared->refusal = refusal;
  snprintf(remnant_shared->refusal_detail, sizeof remnant_shared->refusal_detail, "%s", detail);
  if (is_successor) {
    // Another program ran in this process before: it goes on, and is not examined.
    remnant_shared->ending = REMNANT_ENDING_EXEC;
    remnant_shared = NULL;
    return;
  }
  set_phase(REMNANT_PHASE_REFUSED);
  // Before main: nothing of the program has run, and the tool says why.
  _exit(125);
}

// Why blocks can't be recorded: what owns malloc; false where that is this recorder.
static bool is_owned_by_another(char *owner, size_t size) {
  remnant_definition used = remnant_first_definition("malloc");
  if (used.image != NULL && !remnant_is_own_image(used.image)) {
    remnant_name_image(used.image, owner, size);
    if (used.image->l_prev == NULL) {
      size_t length = strlen(owner);
      snprintf(owner + length, size - length,
               ", the program itself: an allocator that is linked into it can't be recorded yet");
    }
    return true;
  }
  static const char *const sanitizers[] = {"__asan_init", "__hwasan_init", "__lsan_init", "__msan_init", "__tsan_init"};
  for (size_t i = 0; i < sizeof sanitizers / sizeof *sanitizers; i++) {
    used = remnant_first_definition(sanitizers[i]);
    if (used.image == NULL) continue;
    remnant_name_image(used.image, owner, size);
    return true;
  }
  return false;
}

static void stop_in_child(void) {
  // Its parent is watched, not the child; and it may hold locks of the unwinder forever.
  remnant_is_recording = false;
}

static uint32_t number(const char *text, uint32_t otherwise) {
  return text && *text ? strtoul(text, NULL, 10) : otherwise;
}

static bool is_segment(const char *name) {
  return strncmp(name, REMNANT_CONTROL_SEGMENT_PREFIX, strlen(REMNANT_CONTROL_SEGMENT_PREFIX)) == 0;
}

static remnant_control *map_segment(const char *name) {
  int segment = number(name + strlen(REMNANT_CONTROL_SEGMENT_PREFIX), -1);
  struct shmid_ds status;
  if (shmctl(segment, IPC_STAT, &status) != 0 || status.shm_segsz != 4096) return NULL;
  void *page = shmat(segment, NULL, 0);
  return page == (void *)-1 ? NULL : page;
}

static remnant_control *map_file(int descriptor) {
  // Anything may have that number in a child: a shorter file can't be looked at.
  struct stat file;
  if (fstat(descriptor, &file) != 0 || !S_ISREG(file.st_mode) || file.st_size != 4096) return NULL;
  void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  return page == MAP_FAILED ? NULL : page;
}

// A mapping, whichever of the two it is.
static void unmap_control_page(remnant_control *page, const char *name) {
  if (is_segment(name)) shmdt(page);
  else munmap(page, 4096);
}

static remnant_control *checked(remnant_control *page, const char *name) {
  if (page == NULL || (page->magic == REMNANT_CONTROL_MAGIC && page->version == REMNANT_CONTROL_VERSION)) return page;
  unmap_control_page(page, name);
  return NULL;
}

// As the tool has it open. In another PID namespace, that number is another process.
static remnant_control *map_tools_file(const char *path) {
  int descriptor = open(path, O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (descriptor < 0) return NULL;
  struct stat file;
  remnant_control *page = fstat(descriptor, &file) == 0 ? checked(map_file(descriptor), path) : NULL;
  close(descriptor);
  if (page == NULL || page->inode == file.st_ino) return page;
  munmap(page, 4096);
  return NULL;
}

// By the number of a descriptor, which is closed unless children are followed: one in another PID namespace has no other
// way to the page. Where what starts a child has closed it, the tool's own is the way.
static remnant_control *map_control_page(const char *name, bool follows) {
  if (is_segment(name)) return checked(map_segment(name), name);
  int descriptor = number(name, -1);
  remnant_control *page = checked(map_file(descriptor), name);
  if (page != NULL) {
    if (!follows) close(descriptor);
    return page;
  }
  const char *path = strchr(name, REMNANT_CONTROL_PATH_SEPARATOR);
  return path ? map_tools_file(path + 1) : NULL;
}

// Makes this process the one that is watched; false where another one is. It is the same one after exec.
static bool claim(remnant_control *page, bool follows) {
  bool is_swift = dlsym(RTLD_DEFAULT, "swift_retain") != NULL;
  int32_t claimant = 0;
  bool is_claimed = __atomic_compare_exchange_n(&page->pid, &claimant, getpid(), false,
                                                __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
  if (!is_claimed && claimant == getpid()) {
    is_claimed = true;
  } else if (!is_claimed && follows) {
    // A script's interpreter has nothing to judge.
    is_claimed = is_swift && !page->is_swift &&
                 __atomic_compare_exchange_n(&page->pid, &claimant, getpid(), false,
                                             __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
  }
  if (is_claimed) {
    page->is_swift = is_swift;
    page->ending = REMNANT_ENDING_NONE;
  }
  return is_claimed;
}

// In a program that the recorder is linked into and that isn't watched by the tool.
static remnant_standing start_alone(void) {
  const char *wanted = getenv(REMNANT_RECORDING_VARIABLE);
  char reason[192];
  if (REMNANT_IS_SANITIZED) return REMNANT_STANDING_SANITIZED;
  if (wanted && strcmp(wanted, "0") == 0) return REMNANT_STANDING_DISABLED;
  if (is_owned_by_another(reason, sizeof reason)) return REMNANT_STANDING_OTHER_ALLOCATOR;
  remnant_find_allocator();
  if (!remnant_stacks_start(number(getenv(REMNANT_DEPTH_VARIABLE), 64), reason, sizeof reason))
    return REMNANT_STANDING_NO_UNWINDER;
  pthread_atfork(NULL, NULL, stop_in_child);
  return REMNANT_STANDING_RECORDING;
}

__attribute__((constructor(103))) static void start(void) {
  // The program was linked with a recorder: that one records, and answers the tool.
  remnant_definition used = remnant_first_definition("malloc");
  if (remnant_is_library && used.image != NULL && !remnant_is_own_image(used.image) &&
      remnant_has_recorder(used.address)) {
    remnant_is_recording = false;
    return;
  }
  const char *descriptor = getenv(REMNANT_CONTROL_FD_VARIABLE);
  const char *follow = getenv(REMNANT_FOLLOW_CHILDREN_VARIABLE);
  uint32_t depth = number(getenv(REMNANT_DEPTH_VARIABLE), 64);
  bool follows = remnant_follows_children = follow && strcmp(follow, "1") == 0;
  remnant_control *page = descriptor ? map_control_page(descriptor, follows) : NULL;
  remnant_note_own_name();
  // Where children are followed, they need what this program was given.
  if (!follows) remnant_clean_environment();
  if (page == NULL) {
    // Not requested: without a tool the library does nothing.
    remnant_state.standing = remnant_is_library ? REMNANT_STANDING_OFF : start_alone();
    remnant_is_recording = remnant_state.standing == REMNANT_STANDING_RECORDING;
    return;
  }
  bool is_successor = page->pid == getpid();
  if (!claim(page, follows)) {
    unmap_control_page(page, descriptor);
    remnant_is_recording = false;
    return;
  }
  remnant_shared = page;
  remnant_own(page, 4096);
  own_process = getpid();
  is_tools_child = getppid() == page->tool_pid;
  // Now it is there for certain.
  is_tool_visible = kill(page->tool_pid, 0) == 0 || errno != ESRCH;
  char reason[sizeof page->refusal_detail] = "";
  if (is_owned_by_another(reason, sizeof reason)) return refuse(REMNANT_REFUSAL_OTHER_ALLOCATOR, reason, is_successor);
  remnant_find_allocator();
  memcpy(page->allocator, remnant_allocator_name, sizeof page->allocator);
  if (!remnant_stacks_start(depth, reason, sizeof reason))
    return refuse(REMNANT_REFUSAL_NO_UNWINDER, reason, is_successor);
  pthread_atfork(NULL, NULL, stop_in_child);
  remnant_state.standing = REMNANT_STANDING_RECORDING;
  page->state = (uint64_t)&remnant_state;
  set_phase(REMNANT_PHASE_RECORDING);
}
