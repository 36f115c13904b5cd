// The unwinder is the recorder's own copy, and so are the calls that it makes: it tries memory by writing it into a pipe,
// whose descriptors the program could close, and use again for its own files.

#define _GNU_SOURCE
#include "relocations.h"
#include "unwinder.h"

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <unistd.h>

#include "system_call.h"

// Whether memory can be read, asked without a descriptor: the kernel reads a signal mask there before it finds that the
// operation isn't one.
static bool is_readable(const void *address) {
  enum { no_operation = 0x7fffffff, mask_size = 8 };
  return remnant_system_call(SYS_rt_sigprocmask, no_operation, (long)address, 0, mask_size, 0, 0) != -EFAULT;
}

static int make_no_pipe(int descriptors[2], int flags) {
  descriptors[0] = descriptors[1] = -1;
  return 0;
}

static ssize_t read_nothing(int descriptor, void *buffer, size_t size) {
  errno = EAGAIN;
  return -1;
}

static ssize_t try_memory(int descriptor, const void *address, size_t size) {
  bool can_read = is_readable(address);
  errno = can_read ? 0 : EFAULT;
  return can_read ? (ssize_t)size : -1;
}

static int close_nothing(int descriptor) { return 0; }

// Debian's writes in this way.
static long call(long number, long a, long b, long c, long d, long e, long f) {
  if (number == SYS_write) return try_memory((int)a, (const void *)b, (size_t)c);
  long result = remnant_system_call(number, a, b, c, d, e, f);
  if (result >= 0 || result < -4095) return result;
  errno = (int)-result;
  return -1;
}

static const remnant_replacement replacements[] = {
    {"pipe", (void *)make_no_pipe},
    {"pipe2", (void *)make_no_pipe},
    {"read", (void *)read_nothing},
    {"write", (void *)try_memory},
    {"close", (void *)close_nothing},
    {"syscall", (void *)call},
};

bool remnant_make_calls_private(void *library) {
  struct link_map *image;
  return dlinfo(library, RTLD_DI_LINKMAP, &image) == 0 &&
         remnant_replace_calls(image, replacements, sizeof replacements / sizeof *replacements);
}
