#define _GNU_SOURCE
#include <libunwind-ptrace.h>
#include <stdbool.h>
#include <string.h>
#include <sys/user.h>

#include "CMachineLayout.h"
#include "registers.h"
#include "remnant_process.h"
#include "remnant_twin.h"

// What libunwind asks for: the twin's memory, and the registers as they were. It hands its accessors one
// argument, which its own half of them, those that read unwind tables, need for themselves.
static __thread struct {
  pid_t process;
  const remnant_twin_thread *thread;
} current;

static int access_memory(unw_addr_space_t space, unw_word_t address, unw_word_t *value, int write,
                         void *argument) {
  if (write || !remnant_is_address(address)) return -UNW_EINVAL;
  return remnant_read_memory(current.process, address, value, sizeof *value) == sizeof *value
             ? 0
             : -UNW_EINVAL;
}

static int access_register(unw_addr_space_t space, unw_regnum_t number, unw_word_t *value, int write,
                           void *argument) {
  size_t index = remnant_register_index(number);
  if (write || index >= current.thread->general_count) return -UNW_EBADREG;
  *value = current.thread->general[index];
  return 0;
}

static int access_vector(unw_addr_space_t space, unw_regnum_t number, unw_fpreg_t *value, int write,
                         void *argument) {
  return -UNW_EBADREG;
}

static int resume(unw_addr_space_t space, unw_cursor_t *cursor, void *argument) { return -UNW_EINVAL; }

size_t remnant_twin_frames(pid_t process, const remnant_twin_thread *thread, uint64_t *frames,
                           uint64_t *stack_pointers, size_t capacity) {
  unw_accessors_t accessors = _UPT_accessors;
  accessors.access_mem = access_memory;
  accessors.access_reg = access_register;
  accessors.access_fpreg = access_vector;
  accessors.resume = resume;
  current.process = process;
  current.thread = thread;
  unw_addr_space_t space = unw_create_addr_space(&accessors, 0);
  if (space == NULL) return 0;
  void *context = _UPT_create(process);
  size_t count = 0;
  unw_cursor_t cursor;
  if (context != NULL && unw_init_remote(&cursor, space, context) == 0) {
    do {
      unw_word_t address, stack_pointer;
      if (unw_get_reg(&cursor, UNW_REG_IP, &address) != 0 || address == 0) break;
      if (unw_get_reg(&cursor, UNW_REG_SP, &stack_pointer) != 0) break;
      stack_pointers[count] = stack_pointer;
      frames[count++] = address;
    } while (count < capacity && unw_step(&cursor) > 0);
  }
  if (context != NULL) _UPT_destroy(context);
  unw_destroy_addr_space(space);
  return count;
}
