// The functions of libdw that are used, declared here: its headers are rarely installed. Layouts and numbers are
// those of elfutils 0.188's libdw.h and dwarf.h, which have been the same since version 0.171.

#ifndef REMNANT_DWARF_LIBRARY_H
#define REMNANT_DWARF_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
  void *address;
  void *unit;
  void *abbreviation;
  long padding;
} remnant_die;

typedef struct {
  unsigned code;
  unsigned form;
  unsigned char *value;
  void *unit;
} remnant_attribute;

typedef struct {
  uint8_t atom;
  uint64_t number;
  uint64_t number2;
  uint64_t offset;
} remnant_operation;

enum {
  TAG_CLASS = 0x02,
  TAG_FORMAL_PARAMETER = 0x05,
  TAG_LEXICAL_BLOCK = 0x0b,
  TAG_MEMBER = 0x0d,
  TAG_COMPILE_UNIT = 0x11,
  TAG_STRUCTURE = 0x13,
  TAG_TYPEDEF = 0x16,
  TAG_INLINED_SUBROUTINE = 0x1d,
  TAG_MODULE = 0x1e,
  TAG_CONST = 0x26,
  TAG_ENUMERATION = 0x04,
  TAG_SUBPROGRAM = 0x2e,
  TAG_VARIABLE = 0x34,
  TAG_VOLATILE = 0x35,
  TAG_NAMESPACE = 0x39,

  ATTRIBUTE_LOCATION = 0x02,
  ATTRIBUTE_BYTE_SIZE = 0x0b,
  ATTRIBUTE_NAME = 0x03,
  ATTRIBUTE_TYPE = 0x49,
  ATTRIBUTE_LINKAGE_NAME = 0x6e,

  OPERATION_DEREF = 0x06,
  OPERATION_PLUS_CONSTANT = 0x23,
  OPERATION_REGISTER_0 = 0x50,
  OPERATION_ENTRY_VALUE = 0xa3,
  OPERATION_GNU_ENTRY_VALUE = 0xf3,
};

#define REMNANT_DWARF_FUNCTIONS(F)                                                                                     \
  F(begin, void *, (int file, int command))                                                                            \
  F(get_units, int,                                                                                                    \
    (void *dwarf, void *unit, void **next, uint16_t *version, uint8_t *type, remnant_die *die, remnant_die *split))    \
  F(entry_breakpoints, int, (remnant_die *, uint64_t **addresses))                                                     \
  F(haspc, int, (remnant_die *, uint64_t address))                                                                     \
  F(lowpc, int, (remnant_die *, uint64_t *address))                                                                    \
  F(tag, int, (remnant_die *))                                                                                         \
  F(child, int, (remnant_die *, remnant_die *child))                                                                   \
  F(siblingof, int, (remnant_die *, remnant_die *sibling))                                                             \
  F(attr_integrate, remnant_attribute *, (remnant_die *, unsigned name, remnant_attribute *))                          \
  F(formstring, const char *, (remnant_attribute *))                                                                   \
  F(formref_die, remnant_die *, (remnant_attribute *, remnant_die *))                                                  \
  F(formudata, int, (remnant_attribute *, uint64_t *))                                                                 \
  F(getlocation, int, (remnant_attribute *, remnant_operation **, size_t *))                                           \
  F(getlocation_addr, int,                                                                                             \
    (remnant_attribute *, uint64_t address, remnant_operation **, size_t *, size_t capacity))                          \
  F(getlocation_attr, int, (remnant_attribute *, const remnant_operation *, remnant_attribute *))

typedef struct {
#define REMNANT_FIELD(name, result, parameters) result(*name) parameters;
  REMNANT_DWARF_FUNCTIONS(REMNANT_FIELD)
#undef REMNANT_FIELD
} remnant_library;

// False where it isn't installed, or lacks a function.
bool remnant_library_load(remnant_library *library);

#endif
