// Swift's metadata as the recorder, the test helpers and `HeapCapture` read it: the one declaration.
//
// C, because C code reads it inside of programs. swiftlang/swift 6.3, `include/swift/ABI/Metadata.h`, 64 bits, without
// Objective-C.

#ifndef REMNANT_SWIFT_LAYOUT_H
#define REMNANT_SWIFT_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

#include "CMachineLayout.h"

// `TargetClassMetadata`, from the address that objects have in their first word.
typedef struct remnant_class_metadata {
  uint64_t kind;
  uint64_t superclass;
  uint32_t flags;
  uint32_t instance_address_point;
  uint32_t instance_size;
  uint16_t alignment_mask;
  uint16_t reserved;
  uint32_t class_size;
  uint32_t class_address_point;
  uint64_t descriptor;
  uint64_t ivar_destroyer;
} remnant_class_metadata;

enum {
  REMNANT_CLASS_SUPERCLASS = offsetof(remnant_class_metadata, superclass),
  REMNANT_CLASS_INSTANCE_SIZE = offsetof(remnant_class_metadata, instance_size),
  REMNANT_CLASS_DESCRIPTOR = offsetof(remnant_class_metadata, descriptor),
};

// The first word of metadata of heap objects (`MetadataKind.def`).
enum {
  REMNANT_KIND_CLASS = 0,
  // The context of a closure, a captured variable's box, an indirect case's box.
  REMNANT_KIND_LOCAL_VARIABLE = 0x400,
  // A box of `swift_allocBox`: its metadata names the type of the value.
  REMNANT_KIND_GENERIC_BOX = 0x500,
  REMNANT_KIND_ERROR = 0x501,
  REMNANT_KIND_TASK = 0x502,
  // Storage of a job that is not a task.
  REMNANT_KIND_JOB = 0x503,
  REMNANT_KIND_LAST = 0x5ff,
};

#endif
