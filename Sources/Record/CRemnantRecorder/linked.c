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
        ".long 5\n"
        ".popsection\n");
_Static_assert(REMNANT_CONTROL_VERSION == 5, "the note states the version");

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

// From the image's header, which is at its start: dl_iterate_phdr is wrapped, and isn't to be called this early.
bool remnant_has_recorder(const void *inside) {
  Dl_info info;
  if (!dladdr(inside, &info)) return false;
  const char *start = info.dli_fbase;
  const ElfW(Ehdr) *header = info.dli_fbase;
  if (memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 || header->e_phentsize != sizeof(ElfW(Phdr))) return false;
  const ElfW(Phdr) *parts = (const ElfW(Phdr) *)(start + header->e_phoff);
  // Both kinds of executables: addresses are relative to that of the part with the header.
  ElfW(Addr) base = 0;
  for (int i = 0; i < header->e_phnum; i++) {
    if (parts[i].p_type != PT_LOAD) continue;
    base = parts[i].p_vaddr - parts[i].p_offset;
    break;
  }
  for (int i = 0; i < header->e_phnum; i++) {
    if (parts[i].p_type == PT_NOTE && has_note(start + (parts[i].p_vaddr - base), parts[i].p_filesz)) return true;
  }
  return false;
}
