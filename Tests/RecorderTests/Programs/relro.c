// How many pages can be written that the loader made read-only: of every image, the recorder's and its unwinder's too.
#define _GNU_SOURCE
#include <link.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int is_writable(uintptr_t address) {
  FILE *maps = fopen("/proc/self/maps", "r");
  char line[512], permissions[8];
  uintptr_t start, end;
  int result = 0;
  while (maps && fgets(line, sizeof line, maps)) {
    if (sscanf(line, "%lx-%lx %7s", &start, &end, permissions) != 3) continue;
    if (address >= start && address < end) result = permissions[1] == 'w';
  }
  if (maps) fclose(maps);
  return result;
}

static int look(struct dl_phdr_info *image, size_t size, void *count) {
  uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
  for (int i = 0; i < image->dlpi_phnum; i++) {
    if (image->dlpi_phdr[i].p_type != PT_GNU_RELRO) continue;
    // As the loader protects them: whole pages.
    uintptr_t start = (image->dlpi_addr + image->dlpi_phdr[i].p_vaddr) & ~(page - 1);
    uintptr_t end = (image->dlpi_addr + image->dlpi_phdr[i].p_vaddr + image->dlpi_phdr[i].p_memsz) & ~(page - 1);
    for (; start < end; start += page) {
      if (!is_writable(start)) continue;
      ++*(int *)count;
      printf("%s can be written\n", image->dlpi_name);
    }
  }
  return 0;
}

int main(void) {
  int count = 0;
  // The first block has had its call stack unwound.
  free(malloc(10));
  dl_iterate_phdr(look, &count);
  printf("%d\n", count);
  return 0;
}
