// What a closure captured, as far as its context tells: the metadata of a context (`HeapLocalVariableMetadata`,
// `Metadata.h`) points to the types of the captures (`CaptureDescriptor`, `reflection/Records.h`), not to their places.
// So the words of a context are searched for the object, unless some capture isn't strong and may look the same.
#define _GNU_SOURCE
#include "closure_captures.h"

#include <malloc.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#define kind_of_heap_local_variable 0x400
// Each passing through a generic type wraps a closure once more.
#define greatest_depth 12
#define most_words 64

struct context_metadata {
  uint64_t kind;
  uint32_t offset_to_first_capture;
  const char *captures;
};

struct capture_descriptor {
  uint32_t capture_types;
  uint32_t metadata_sources;
  uint32_t bindings;
  int32_t types[];
};

// A captured word need not be a pointer, so the kernel is asked to read what it points to.
static bool read_memory(const void *address, void *bytes, size_t size) {
  struct iovec to = {bytes, size}, from = {(void *)address, size};
  return process_vm_readv(getpid(), &to, 1, &from, 1, 0) == (ssize_t)size;
}

// The length of a mangled name, in which some bytes start a binary reference (`Demangler.cpp`, symbolic references).
static size_t name_length(const char *name) {
  const char *end = name;
  while (*end != 0)
    end += *end >= 0x01 && *end <= 0x17 ? 5 : *end >= 0x18 && *end <= 0x1F ? 9 : 1;
  return (size_t)(end - name);
}

// Captures that can hold an object's address without owning the object.
static bool may_be_plain_address(const char *name) {
  size_t length = name_length(name);
  const char *suffix = length < 2 ? "" : name + length - 2;
  if (strcmp(suffix, "Xo") == 0 || strcmp(suffix, "Xu") == 0 || strcmp(suffix, "Xw") == 0)
    return true;
  // Int, UInt, ObjectIdentifier, OpaquePointer and the unsafe pointers, Unmanaged.
  static const char *const plain[] = {"Si", "Su", "SO", "s13OpaquePointerV", "SP", "Sp", "SV", "Sv", "s9Unmanaged"};
  for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
    if (strncmp(name, plain[i], strlen(plain[i])) == 0)
      return true;
  return false;
}

static bool has_plain_addresses(const struct context_metadata *metadata) {
  if (metadata->captures == NULL)
    return true;
  const struct capture_descriptor *descriptor = (const struct capture_descriptor *)metadata->captures;
  for (uint32_t i = 0; i < descriptor->capture_types; i++)
    if (may_be_plain_address((const char *)&descriptor->types[i] + descriptor->types[i]))
      return true;
  return false;
}

static bool holds(const void *context, const void *object, int depth) {
  const void *address;
  struct context_metadata metadata;
  if (context == object)
    return true;
  if (depth == 0 || (uintptr_t)context % 16 != 0 || !read_memory(context, &address, sizeof address) ||
      (uintptr_t)address % 8 != 0 || !read_memory(address, &metadata, sizeof metadata) ||
      metadata.kind != kind_of_heap_local_variable)
    return false;
  if (has_plain_addresses(&metadata))
    return false;
  const void *const *words = context;
  size_t count = malloc_usable_size((void *)context) / sizeof *words;
  for (size_t i = 2; i < count && i < most_words; i++)
    if (words[i] != NULL && holds(words[i], object, depth - 1))
      return true;
  return false;
}

bool wr_closure_holds(const void *context, const void *object) {
  return context != NULL && holds(context, object, greatest_depth);
}
