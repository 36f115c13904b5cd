#define _GNU_SOURCE
#define UNW_LOCAL_ONLY
#include "unwinder.h"

#include <dlfcn.h>
#include <libunwind.h>
#include <stdio.h>

#define REMNANT_STRING(name) #name
#define REMNANT_SYMBOL(name) REMNANT_STRING(name)

static int (*backtrace_function)(void **, int);
static int (*get_context)(unw_context_t *);
static int (*init_local)(unw_cursor_t *, unw_context_t *);
static int (*step)(unw_cursor_t *);
static int (*get_register)(unw_cursor_t *, int, unw_word_t *);
static void (*flush_cache)(unw_addr_space_t, unw_word_t, unw_word_t);
static unw_addr_space_t *local_space;
// Set once code was unmapped. libunwind's quick path trusts what it remembers of an address, for
// ever; its slow one checks memory before it reads it.
static bool is_careful;

static __attribute__((noinline)) int careful_backtrace(void **frames, int capacity) {
  unw_context_t context;
  unw_cursor_t cursor;
  if (get_context(&context) != 0 || init_local(&cursor, &context) != 0) return 0;
  int count = 0;
  do {
    unw_word_t address;
    if (get_register(&cursor, UNW_REG_IP, &address) != 0 || address == 0) break;
    frames[count++] = (void *)address;
  } while (count < capacity && step(&cursor) > 0);
  return count;
}

int remnant_backtrace(void **frames, int capacity) {
  return REMNANT_UNLIKELY(is_careful) ? careful_backtrace(frames, capacity)
                                      : backtrace_function(frames, capacity);
}

bool remnant_locate(const uint64_t *base, const uint64_t *end, void **frames, int count,
                    const uint64_t **places) {
  unw_context_t context;
  unw_cursor_t cursor;
  if (get_context(&context) != 0 || init_local(&cursor, &context) != 0) return false;
  int found = 0;
  while (found < count && step(&cursor) > 0) {
    unw_word_t address, stack;
    if (get_register(&cursor, UNW_REG_IP, &address) != 0 ||
        get_register(&cursor, UNW_REG_SP, &stack) != 0)
      return false;
    // What a function was called with is right above its return address (its canonical frame address).
    const uint64_t *place = (const uint64_t *)stack - 1;
    // The frame's own return address is beside its base.
    if (place < base + 2) continue;
    if (place >= end || address != (unw_word_t)frames[found] || *place != address) return false;
    places[found++] = place;
  }
  return found == count;
}

void remnant_unwinder_forget_code(void) {
  if (flush_cache != NULL && local_space != NULL) flush_cache(*local_space, 0, 0);
  is_careful = true;
}

bool remnant_unwinder_start(char *reason, size_t reason_size) {
  void *library = dlopen("libunwind.so.8", RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) {
    const char *message = dlerror();
    snprintf(reason, reason_size, "%s", message ? message : "libunwind.so.8");
    return false;
  }
  get_context = (int (*)(unw_context_t *))dlsym(library, REMNANT_SYMBOL(unw_tdep_getcontext));
#if defined(__x86_64__)
  if (get_context == NULL)
    get_context = (int (*)(unw_context_t *))dlsym(library, "_Ux86_64_getcontext");
#endif
  init_local = (int (*)(unw_cursor_t *, unw_context_t *))dlsym(library,
                                                               REMNANT_SYMBOL(unw_init_local));
  step = (int (*)(unw_cursor_t *))dlsym(library, REMNANT_SYMBOL(unw_step));
  get_register =
      (int (*)(unw_cursor_t *, int, unw_word_t *))dlsym(library, REMNANT_SYMBOL(unw_get_reg));
  flush_cache = (void (*)(unw_addr_space_t, unw_word_t, unw_word_t))dlsym(
      library, REMNANT_SYMBOL(unw_flush_cache));
  local_space = (unw_addr_space_t *)dlsym(library, REMNANT_SYMBOL(unw_local_addr_space));
  int (*quick)(void **, int) = (int (*)(void **, int))dlsym(library, "unw_backtrace");
  if (quick == NULL || get_context == NULL || init_local == NULL || step == NULL ||
      get_register == NULL) {
    snprintf(reason, reason_size, "libunwind.so.8 lacks a function that is needed");
    return false;
  }
  if (!remnant_make_calls_private(library)) {
    snprintf(reason, reason_size, "libunwind.so.8 has another layout than expected: its system calls can't be replaced");
    return false;
  }
  // The first call sets up the unwinder: here, where nothing else runs.
  void *frames[4];
  quick(frames, 4);
  backtrace_function = quick;
  return true;
}
