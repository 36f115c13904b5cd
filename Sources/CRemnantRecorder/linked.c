// Copies of the recorder know each other by a note in their images: where a program is linked with one,
// the preloaded library leaves everything to it.

#define _GNU_SOURCE
#include "recorder.h"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <string.h>

// The library has another definition.
__attribute__((weak)) const bool remnant_is_library = false;

// Name size, description size, type, name, description (elf(5)).
__asm__(".pushsection .note.remnant, \"a\", @note\n"
        ".balign 4\n"
        ".long 8, 4, 1\n"
        ".asciz \"Remnant\"\n"
        ".long 2\n"
        ".popsection\n");
_Static_assert(REMNANT_CONTROL_VERSION == 2, "the note states the version");

static bool has_note(const char *notes, size_t size) {
  while (size >= sizeof(ElfW(Nhdr))) {
    const ElfW(Nhdr) *note = (const ElfW(Nhdr) *)notes;
    const char *name = notes + sizeof *note;
    if (note->n_namesz == 8 && memcmp(name, "Remnant", 8) == 0) return true;
    size_t length = sizeof *note + ((note->n_namesz + 3) & ~3u) + ((note->n_descsz + 3) & ~3u);
    if (length > size) return false;
    notes += length;
    size -= length;
  }
  return false;
}

typedef struct search {
  uint64_t address;
  bool is_found;
} search;

static int look(struct dl_phdr_info *info, size_t size, void *context) {
  search *wanted = context;
  bool is_inside = false;
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr) *part = &info->dlpi_phdr[i];
    if (part->p_type == PT_LOAD &&
        wanted->address - (info->dlpi_addr + part->p_vaddr) < part->p_memsz)
      is_inside = true;
  }
  for (int i = 0; is_inside && i < info->dlpi_phnum; i++) {
    const ElfW(Phdr) *part = &info->dlpi_phdr[i];
    if (part->p_type == PT_NOTE &&
        has_note((const char *)(info->dlpi_addr + part->p_vaddr), part->p_filesz))
      wanted->is_found = true;
  }
  return is_inside;
}

bool remnant_has_recorder(const void *inside) {
  search wanted = {(uint64_t)inside, false};
  dl_iterate_phdr(look, &wanted);
  return wanted.is_found;
}
