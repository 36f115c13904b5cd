#define _GNU_SOURCE
#include "successor.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "definitions.h"

// Room for the variables that are added, and for a path.
enum { scratch = 3 * 4096 };

// The tool's page, as it has it; -1 where that can't be had. Left open across exec.
static int open_control_page(void) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/fd/%d", remnant_shared->tool_pid, remnant_shared->tool_descriptor);
  int first = open(path, O_RDWR);
  if (first < 0) return -1;
  // In another PID namespace, that number is another process.
  struct stat file;
  bool is_ours = fstat(first, &file) == 0 && file.st_ino == remnant_shared->inode && S_ISREG(file.st_mode);
  // Not among the standard ones, which the new program may find closed.
  int descriptor = is_ours ? fcntl(first, F_DUPFD, 3) : -1;
  close(first);
  return descriptor;
}

static bool is_variable(const char *variable, const char *name) {
  size_t length = strlen(name);
  return strncmp(variable, name, length) == 0 && variable[length] == '=';
}

// The caller's variables, then the recorder's: an even number of those, see `remnant_clean_environment`.
static char *const *add_variables(char *const environment[], size_t count, char **out, char *text, int descriptor) {
  char *const *result = out;
  const char *library = remnant_preloaded_as;
  int added = 0;
  bool has_preload = false;
  for (size_t i = 0; i < count; i++) {
    if (remnant_is_tools_variable(environment[i])) continue;
    *out++ = environment[i];
    if (!is_variable(environment[i], "LD_PRELOAD")) continue;
    has_preload = true;
    const char *others = environment[i] + strlen("LD_PRELOAD=");
    // A program that passes on what it was started with, where nothing was taken out.
    if (strncmp(others, library, strlen(library)) == 0) continue;
    out[-1] = text;
    text += sprintf(text, "LD_PRELOAD=%s:%s", library, others) + 1;
  }
#define REMNANT_ADD(...) (added++, *out++ = text, text += sprintf(text, __VA_ARGS__) + 1)
  if (!has_preload) REMNANT_ADD("LD_PRELOAD=%s", library);
  if (descriptor >= 0) {
    REMNANT_ADD(REMNANT_CONTROL_FD_VARIABLE "=%d%c/proc/%d/fd/%d", descriptor, REMNANT_CONTROL_PATH_SEPARATOR,
                remnant_shared->tool_pid, remnant_shared->tool_descriptor);
  } else {
    REMNANT_ADD(REMNANT_CONTROL_FD_VARIABLE "=" REMNANT_CONTROL_SEGMENT_PREFIX "%d", remnant_shared->tool_segment);
  }
  REMNANT_ADD(REMNANT_DEPTH_VARIABLE "=%u", remnant_state.depth);
  if (remnant_follows_children) REMNANT_ADD(REMNANT_FOLLOW_CHILDREN_VARIABLE "=1");
  if (added % 2 != 0) REMNANT_ADD(REMNANT_PADDING_VARIABLE "=");
  *out = NULL;
  return result;
}

// Where execvp finds a file.
static const char *find_in_path(const char *name, char *room, size_t size) {
  if (strchr(name, '/') != NULL) return name;
  const char *path = getenv("PATH");
  if (path == NULL) path = "/bin:/usr/bin";
  for (;;) {
    size_t length = strcspn(path, ":");
    int written = snprintf(room, size, "%.*s%s%s", (int)length, path, length > 0 ? "/" : "", name);
    if (written < (int)size && access(room, X_OK) == 0) return room;
    if (path[length] == 0) return NULL;
    path += length + 1;
  }
}

void remnant_succeed(const char *path, int file, char *const environment[], remnant_successor *successor) {
  *successor = (remnant_successor){.environment = environment, .descriptor = -1};
  if (remnant_preloaded_as[0] == 0) return;
  // The kernel takes none for an empty one.
  static char *const no_variables[] = {NULL};
  if (environment == NULL) environment = no_variables;
  size_t count = 0, bytes = 0;
  for (; environment[count] != NULL; count++) {
    if (is_variable(environment[count], "LD_PRELOAD")) bytes += strlen(environment[count]) + sizeof remnant_preloaded_as;
  }
  size_t pointers = (count + 8) * sizeof(char *);
  size_t size = pointers + bytes + scratch;
  char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return;
  successor->memory = memory;
  successor->size = size;
  if (file == REMNANT_IN_PATH) path = find_in_path(path, memory + size - 4096, 4096);
  if ((path == NULL && file < 0) || !remnant_takes_recorder(path, file)) return;
  if (remnant_shared->tool_segment < 0) {
    successor->descriptor = open_control_page();
    if (successor->descriptor < 0) return;
  }
  successor->environment =
      add_variables(environment, count, (char **)memory, memory + pointers, successor->descriptor);
}

void remnant_forget_successor(remnant_successor *successor) {
  if (successor->descriptor >= 0) close(successor->descriptor);
  if (successor->memory != NULL) munmap(successor->memory, successor->size);
}
