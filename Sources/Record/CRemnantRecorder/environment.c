// The variables that the tool adds to the program's environment, which are taken out again before `main`.

#define _GNU_SOURCE
#include "recorder.h"

#include <dlfcn.h>
#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

bool remnant_is_tools_variable(const char *variable) {
  static const char *const names[] = {REMNANT_CONTROL_FD_VARIABLE, REMNANT_DEPTH_VARIABLE,
                                      REMNANT_FOLLOW_CHILDREN_VARIABLE, REMNANT_PADDING_VARIABLE};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    if (has_prefix(variable, names[i]) && variable[strlen(names[i])] == '=') return true;
  }
  return false;
}

char remnant_preloaded_as[1024];

// The first name in LD_PRELOAD, which the tool put there.
void remnant_note_own_name(void) {
  const char *value = remnant_is_library ? getenv("LD_PRELOAD") : NULL;
  size_t length = value ? strcspn(value, ": ") : 0;
  if (length >= sizeof remnant_preloaded_as) length = 0;
  if (length > 0) memcpy(remnant_preloaded_as, value, length);
  remnant_preloaded_as[length] = 0;
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
void remnant_clean_environment(void) {
  char **out = environ;
  char **variable = environ;
  for (; variable && *variable; variable++) {
    if (remnant_is_tools_variable(*variable)) continue;
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
