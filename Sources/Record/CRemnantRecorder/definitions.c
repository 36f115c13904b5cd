#define _GNU_SOURCE
#include "definitions.h"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

bool remnant_is_own_image(const struct link_map *image) { return image->l_ld == _DYNAMIC; }

static const struct link_map *own_image(void) {
  Dl_info info;
  struct link_map *map = NULL;
  return dladdr1((void *)_DYNAMIC, &info, (void **)&map, RTLD_DL_LINKMAP) ? map : NULL;
}

// What an image's dynamic section says of its symbols.
typedef struct symbols {
  const ElfW(Sym) *table;
  const char *names;
  const uint32_t *gnu_hash;
  const uint32_t *hash;
  const ElfW(Versym) *versions;
} symbols;

static symbols symbols_of(const struct link_map *image) {
  symbols found = {0};
  for (const ElfW(Dyn) *entry = image->l_ld; entry != NULL && entry->d_tag != DT_NULL; entry++) {
    // The loader has made addresses of them, but for images whose dynamic section can't be written (the kernel's own).
    ElfW(Addr) value = entry->d_un.d_ptr;
    const void *address = (const void *)(value < image->l_addr ? value + image->l_addr : value);
    switch (entry->d_tag) {
      case DT_SYMTAB: found.table = address; break;
      case DT_STRTAB: found.names = address; break;
      case DT_GNU_HASH: found.gnu_hash = address; break;
      case DT_HASH: found.hash = address; break;
      case DT_VERSYM: found.versions = address; break;
    }
  }
  return found;
}

static bool is_definition(const symbols *symbols, uint32_t index, const char *name) {
  const ElfW(Sym) *symbol = &symbols->table[index];
  // The bit marks versions that only programs which were linked with them get.
  enum { is_hidden = 0x8000 };
  return symbol->st_shndx != SHN_UNDEF && symbol->st_value != 0 &&
         ELF64_ST_TYPE(symbol->st_info) == STT_FUNC && ELF64_ST_BIND(symbol->st_info) != STB_LOCAL &&
         (symbols->versions == NULL || !(symbols->versions[index] & is_hidden)) &&
         strcmp(symbols->names + symbol->st_name, name) == 0;
}

static uint32_t gnu_hash_of(const char *name) {
  uint32_t hash = 5381;
  for (; *name; name++) hash = hash * 33 + (unsigned char)*name;
  return hash;
}

static uint32_t old_hash_of(const char *name) {
  uint32_t hash = 0;
  for (; *name; name++) {
    hash = (hash << 4) + (unsigned char)*name;
    hash = (hash ^ (hash >> 24 & 0xf0)) & 0x0fffffff;
  }
  return hash;
}

// The GNU hash section: number of buckets, first symbol in it, words of its filter, a shift; the filter, the buckets,
// and a hash for each symbol, whose lowest bit ends a bucket.
static uint32_t find_by_gnu_hash(const symbols *symbols, const char *name) {
  const uint32_t *section = symbols->gnu_hash;
  uint32_t bucket_count = section[0], first = section[1], filter_words = section[2];
  if (bucket_count == 0) return 0;
  const uint32_t *buckets = section + 4 + filter_words * (sizeof(ElfW(Addr)) / sizeof(uint32_t));
  const uint32_t *hashes = buckets + bucket_count;
  uint32_t hash = gnu_hash_of(name);
  uint32_t index = buckets[hash % bucket_count];
  if (index < first) return 0;
  for (;; index++) {
    uint32_t other = hashes[index - first];
    if ((other | 1) == (hash | 1) && is_definition(symbols, index, name)) return index;
    if (other & 1) return 0;
  }
}

static uint32_t find_by_old_hash(const symbols *symbols, const char *name) {
  const uint32_t *section = symbols->hash;
  uint32_t bucket_count = section[0];
  if (bucket_count == 0) return 0;
  const uint32_t *buckets = section + 2, *chains = buckets + bucket_count;
  for (uint32_t index = buckets[old_hash_of(name) % bucket_count]; index != 0; index = chains[index]) {
    if (is_definition(symbols, index, name)) return index;
  }
  return 0;
}

void *remnant_definition_in(const struct link_map *image, const char *name) {
  symbols symbols = symbols_of(image);
  if (symbols.table == NULL || symbols.names == NULL) return NULL;
  uint32_t index = symbols.gnu_hash != NULL ? find_by_gnu_hash(&symbols, name)
                   : symbols.hash != NULL   ? find_by_old_hash(&symbols, name)
                                            : 0;
  return index == 0 ? NULL : (void *)(image->l_addr + symbols.table[index].st_value);
}

remnant_definition remnant_first_definition(const char *name) {
  const struct link_map *image = own_image();
  while (image != NULL && image->l_prev != NULL) image = image->l_prev;
  for (; image != NULL; image = image->l_next) {
    void *address = remnant_definition_in(image, name);
    if (address != NULL) return (remnant_definition){address, image};
  }
  return (remnant_definition){NULL, NULL};
}

remnant_definition remnant_next_definition(const char *name) {
  const struct link_map *image = own_image();
  if (image != NULL) image = image->l_next;
  for (; image != NULL; image = image->l_next) {
    void *address = remnant_definition_in(image, name);
    if (address != NULL && !remnant_has_recorder(address)) return (remnant_definition){address, image};
  }
  return (remnant_definition){NULL, NULL};
}

void remnant_name_image(const struct link_map *image, char *name, size_t size) {
  snprintf(name, size, "%s", image->l_name);
  if (image->l_name[0] != 0) return;
  ssize_t length = readlink("/proc/self/exe", name, size - 1);
  if (length > 0) name[length] = 0;
  else snprintf(name, size, "the program");
}
