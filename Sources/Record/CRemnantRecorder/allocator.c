// Finding the allocator. The first call of any of its functions does it, which comes before the recorder's own
// constructors: the loader's, or another library's.
//
// It allocates nothing and calls nothing that allocates, so no block is made before the allocator is known.

#define _GNU_SOURCE
#include "allocator.h"
#include "definitions.h"

#if !REMNANT_IS_SANITIZED

#include <errno.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void *__libc_valloc(size_t);
extern void *__libc_pvalloc(size_t);
extern void __libc_free(void *);
extern const char *gnu_get_libc_version(void);

static void *first_malloc(size_t size) {
  remnant_find_allocator();
  return remnant_next.malloc(size);
}

static void *first_calloc(size_t count, size_t size) {
  remnant_find_allocator();
  return remnant_next.calloc(count, size);
}

static void *first_realloc(void *old, size_t size) {
  remnant_find_allocator();
  return remnant_next.realloc(old, size);
}

static void first_free(void *block) {
  remnant_find_allocator();
  remnant_next.free(block);
}

static void *first_memalign(size_t alignment, size_t size) {
  remnant_find_allocator();
  return remnant_next.memalign(alignment, size);
}

static void *first_aligned_alloc(size_t alignment, size_t size) {
  remnant_find_allocator();
  return remnant_next.aligned_alloc(alignment, size);
}

static int first_posix_memalign(void **out, size_t alignment, size_t size) {
  remnant_find_allocator();
  return remnant_next.posix_memalign(out, alignment, size);
}

static void *first_valloc(size_t size) {
  remnant_find_allocator();
  return remnant_next.valloc(size);
}

static void *first_pvalloc(size_t size) {
  remnant_find_allocator();
  return remnant_next.pvalloc(size);
}

remnant_allocator remnant_next = {
    .malloc = first_malloc,
    .calloc = first_calloc,
    .realloc = first_realloc,
    .free = first_free,
    .memalign = first_memalign,
    .aligned_alloc = first_aligned_alloc,
    .posix_memalign = first_posix_memalign,
    .valloc = first_valloc,
    .pvalloc = first_pvalloc,
};

// Until the allocator is known, as for one that isn't glibc's.
enum { least_size = 32 };
size_t remnant_least_size = least_size;
bool remnant_clears_freed;
char remnant_allocator_name[64] = "glibc";

static void note_name(const struct link_map *image) {
  const char *file = strrchr(image->l_name, '/');
  file = file != NULL ? file + 1 : image->l_name;
  if (strncmp(file, "lib", 3) == 0) file += 3;
  size_t length = strcspn(file, ".");
  if (length >= sizeof remnant_allocator_name) length = sizeof remnant_allocator_name - 1;
  memcpy(remnant_allocator_name, file, length);
  remnant_allocator_name[length] = 0;
}

// glibc's own, where the program has no other.
static const remnant_allocator glibc = {
    .malloc = __libc_malloc,
    .calloc = __libc_calloc,
    .realloc = __libc_realloc,
    .free = __libc_free,
    .memalign = __libc_memalign,
    .aligned_alloc = __libc_memalign,
    .valloc = __libc_valloc,
    .pvalloc = __libc_pvalloc,
};

static int posix_memalign_by_memalign(void **out, size_t alignment, size_t size) {
  size_t words = alignment / sizeof(void *);
  if (alignment % sizeof(void *) != 0 || words == 0 || (words & (words - 1)) != 0) return EINVAL;
  void *block = remnant_next.memalign(alignment, size);
  // As glibc: errno says it, too.
  if (block == NULL) return ENOMEM;
  *out = block;
  return 0;
}

static void *next(const char *name, void *otherwise) {
  void *address = remnant_next_definition(name).address;
  return address != NULL ? address : otherwise;
}

// Only if the allocator itself has it.
static void *own(const char *name, const struct link_map *image) {
  remnant_definition found = remnant_next_definition(name);
  return found.image == image ? found.address : NULL;
}

void remnant_find_allocator(void) {
  if (remnant_next.malloc != first_malloc) return;
  remnant_table_begin();
  remnant_allocator found = glibc;
  found.posix_memalign = posix_memalign_by_memalign;
  remnant_definition malloc_definition = remnant_next_definition("malloc");
  const struct link_map *image = malloc_definition.image;
  // libc's file may have any name; it is where this function is.
  remnant_definition libc = remnant_first_definition("gnu_get_libc_version");
  found.malloc_usable_size = next("malloc_usable_size", NULL);
  if (image != NULL && image != libc.image) {
    note_name(image);
    found.malloc = malloc_definition.address;
    found.calloc = next("calloc", found.calloc);
    found.realloc = next("realloc", found.realloc);
    found.free = next("free", found.free);
    found.memalign = next("memalign", found.memalign);
    found.aligned_alloc = next("aligned_alloc", found.aligned_alloc);
    found.posix_memalign = next("posix_memalign", found.posix_memalign);
    found.valloc = next("valloc", found.valloc);
    found.pvalloc = next("pvalloc", found.pvalloc);
    found.rallocx = own("rallocx", image);
    found.xallocx = own("xallocx", image);
    found.dallocx = own("dallocx", image);
    remnant_state.allocator_is_glibc = 0;
    remnant_clears_freed = !remnant_take_jemalloc(image);
  } else {
    remnant_state.allocator_is_glibc = 1;
    remnant_least_size = 0;
  }
  remnant_next = found;
}

#else

char remnant_allocator_name[64];
void remnant_find_allocator(void) {}

#endif
