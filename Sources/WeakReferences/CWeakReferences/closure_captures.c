// What a closure captured, as far as its context describes it: the metadata of a context (`HeapLocalVariableMetadata`,
// `Metadata.h`) points to the types of the captures (`CaptureDescriptor`, `reflection/Records.h`), not to their places.
// So the words of a context are searched for the object, but for those that aren't strong and may look the same. Behind a
// capture of unknown size it isn't known which those are: then more words must have the address than there are such captures.
#define _GNU_SOURCE
#include "closure_captures.h"

#include <malloc.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#define kind_of_heap_local_variable 0x400
// Each passing through a generic type wraps a closure once more.
#define greatest_depth 12
#define most_words 64
// Closures that capture the same ones are met once for each way to them, and each visit asks the kernel twice.
#define most_visits 512

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

// A class of its own, which isn't a specialization: the name is nothing but a reference to a context descriptor, direct (1)
// or by way of a pointer (2), whose flags have the kind (`ContextDescriptorKind::Class`, `MetadataValues.h`).
static bool is_class(const char *name) {
  if ((*name != 1 && *name != 2) || name_length(name) != 5)
    return false;
  int32_t distance;
  memcpy(&distance, name + 1, sizeof distance);
  const char *target = name + 1 + distance;
  const uint32_t *descriptor = *name == 1 ? (const uint32_t *)target : *(const uint32_t *const *)target;
  return (*descriptor & 0x1F) == 16;
}

// 0 if unknown.
static size_t words_of_capture(const char *name) {
  size_t length = name_length(name);
  if (may_be_plain_address(name) || is_class(name))
    return 1;
  // A function.
  return length > 0 && name[length - 1] == 'c' ? 2 : 0;
}

// Whether blocks have just the size that was asked for, as under Address Sanitizer, or are rounded up.
static bool blocks_are_exact(void) {
  void *block = malloc(17);
  bool exact = malloc_usable_size(block) == 17;
  free(block);
  return exact;
}

// How many words of a context's block, of `count` words, are captures or before them; where it has no block (0), only those
// up to the first of unknown size. Behind them a block that was rounded up can have a word
// of slack, with what was there before; where sizes are unknown the last word may be it.
static size_t words_in_use(const struct context_metadata *metadata, size_t count) {
  const struct capture_descriptor *descriptor = (const struct capture_descriptor *)metadata->captures;
  size_t end = metadata->offset_to_first_capture / sizeof(void *);
  for (uint32_t i = 0; i < descriptor->capture_types; i++) {
    size_t words = words_of_capture((const char *)&descriptor->types[i] + descriptor->types[i]);
    if (words == 0)
      return count == 0 ? end : blocks_are_exact() ? count : count - 1;
    end += words;
  }
  return count == 0 || end < count ? end : count;
}

// Whether a context has a block of its own: those on a stack and those that are part of the program have other counts
// (`RefCount.h`: `initForNotFreeing`, `initImmortal`), and what only looks like a context would need to have these, too.
// Nothing refers to a context weakly, so a block's counts are in place and have the one unowned reference of its own.
static bool has_block(uint64_t counts) { return counts >> 63 == 0 && (uint32_t)counts >> 1 == 1; }

// Whether more words have the object's address than those that own nothing.
static bool has_reference(
  const struct context_metadata *metadata, const void *const *words, size_t count, const void *object) {
  const struct capture_descriptor *descriptor = (const struct capture_descriptor *)metadata->captures;
  size_t place = metadata->offset_to_first_capture / sizeof *words, plain = 0, matches = 0;
  bool is_known = true;
  for (uint32_t i = 0; i < descriptor->capture_types; i++) {
    const char *name = (const char *)&descriptor->types[i] + descriptor->types[i];
    if (may_be_plain_address(name))
      plain += !is_known || (place < count && words[place] == object);
    is_known = is_known && words_of_capture(name) != 0;
    place += words_of_capture(name);
  }
  for (size_t i = 2; i < count; i++)
    matches += words[i] == object;
  return matches > plain;
}

static bool holds(const void *context, const void *object, int depth, int *visits) {
  struct {
    const void *metadata;
    uint64_t counts;
  } header;
  struct context_metadata metadata;
  if (depth == 0 || context == NULL || (uintptr_t)context % 16 != 0 || *visits == 0)
    return false;
  --*visits;
  if (!read_memory(context, &header, sizeof header) ||
      (uintptr_t)header.metadata % 8 != 0 || !read_memory(header.metadata, &metadata, sizeof metadata) ||
      metadata.kind != kind_of_heap_local_variable || metadata.captures == NULL)
    return false;
  const void *const *words = context;
  size_t count = has_block(header.counts) ? malloc_usable_size((void *)context) / sizeof *words : 0;
  count = words_in_use(&metadata, count);
  if (count > most_words)
    count = most_words;
  if (has_reference(&metadata, words, count, object))
    return true;
  for (size_t i = 2; i < count; i++)
    if (words[i] != object && holds(words[i], object, depth - 1, visits))
      return true;
  return false;
}

bool wr_closure_holds(const void *context, const void *object) {
  int visits = most_visits;
  return context == object || holds(context, object, greatest_depth, &visits);
}
