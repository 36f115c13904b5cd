// The unwinder is the recorder's own copy, and so are the calls that it makes: it tries memory by writing it into a pipe,
// whose descriptors the program could close, and use again for its own files.

#define _GNU_SOURCE
#include "unwinder.h"

#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <link.h>
#include <string.h>
#include <sys/mman.h>
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

static const struct replacement {
  const char *name;
  void *function;
} replacements[] = {
    {"pipe", (void *)make_no_pipe},
    {"pipe2", (void *)make_no_pipe},
    {"read", (void *)read_nothing},
    {"write", (void *)try_memory},
    {"close", (void *)close_nothing},
    {"syscall", (void *)call},
};

static void *replacement_of(const char *name) {
  for (size_t i = 0; i < sizeof replacements / sizeof *replacements; i++) {
    if (strcmp(replacements[i].name, name) == 0) return replacements[i].function;
  }
  return NULL;
}

typedef struct relocations {
  const ElfW(Rela) *first;
  size_t count;
} relocations;

static bool replace(const struct link_map *image, const ElfW(Sym) *symbols, const char *names,
                    relocations relocations) {
  const uintptr_t page_size = (uintptr_t)sysconf(_SC_PAGESIZE);
  for (size_t i = 0; i < relocations.count; i++) {
    const ElfW(Rela) *relocation = &relocations.first[i];
    void *function = replacement_of(names + symbols[ELF64_R_SYM(relocation->r_info)].st_name);
    if (function == NULL) continue;
    void **place = (void **)(image->l_addr + relocation->r_offset);
    // In a page that is read-only by now, where the library asked for that: it is made so again.
    uintptr_t page = (uintptr_t)place & ~(page_size - 1);
    bool is_read_only = remnant_is_relro(image, (uintptr_t)place);
    if (is_read_only && mprotect((void *)page, page_size, PROT_READ | PROT_WRITE) != 0) return false;
    *place = function;
    if (is_read_only) mprotect((void *)page, page_size, PROT_READ);
  }
  return true;
}

bool remnant_is_relro(const struct link_map *image, uintptr_t address) {
  Dl_info info;
  if (!dladdr((void *)image->l_ld, &info)) return false;
  const ElfW(Ehdr) *header = info.dli_fbase;
  const ElfW(Phdr) *parts = (const ElfW(Phdr) *)((const char *)info.dli_fbase + header->e_phoff);
  for (int i = 0; i < header->e_phnum; i++) {
    if (parts[i].p_type == PT_GNU_RELRO && address - (image->l_addr + parts[i].p_vaddr) < parts[i].p_memsz)
      return true;
  }
  return false;
}

bool remnant_make_calls_private(void *library) {
  struct link_map *image;
  if (dlinfo(library, RTLD_DI_LINKMAP, &image) != 0) return false;
  const ElfW(Sym) *symbols = NULL;
  const char *names = NULL;
  relocations of_calls = {0}, others = {0};
  for (const ElfW(Dyn) *entry = image->l_ld; entry->d_tag != DT_NULL; entry++) {
    switch (entry->d_tag) {
      case DT_SYMTAB: symbols = (const void *)entry->d_un.d_ptr; break;
      case DT_STRTAB: names = (const void *)entry->d_un.d_ptr; break;
      case DT_JMPREL: of_calls.first = (const void *)entry->d_un.d_ptr; break;
      case DT_PLTRELSZ: of_calls.count = entry->d_un.d_val / sizeof(ElfW(Rela)); break;
      case DT_RELA: others.first = (const void *)entry->d_un.d_ptr; break;
      case DT_RELASZ: others.count = entry->d_un.d_val / sizeof(ElfW(Rela)); break;
    }
  }
  return symbols != NULL && names != NULL && replace(image, symbols, names, of_calls) &&
         replace(image, symbols, names, others);
}
