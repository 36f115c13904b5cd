// Learning of deaths: the word two before a class metadata's address point is the class's deallocating deinit, and
// lies in writable memory. It is replaced once per class, and never put back.
//
// `HeapObject` is { metadata, reference counts } (`HeapObject.h`), class metadata starts with a kind that is 0, or
// above 0x7FF (`Metadata.h`, `MetadataKind.def`), and the layout of the counts is that of `RefCount.h`. Tests pin all
// three.
#define _GNU_SOURCE
#include "patch.h"

#include <dlfcn.h>
#include <link.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "swift_runtime.h"
#include "weak_lock.h"

// A deallocating deinit gets its object in the register of the context.
typedef __attribute__((swiftcall)) void (*deallocating_deinit)(__attribute__((swift_context)) void *object);

struct heap_object {
  void **metadata;
  uint64_t counts;
};

struct patched_class {
  _Atomic(void **) metadata;
  _Atomic(deallocating_deinit) original;
};

// Open addressing, read without a lock by every death of a patched class. It only ever grows, and tables that became
// too small stay, for a reader may be in one: together they are smaller than the newest.
struct patched_classes {
  unsigned shift;
  size_t count;
  struct patched_class entries[];
};

static wr_lock patch_lock;
static _Atomic(struct patched_classes *) patched;

static size_t home(const struct patched_classes *classes, void **metadata) {
  return ((uintptr_t)metadata * 0x9E3779B97F4A7C15u) >> classes->shift;
}

static struct patched_class *find(struct patched_classes *classes, void **metadata) {
  size_t mask = ((size_t)1 << (64 - classes->shift)) - 1;
  for (size_t i = home(classes, metadata);; i = (i + 1) & mask) {
    struct patched_class *entry = &classes->entries[i];
    void **found = atomic_load_explicit(&entry->metadata, memory_order_acquire);
    if (found == metadata || found == NULL)
      return entry;
  }
}

// The counts' lowest bit is a flag, the next 31 count unowned references, one of which the object has of itself. The
// highest bit says that the counts are elsewhere, or are none.
bool wr_may_be_marked(void *object) {
  uint64_t counts = __atomic_load_n(&((struct heap_object *)object)->counts, __ATOMIC_RELAXED);
  if (counts >> 63)
    return swift_unownedRetainCount(object) > 1;
  return (uint32_t)counts > 3;
}

// The deinit of every instance of every patched class, behind a mark by which copies of this library know each other's.
// Being a tail call, the original's frame replaces this one: a
// chain of objects that release one another goes as deep as ever.
__attribute__((swiftcall, used)) static void wr_deinit_of_patched_class(
  __attribute__((swift_context)) void *object) {
  deallocating_deinit original;
  do {
    // Whoever patched the class put its entry there first: it can only be late on its way from another processor.
    struct patched_classes *classes = atomic_load_explicit(&patched, memory_order_acquire);
    struct patched_class *entry = find(classes, ((struct heap_object *)object)->metadata);
    original = atomic_load_explicit(&entry->original, memory_order_acquire);
  } while (__builtin_expect(original == NULL, 0));
  if (__builtin_expect(wr_may_be_marked(object), 0))
    wr_object_died(object);
  __attribute__((musttail)) return original(object);
}

#define hook_mark 0x6b6f6f68206b6177UL  // "wak hook", little endian

extern const char deinit_of_patched_class[] __attribute__((visibility("hidden")));
#if defined(__x86_64__)
#define jump "jmp wr_deinit_of_patched_class\n"
#else
#define jump "b wr_deinit_of_patched_class\n"
#endif
__asm__(".pushsection .text\n"
        ".balign 16\n"
        ".skip 8\n"
        ".quad 0x6b6f6f68206b6177\n"
        ".hidden deinit_of_patched_class\n"
        ".globl deinit_of_patched_class\n"
        ".type deinit_of_patched_class, %function\n"
        "deinit_of_patched_class:\n" jump
        ".size deinit_of_patched_class, . - deinit_of_patched_class\n"
        ".popsection\n");

// Whether it is the hook of this or another copy of this library. Hooks are at multiples of 16, behind their mark.
static bool is_hook(deallocating_deinit function) {
  return (uintptr_t)function % 16 == 0 && ((const uint64_t *)(uintptr_t)function)[-1] == hook_mark;
}

static deallocating_deinit own_hook(void) { return (deallocating_deinit)(uintptr_t)deinit_of_patched_class; }

static struct patched_classes *new_table(unsigned bits) {
  size_t size = sizeof(struct patched_classes) + (sizeof(struct patched_class) << bits);
  struct patched_classes *classes = calloc(1, size);
  if (classes == NULL)
    abort();
  classes->shift = 64 - bits;
  return classes;
}

// An entry for one more class; the caller holds the lock.
static struct patched_class *add(void **metadata, deallocating_deinit original) {
  struct patched_classes *classes = atomic_load_explicit(&patched, memory_order_relaxed);
  size_t capacity = classes == NULL ? 0 : (size_t)1 << (64 - classes->shift);
  if (classes == NULL || (classes->count + 1) * 2 > capacity) {
    struct patched_classes *larger = new_table(classes == NULL ? 6 : 64 - classes->shift + 1);
    for (size_t i = 0; i < capacity; i++) {
      void **other = atomic_load_explicit(&classes->entries[i].metadata, memory_order_relaxed);
      if (other == NULL)
        continue;
      struct patched_class *copy = find(larger, other);
      atomic_store(&copy->original, atomic_load(&classes->entries[i].original));
      atomic_store(&copy->metadata, other);
    }
    larger->count = classes == NULL ? 0 : classes->count;
    atomic_store_explicit(&patched, larger, memory_order_release);
    classes = larger;
  }
  struct patched_class *entry = find(classes, metadata);
  atomic_store_explicit(&entry->original, original, memory_order_release);
  atomic_store_explicit(&entry->metadata, metadata, memory_order_release);
  classes->count++;
  return entry;
}

// Patched classes call into this image forever.
static void keep_image_loaded(void) {
  Dl_info info;
  if (dladdr((void *)keep_image_loaded, &info) && info.dli_fname != NULL)
    dlopen(info.dli_fname, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
}

bool wr_has_class(void *object) {
  uintptr_t kind = (uintptr_t)((struct heap_object *)object)->metadata[0];
  return kind == 0 || kind > 0x7FF;
}

typedef struct page_of_slot {
  uintptr_t start, size;
  bool is_read_only;
} page_of_slot;

static int look_at_image(struct dl_phdr_info *info, size_t size, void *context) {
  page_of_slot *page = context;
  for (int i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr) *part = &info->dlpi_phdr[i];
    if (part->p_type != PT_GNU_RELRO)
      continue;
    // The loader protects whole pages, of those that end before the part does.
    uintptr_t start = (info->dlpi_addr + part->p_vaddr) & ~(page->size - 1);
    uintptr_t end = (info->dlpi_addr + part->p_vaddr + part->p_memsz) & ~(page->size - 1);
    if (page->start >= start && page->start < end)
      page->is_read_only = true;
  }
  return page->is_read_only;
}

// Metadata of the generic classes that a library has instances of ready (libswiftCore: `_ContiguousArrayStorage<Int>`)
// lies in `.data.rel.ro`, which is read-only once the library is loaded. The page is made writable for a moment.
// Everybody else's is already, so where this is forbidden nothing is lost but those.
static page_of_slot open_page(void *address) {
  page_of_slot page = {.size = (uintptr_t)sysconf(_SC_PAGESIZE)};
  page.start = (uintptr_t)address & ~(page.size - 1);
  dl_iterate_phdr(look_at_image, &page);
  if (page.is_read_only)
    mprotect((void *)page.start, page.size, PROT_READ | PROT_WRITE);
  return page;
}

static void close_page(page_of_slot page) {
  if (page.is_read_only)
    mprotect((void *)page.start, page.size, PROT_READ);
}

// Puts the hook into a class's slot, where `original` was when the caller looked; the caller holds the lock.
static void install(_Atomic(deallocating_deinit) *slot, struct patched_class *entry, deallocating_deinit original) {
  page_of_slot page = open_page(slot);
  // Another copy of this library may patch the same class meanwhile: then its hook is the original.
  while (!atomic_compare_exchange_weak(slot, &original, own_hook()))
    atomic_store(&entry->original, original);
  close_page(page);
}

bool wr_patch_class_of(void *object) {
  if (!wr_has_class(object))
    return false;
  void **metadata = ((struct heap_object *)object)->metadata;
  _Atomic(deallocating_deinit) *slot = (_Atomic(deallocating_deinit) *)&metadata[-2];
  // The slot itself shows it: an entry is there before the hook is.
  if (atomic_load_explicit(slot, memory_order_acquire) == own_hook())
    return true;

  wr_lock_acquire(&patch_lock);
  struct patched_classes *classes = atomic_load_explicit(&patched, memory_order_relaxed);
  if (classes == NULL)
    keep_image_loaded();
  struct patched_class *entry = classes == NULL ? NULL : find(classes, metadata);
  deallocating_deinit original = atomic_load(slot);
  if (entry == NULL || atomic_load(&entry->metadata) == NULL)
    install(slot, add(metadata, original), original);
  else if (original != own_hook() && !is_hook(original)) {
    // The class's library was closed, and it or another one opened at the same place. Of the class that was there
    // nothing is left that could die.
    atomic_store(&entry->original, original);
    install(slot, entry, original);
  }
  // Else another copy of the library patched the class after this one, and calls this one's hook: patching it once more
  // would have the two call each other forever.
  wr_lock_release(&patch_lock);
  return true;
}

size_t wr_patched_classes(void) {
  wr_lock_acquire(&patch_lock);
  struct patched_classes *classes = atomic_load_explicit(&patched, memory_order_relaxed);
  size_t count = classes == NULL ? 0 : classes->count;
  wr_lock_release(&patch_lock);
  return count;
}
