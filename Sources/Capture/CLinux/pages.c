#define _GNU_SOURCE
#include <errno.h>
#include <sys/ioctl.h>

#include "remnant_process.h"

// As include/uapi/linux/fs.h of Linux 6.7 has them; see Documentation/admin-guide/mm/pagemap.rst.
typedef struct page_region {
  uint64_t start, end, categories;
} page_region;

typedef struct scan_argument {
  uint64_t size, flags, start, end, walk_end, regions, region_count, most_pages;
  uint64_t inverted, all_of, any_of, returned;
} scan_argument;

_Static_assert(sizeof(scan_argument) == 96, "the kernel's struct pm_scan_arg");

#define SCAN _IOWR('f', 16, scan_argument)

enum { is_present = 1 << 3, is_swapped = 1 << 4, is_zero_page = 1 << 5, most_regions = 512 };

long remnant_written_pages(int pagemap, uint64_t start, uint64_t end, uint64_t *bounds, size_t capacity,
                           uint64_t *next) {
  page_region regions[most_regions];
  scan_argument argument = {
      .size = sizeof argument,
      .start = start,
      .end = end,
      .regions = (uint64_t)regions,
      .region_count = capacity < most_regions ? capacity : most_regions,
      .inverted = is_zero_page,
      .all_of = is_zero_page,
      .any_of = is_present | is_swapped,
      .returned = is_present | is_swapped,
  };
  long count;
  do count = ioctl(pagemap, SCAN, &argument);
  while (count < 0 && errno == EINTR);
  if (count < 0) return -1;
  for (long i = 0; i < count; i++) {
    bounds[2 * i] = regions[i].start;
    bounds[2 * i + 1] = regions[i].end;
  }
  *next = argument.walk_end;
  return count;
}
