#define _GNU_SOURCE
#include "remnant_unwind.h"

#include <elf.h>
#include <libunwind.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/user.h>

#include "CMachineLayout.h"
#include "registers.h"
#include "remnant_process.h"

// Exported by libunwind for tools like this one (perf uses it), and declared in none of its headers.
#define search_unwind_table UNW_OBJ(dwarf_search_unwind_table)
int search_unwind_table(unw_addr_space_t space, unw_word_t address, unw_dyn_info_t *table,
                        unw_proc_info_t *info, int needs_info, void *argument);

// An executable or library in the process's memory, with its sorted table of frame descriptions (.eh_frame_hdr).
typedef struct image {
  uint64_t start, end;
  uint64_t header, table, entries;
} image;

enum { page_size = REMNANT_PAGE_SIZE, cached_pages = 1024, most_segments = 64 };

// A stopped process doesn't write: what was read of it stays true. Tables are read again and again.
typedef struct cached_page {
  uint64_t address;
  bool is_valid;
  uint8_t bytes[page_size];
} cached_page;

struct remnant_unwinder {
  pid_t process;
  unw_addr_space_t space;
  image *images;
  size_t image_count;
  cached_page *pages;
  const uint64_t *registers;
  size_t register_count;
};

// MARK: Memory

static bool read_bytes(remnant_unwinder *unwinder, uint64_t address, void *bytes, size_t count) {
  while (count > 0) {
    if (!remnant_is_address(address)) return false;
    uint64_t start = address & ~(uint64_t)(page_size - 1);
    cached_page *page = &unwinder->pages[start / page_size % cached_pages];
    if (!page->is_valid || page->address != start) {
      page->is_valid = false;
      if (remnant_read_memory(unwinder->process, start, page->bytes, page_size) != page_size)
        return remnant_read_memory(unwinder->process, address, bytes, count) == (ssize_t)count;
      page->address = start;
      page->is_valid = true;
    }
    size_t offset = address - start;
    size_t part = page_size - offset < count ? page_size - offset : count;
    memcpy(bytes, page->bytes + offset, part);
    bytes = (char *)bytes + part;
    address += part;
    count -= part;
  }
  return true;
}

// MARK: Images

// The header of .eh_frame_hdr (Linux Standard Base, "Exception Frames"), in the encodings that linkers write.
static bool find_table(remnant_unwinder *unwinder, image *image) {
  struct {
    uint8_t version, frame_encoding, count_encoding, table_encoding;
    int32_t frame;
    uint32_t count;
  } header;
  if (!read_bytes(unwinder, image->header, &header, sizeof header)) return false;
  // udata4; sdata4 relative to the header.
  if (header.version != 1 || header.count_encoding != 0x03 || header.table_encoding != 0x3b ||
      (header.frame_encoding & 0x0f) != 0x0b)
    return false;
  image->table = image->header + sizeof header;
  image->entries = header.count;
  return true;
}

static void add_image(remnant_unwinder *unwinder, uint64_t start) {
  Elf64_Ehdr file;
  if (!read_bytes(unwinder, start, &file, sizeof file)) return;
  if (memcmp(file.e_ident, ELFMAG, SELFMAG) != 0 || file.e_ident[EI_CLASS] != ELFCLASS64 ||
      file.e_phentsize != sizeof(Elf64_Phdr) || file.e_phnum > most_segments)
    return;
  Elf64_Phdr segments[most_segments];
  if (!read_bytes(unwinder, start + file.e_phoff, segments, file.e_phnum * sizeof *segments)) return;
  uint64_t lowest = UINT64_MAX, highest = 0, table = 0;
  for (int i = 0; i < file.e_phnum; i++) {
    const Elf64_Phdr *segment = &segments[i];
    if (segment->p_type == PT_GNU_EH_FRAME) table = segment->p_vaddr;
    if (segment->p_type != PT_LOAD) continue;
    if (segment->p_vaddr < lowest) lowest = segment->p_vaddr;
    if (segment->p_vaddr + segment->p_memsz > highest) highest = segment->p_vaddr + segment->p_memsz;
  }
  if (table == 0 || lowest > highest) return;
  uint64_t bias = start - (lowest & ~(uint64_t)(page_size - 1));
  image new = {.start = start, .end = bias + highest, .header = bias + table};
  if (!find_table(unwinder, &new)) return;
  image *images = realloc(unwinder->images, (unwinder->image_count + 1) * sizeof new);
  if (images == NULL) return;
  unwinder->images = images;
  images[unwinder->image_count++] = new;
}

static void read_map(remnant_unwinder *unwinder) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/maps", unwinder->process);
  FILE *file = fopen(path, "re");
  if (file == NULL) return;
  char *line = NULL;
  size_t size = 0;
  while (getline(&line, &size, file) > 0) {
    uint64_t start, end, offset, inode;
    char permissions[8], device[32];
    int path_start = 0;
    if (sscanf(line, "%lx-%lx %7s %lx %31s %lu %n", &start, &end, permissions, &offset, device, &inode,
               &path_start) < 6)
      continue;
    // Images begin with their file; the kernel's own (vdso) has none.
    bool is_file = inode != 0 || strncmp(line + path_start, "[vdso]", 6) == 0;
    if (is_file && offset == 0 && permissions[0] == 'r') add_image(unwinder, start);
  }
  free(line);
  fclose(file);
}

static const image *image_at(const remnant_unwinder *unwinder, uint64_t address) {
  // A file that is mapped as data, too, may overlap in name only: the nearest start is the image's.
  const image *best = NULL;
  for (size_t i = 0; i < unwinder->image_count; i++) {
    const image *image = &unwinder->images[i];
    if (address >= image->start && address < image->end && (best == NULL || image->start > best->start))
      best = image;
  }
  return best;
}

// MARK: What libunwind asks for

static int find_procedure(unw_addr_space_t space, unw_word_t address, unw_proc_info_t *info,
                          int needs_info, void *argument) {
  const image *image = image_at(argument, address);
  if (image == NULL) return -UNW_ENOINFO;
  unw_dyn_info_t table = {.start_ip = image->start,
                          .end_ip = image->end,
                          .format = UNW_INFO_FORMAT_REMOTE_TABLE};
  table.u.rti.segbase = image->header;
  table.u.rti.table_data = image->table;
  table.u.rti.table_len = image->entries * 8 / sizeof(unw_word_t);
  return search_unwind_table(space, address, &table, info, needs_info, argument);
}

static void put_unwind_info(unw_addr_space_t space, unw_proc_info_t *info, void *argument) {}

static int dynamic_list(unw_addr_space_t space, unw_word_t *address, void *argument) {
  return -UNW_ENOINFO;
}

static int access_memory(unw_addr_space_t space, unw_word_t address, unw_word_t *value, int write,
                         void *argument) {
  return !write && read_bytes(argument, address, value, sizeof *value) ? 0 : -UNW_EINVAL;
}

static int access_register(unw_addr_space_t space, unw_regnum_t number, unw_word_t *value, int write,
                           void *argument) {
  const remnant_unwinder *unwinder = argument;
  size_t index = remnant_register_index(number);
  if (write || index >= unwinder->register_count) return -UNW_EBADREG;
  *value = unwinder->registers[index];
  return 0;
}

static int access_vector(unw_addr_space_t space, unw_regnum_t number, unw_fpreg_t *value, int write,
                         void *argument) {
  return -UNW_EBADREG;
}

static int resume(unw_addr_space_t space, unw_cursor_t *cursor, void *argument) { return -UNW_EINVAL; }

static int procedure_name(unw_addr_space_t space, unw_word_t address, char *name, size_t size,
                          unw_word_t *offset, void *argument) {
  return -UNW_ENOINFO;
}

// MARK: The interface

remnant_unwinder *remnant_unwinder_create(pid_t process) {
  static unw_accessors_t accessors = {.find_proc_info = find_procedure,
                                      .put_unwind_info = put_unwind_info,
                                      .get_dyn_info_list_addr = dynamic_list,
                                      .access_mem = access_memory,
                                      .access_reg = access_register,
                                      .access_fpreg = access_vector,
                                      .resume = resume,
                                      .get_proc_name = procedure_name};
  remnant_unwinder *unwinder = calloc(1, sizeof *unwinder);
  if (unwinder == NULL) return NULL;
  unwinder->process = process;
  unwinder->pages = calloc(cached_pages, sizeof *unwinder->pages);
  unwinder->space = unw_create_addr_space(&accessors, 0);
  if (unwinder->pages == NULL || unwinder->space == NULL) {
    remnant_unwinder_destroy(unwinder);
    return NULL;
  }
  // Threads wait in the same few functions: how each is left is found out once.
  unw_set_caching_policy(unwinder->space, UNW_CACHE_GLOBAL);
  read_map(unwinder);
  return unwinder;
}

void remnant_unwinder_destroy(remnant_unwinder *unwinder) {
  if (unwinder == NULL) return;
  if (unwinder->space != NULL) unw_destroy_addr_space(unwinder->space);
  free(unwinder->images);
  free(unwinder->pages);
  free(unwinder);
}

size_t remnant_trace_frames(remnant_unwinder *unwinder, const uint64_t *registers, size_t register_count,
                            uint64_t *frames, uint64_t *stack_pointers, size_t capacity) {
  if (unwinder == NULL) return 0;
  unwinder->registers = registers;
  unwinder->register_count = register_count;
  size_t count = 0;
  unw_cursor_t cursor;
  if (unw_init_remote(&cursor, unwinder->space, unwinder) != 0) return 0;
  do {
    unw_word_t address, stack_pointer;
    if (unw_get_reg(&cursor, UNW_REG_IP, &address) != 0 || address == 0) break;
    if (unw_get_reg(&cursor, UNW_REG_SP, &stack_pointer) != 0) break;
    stack_pointers[count] = stack_pointer;
    frames[count++] = address;
  } while (count < capacity && unw_step(&cursor) > 0);
  return count;
}
