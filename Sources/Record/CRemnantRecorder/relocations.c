#define _GNU_SOURCE
#include "relocations.h"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

typedef struct relocations {
  const ElfW(Rela) *first;
  size_t count;
} relocations;

static void *replacement_of(const char *name, const remnant_replacement replacements[], size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (strcmp(replacements[i].name, name) == 0) return replacements[i].function;
  }
  return NULL;
}

static bool replace(const struct link_map *image, const ElfW(Sym) *symbols, const char *names,
                    relocations relocations, const remnant_replacement replacements[], size_t count) {
  const uintptr_t page_size = (uintptr_t)sysconf(_SC_PAGESIZE);
  for (size_t i = 0; i < relocations.count; i++) {
    const ElfW(Rela) *relocation = &relocations.first[i];
    size_t symbol = ELF64_R_SYM(relocation->r_info);
    if (symbol == STN_UNDEF) continue;
    void *function = replacement_of(names + symbols[symbol].st_name, replacements, count);
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

bool remnant_replace_calls(const struct link_map *image, const remnant_replacement replacements[], size_t count) {
  const ElfW(Sym) *symbols = NULL;
  const char *names = NULL;
  relocations of_calls = {0}, others = {0};
  for (const ElfW(Dyn) *entry = image->l_ld; entry->d_tag != DT_NULL; entry++) {
    // The loader has made addresses of them, but for images whose dynamic section can't be written (the kernel's own).
    ElfW(Addr) value = entry->d_un.d_ptr;
    const void *address = (const void *)(value < image->l_addr ? value + image->l_addr : value);
    switch (entry->d_tag) {
      case DT_SYMTAB: symbols = address; break;
      case DT_STRTAB: names = address; break;
      case DT_JMPREL: of_calls.first = address; break;
      case DT_PLTRELSZ: of_calls.count = entry->d_un.d_val / sizeof(ElfW(Rela)); break;
      case DT_RELA: others.first = address; break;
      case DT_RELASZ: others.count = entry->d_un.d_val / sizeof(ElfW(Rela)); break;
    }
  }
  if (symbols == NULL || names == NULL) return of_calls.count == 0 && others.count == 0;
  return replace(image, symbols, names, of_calls, replacements, count) &&
         replace(image, symbols, names, others, replacements, count);
}
