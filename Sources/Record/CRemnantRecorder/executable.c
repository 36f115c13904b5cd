// Whether a file that is about to be executed takes a preloaded library: one that doesn't would find variables in its
// environment, and a descriptor, that no recorder takes out again.

#define _GNU_SOURCE
#include "successor.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct contents {
  const char *bytes;
  size_t size;
} contents;

static bool has(const contents *file, uint64_t offset, uint64_t size) {
  return offset <= file->size && size <= file->size - offset;
}

static bool contains(const contents *file, uint64_t offset, uint64_t size, const char *text) {
  return has(file, offset, size) && memmem(file->bytes + offset, size, text, strlen(text)) != NULL;
}

// The sanitizers' own libraries want to come first, and end the program where they don't.
static bool needs_sanitizer(const contents *file, uint64_t offset, uint64_t size) {
  static const char *const libraries[] = {"libasan.so", "libhwasan.so", "liblsan.so", "libtsan.so",
                                          "libclang_rt."};
  for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++) {
    if (contains(file, offset, size, libraries[i])) return true;
  }
  return false;
}

// The names in an executable's dynamic section.
static bool find_dynamic_strings(const contents *file, const ElfW(Phdr) *parts, int count, uint64_t *offset,
                                 uint64_t *size) {
  uint64_t address = 0;
  *size = 0;
  for (int i = 0; i < count; i++) {
    if (parts[i].p_type != PT_DYNAMIC || !has(file, parts[i].p_offset, parts[i].p_filesz)) continue;
    const ElfW(Dyn) *entries = (const ElfW(Dyn) *)(file->bytes + parts[i].p_offset);
    for (size_t j = 0; j < parts[i].p_filesz / sizeof *entries && entries[j].d_tag != DT_NULL; j++) {
      if (entries[j].d_tag == DT_STRTAB) address = entries[j].d_un.d_ptr;
      if (entries[j].d_tag == DT_STRSZ) *size = entries[j].d_un.d_val;
    }
  }
  for (int i = 0; i < count; i++) {
    if (parts[i].p_type != PT_LOAD || address - parts[i].p_vaddr >= parts[i].p_filesz) continue;
    *offset = address - parts[i].p_vaddr + parts[i].p_offset;
    return has(file, *offset, *size);
  }
  return false;
}

static bool is_program_of_glibc(const contents *file) {
  const ElfW(Ehdr) *header = (const ElfW(Ehdr) *)file->bytes;
#if defined(__x86_64__)
  const int machine = EM_X86_64;
#else
  const int machine = EM_AARCH64;
#endif
  if (!has(file, 0, sizeof *header) || memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 ||
      header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_machine != machine ||
      header->e_phentsize != sizeof(ElfW(Phdr)) ||
      !has(file, header->e_phoff, (uint64_t)header->e_phnum * sizeof(ElfW(Phdr))) || header->e_phoff % 8 != 0)
    return false;
  const ElfW(Phdr) *parts = (const ElfW(Phdr) *)(file->bytes + header->e_phoff);
  bool has_loader = false;
  for (int i = 0; i < header->e_phnum; i++) {
    if (parts[i].p_type == PT_INTERP) has_loader = contains(file, parts[i].p_offset, parts[i].p_filesz, "/ld-linux");
  }
  uint64_t offset, size;
  return has_loader && find_dynamic_strings(file, parts, header->e_phnum, &offset, &size) &&
         !needs_sanitizer(file, offset, size);
}

// The interpreter that the first line of a script names; false where it names none.
static bool script_interpreter(const contents *file, char *name, size_t size) {
  size_t at = 2, length = 0;
  while (at < file->size && (file->bytes[at] == ' ' || file->bytes[at] == '\t')) at++;
  while (at < file->size && !strchr(" \t\n", file->bytes[at]) && length + 1 < size) name[length++] = file->bytes[at++];
  name[length] = 0;
  return length > 0;
}

static bool takes_recorder(int file, int depth) {
  struct stat status;
  // With the rights of another user, the loader preloads nothing.
  if (fstat(file, &status) != 0 || !S_ISREG(status.st_mode) || status.st_mode & (S_ISUID | S_ISGID)) return false;
  contents contents = {NULL, (size_t)status.st_size};
  if (contents.size < 4) return false;
  void *bytes = mmap(NULL, contents.size, PROT_READ, MAP_PRIVATE, file, 0);
  if (bytes == MAP_FAILED) return false;
  contents.bytes = bytes;
  bool result = false;
  char interpreter[256];
  if (memcmp(bytes, "#!", 2) != 0) result = is_program_of_glibc(&contents);
  else if (depth > 0 && script_interpreter(&contents, interpreter, sizeof interpreter)) {
    int other = open(interpreter, O_RDONLY | O_CLOEXEC);
    if (other >= 0) {
      result = takes_recorder(other, depth - 1);
      close(other);
    }
  }
  munmap(bytes, contents.size);
  return result;
}

bool remnant_takes_recorder(const char *path, int file) {
  // As many scripts as the kernel follows (BINPRM_MAX_RECURSION).
  enum { most_scripts = 4 };
  if (file >= 0) return takes_recorder(file, most_scripts);
  int own = open(path, O_RDONLY | O_CLOEXEC);
  if (own < 0) return false;
  bool result = takes_recorder(own, most_scripts);
  close(own);
  return result;
}
