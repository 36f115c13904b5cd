// Declarations of the functions that Remnant uses of libswiftRemoteMirror, whose header doesn't ship
// with the toolchain. From swiftlang/swift, include/swift/SwiftRemoteMirror, 6.3; the tests of the
// layout compiler fail where one of them doesn't match the library.

#ifndef REMNANT_SWIFT_REMOTE_MIRROR_H
#define REMNANT_SWIFT_REMOTE_MIRROR_H

#include <stddef.h>
#include <stdint.h>

typedef struct SwiftReflectionContext *SwiftReflectionContextRef;
typedef uint64_t swift_addr_t;
// Owned by the context.
typedef uint64_t swift_typeref_t;

// MemoryReaderInterface.h, DataLayoutQueryType: the order is the interface.
enum remnant_data_layout_query {
  REMNANT_QUERY_POINTER_SIZE = 0,
  REMNANT_QUERY_SIZE_SIZE = 1,
  REMNANT_QUERY_POINTER_AUTHENTICATION_MASK = 2,
  REMNANT_QUERY_RESERVED_LOW_BITS = 3,
  REMNANT_QUERY_LEAST_VALID_POINTER = 4,
  REMNANT_QUERY_OBJC_INTEROP = 5,
};

typedef int (*remnant_query_data_layout)(void *reader, int query, void *in, void *out);
typedef void (*remnant_free_bytes)(void *reader, const void *bytes, void *context);
typedef const void *(*remnant_read_bytes)(void *reader, swift_addr_t address, uint64_t size,
                                          void **out_context);
typedef uint64_t (*remnant_string_length)(void *reader, swift_addr_t address);
typedef swift_addr_t (*remnant_symbol_address)(void *reader, const char *name, uint64_t length);

typedef enum swift_layout_kind {
  SWIFT_UNKNOWN,
  SWIFT_BUILTIN,
  SWIFT_RAW_POINTER,
  SWIFT_TUPLE,
  SWIFT_STRUCT,
  SWIFT_NO_PAYLOAD_ENUM,
  SWIFT_SINGLE_PAYLOAD_ENUM,
  SWIFT_MULTI_PAYLOAD_ENUM,
  SWIFT_THICK_FUNCTION,
  SWIFT_OPAQUE_EXISTENTIAL,
  SWIFT_CLASS_EXISTENTIAL,
  SWIFT_ERROR_EXISTENTIAL,
  SWIFT_EXISTENTIAL_METATYPE,
  SWIFT_STRONG_REFERENCE,
  SWIFT_UNOWNED_REFERENCE,
  SWIFT_WEAK_REFERENCE,
  SWIFT_UNMANAGED_REFERENCE,
  SWIFT_CLASS_INSTANCE,
  SWIFT_CLOSURE_CONTEXT,
  SWIFT_ARRAY,
} swift_layout_kind_t;

typedef struct swift_typeinfo {
  swift_layout_kind_t Kind;
  unsigned Size;
  unsigned Alignment;
  unsigned Stride;
  unsigned NumFields;
} swift_typeinfo_t;

typedef struct swift_childinfo {
  const char *Name;
  unsigned Offset;
  swift_layout_kind_t Kind;
  swift_typeref_t TR;
} swift_childinfo_t;

SwiftReflectionContextRef swift_reflection_createReflectionContextWithDataLayout(
    void *reader, remnant_query_data_layout query, remnant_free_bytes free,
    remnant_read_bytes read, remnant_string_length length, remnant_symbol_address symbol);
void swift_reflection_destroyReflectionContext(SwiftReflectionContextRef context);

// 1 where the image has reflection sections that could be read.
int swift_reflection_addImage(SwiftReflectionContextRef context, swift_addr_t image);

swift_typeref_t swift_reflection_typeRefForMetadata(SwiftReflectionContextRef context,
                                                    uintptr_t metadata);
swift_typeref_t swift_reflection_typeRefForMangledTypeName(SwiftReflectionContextRef context,
                                                           const char *name, uint64_t length);

swift_typeinfo_t swift_reflection_infoForTypeRef(SwiftReflectionContextRef context,
                                                 swift_typeref_t type);
swift_childinfo_t swift_reflection_childOfTypeRef(SwiftReflectionContextRef context,
                                                  swift_typeref_t type, unsigned index);
swift_typeinfo_t swift_reflection_infoForMetadata(SwiftReflectionContextRef context,
                                                  uintptr_t metadata);
swift_childinfo_t swift_reflection_childOfMetadata(SwiftReflectionContextRef context,
                                                   uintptr_t metadata, unsigned index);
swift_typeinfo_t swift_reflection_infoForInstance(SwiftReflectionContextRef context,
                                                  uintptr_t object);
swift_childinfo_t swift_reflection_childOfInstance(SwiftReflectionContextRef context,
                                                   uintptr_t object, unsigned index);

unsigned swift_reflection_genericArgumentCountOfTypeRef(swift_typeref_t type);
swift_typeref_t swift_reflection_genericArgumentOfTypeRef(swift_typeref_t type, unsigned index);

// Whether the value at `address` has a case; the case's index then, payload cases first.
int swift_reflection_projectEnumValue(SwiftReflectionContextRef context, swift_addr_t address,
                                      swift_typeref_t type, int *out_case);

// Both are allocated with malloc; the caller frees them.
char *swift_reflection_copyNameForTypeRef(SwiftReflectionContextRef context, swift_typeref_t type,
                                          int mangled);
char *swift_reflection_copyDemangledNameForTypeRef(SwiftReflectionContextRef context,
                                                   swift_typeref_t type);

#endif
