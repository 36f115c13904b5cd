#define _GNU_SOURCE
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "CDwarf.h"
#include "library.h"

// The register that Swift passes asynchronous contexts in, by its number in DWARF.
#if defined(__aarch64__)
#define CONTEXT_REGISTER 22
#else
#define CONTEXT_REGISTER 14
#endif

// Deeper nesting, longer chains of types, and larger contexts aren't a compiler's.
enum { DEEPEST = 64, LONGEST_CHAIN = 16, LARGEST_CONTEXT = 1 << 24 };

typedef struct {
  remnant_library library;
  const uint64_t *addresses;
  int count;
  // Of each address: whether its function was written.
  bool *is_found;
  int left;
  FILE *output;
} reader;

void remnant_dwarf_limit_process(uint64_t seconds, uint64_t bytes) {
  setrlimit(RLIMIT_CPU, &(struct rlimit){seconds, seconds});
  setrlimit(RLIMIT_AS, &(struct rlimit){bytes, bytes});
  setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
}

// MARK: Attributes

static const char *string(const reader *reader, remnant_die *die, unsigned name) {
  remnant_attribute attribute;
  if (reader->library.attr_integrate(die, name, &attribute) == NULL) return NULL;
  return reader->library.formstring(&attribute);
}

// A name is a part of a line.
static void write_name(const reader *reader, const char *name) {
  for (; *name != '\0'; name++) fputc((unsigned char)*name < ' ' ? '?' : *name, reader->output);
}

// MARK: Locations

static bool is_context_register(const reader *reader, remnant_attribute *location, remnant_operation *operation) {
  if (operation->atom != OPERATION_ENTRY_VALUE && operation->atom != OPERATION_GNU_ENTRY_VALUE) return false;
  remnant_attribute block;
  remnant_operation *operations;
  size_t count;
  return reader->library.getlocation_attr(location, operation, &block) == 0 &&
         reader->library.getlocation(&block, &operations, &count) == 0 && count == 1 &&
         operations[0].atom == OPERATION_REGISTER_0 + CONTEXT_REGISTER;
}

typedef struct {
  int dereferences;
  uint64_t offset;
} place;

// Only a context, or its parent, and an offset: what else a location may compute isn't needed, and not believed.
static bool find_place(const reader *reader, remnant_die *variable, uint64_t address, place *place) {
  remnant_attribute location;
  remnant_operation *operations;
  size_t count;
  if (reader->library.attr_integrate(variable, ATTRIBUTE_LOCATION, &location) == NULL ||
      reader->library.getlocation_addr(&location, address, &operations, &count, 1) != 1 || count == 0 ||
      !is_context_register(reader, &location, &operations[0]))
    return false;
  size_t next = 1;
  *place = (typeof(*place)){0, 0};
  if (next < count && operations[next].atom == OPERATION_DEREF) {
    place->dereferences = 1;
    next++;
  }
  for (; next < count; next++) {
    if (operations[next].atom != OPERATION_PLUS_CONSTANT || operations[next].number > LARGEST_CONTEXT) return false;
    place->offset += operations[next].number;
  }
  // Every context begins with its parent, and with the function that the parent goes on with.
  return place->offset >= 16 && place->offset <= LARGEST_CONTEXT;
}

// MARK: Types

typedef struct {
  const char *name;
  uint64_t size;
} type;

// The type that attributes lead to: without `let`, and without the structure that Swift wraps a generic type in to
// state its size.
static type find_type(const reader *reader, remnant_die *variable) {
  type type = {NULL, 0};
  remnant_die die = *variable;
  for (int step = 0; step < LONGEST_CHAIN; step++) {
    remnant_attribute attribute;
    remnant_die next;
    if (reader->library.attr_integrate(&die, ATTRIBUTE_TYPE, &attribute) == NULL ||
        reader->library.formref_die(&attribute, &next) == NULL)
      break;
    die = next;
    if (type.size == 0 && reader->library.attr_integrate(&die, ATTRIBUTE_BYTE_SIZE, &attribute) != NULL &&
        reader->library.formudata(&attribute, &type.size) != 0)
      type.size = 0;
    int tag = reader->library.tag(&die);
    if (tag == TAG_CONST || tag == TAG_VOLATILE || tag == TAG_TYPEDEF) continue;
    type.name = string(reader, &die, ATTRIBUTE_LINKAGE_NAME);
    if (type.name == NULL) type.name = string(reader, &die, ATTRIBUTE_NAME);
    if (type.name != NULL && type.name[0] != '\0') break;
    remnant_die member;
    if (tag != TAG_STRUCTURE || reader->library.child(&die, &member) != 0 || reader->library.tag(&member) != TAG_MEMBER)
      break;
    die = member;
  }
  return type;
}

// MARK: Functions

static void write_variable(const reader *reader, remnant_die *die, uint64_t function) {
  place place;
  const char *name = string(reader, die, ATTRIBUTE_NAME);
  if (name == NULL || name[0] == '\0' || !find_place(reader, die, function, &place)) return;
  type type = find_type(reader, die);
  fprintf(reader->output, "variable %d %" PRIu64 " %" PRIu64 " %d ", place.dereferences, place.offset, type.size,
          reader->library.tag(die) == TAG_FORMAL_PARAMETER);
  write_name(reader, type.name == NULL || type.name[0] == '\0' ? "-" : type.name);
  fputc('\t', reader->output);
  write_name(reader, name);
  fputc('\n', reader->output);
}

// Where a function begins: its first instruction, and the first that is compiled from its source.
typedef struct {
  uint64_t address;
  // 0 until it is looked up.
  uint64_t source;
  remnant_die die;
} beginning;

// Whether a block's variables exist where the function begins. The blocks of unoptimized code begin behind the
// instructions that find the context: the variables in scope at the `await` are those of the first of the source.
static bool contains_beginning(const reader *reader, remnant_die *block, beginning *beginning) {
  if (reader->library.haspc(block, beginning->address) > 0) return true;
  if (beginning->source == 0) {
    beginning->source = beginning->address;
    uint64_t *addresses = NULL;
    if (reader->library.entry_breakpoints(&beginning->die, &addresses) > 0) beginning->source = addresses[0];
    free(addresses);
  }
  return beginning->source != beginning->address && reader->library.haspc(block, beginning->source) > 0;
}

// The function's own variables come before those of what was inlined into it.
static void write_variables(const reader *reader, remnant_die *parent, beginning *beginning, int depth) {
  remnant_die child;
  if (depth > DEEPEST || reader->library.child(parent, &child) != 0) return;
  do {
    switch (reader->library.tag(&child)) {
    case TAG_FORMAL_PARAMETER:
    case TAG_VARIABLE: write_variable(reader, &child, beginning->address); break;
    case TAG_LEXICAL_BLOCK:
    case TAG_INLINED_SUBROUTINE:
      if (contains_beginning(reader, &child, beginning)) write_variables(reader, &child, beginning, depth + 1);
      break;
    }
  } while (reader->library.siblingof(&child, &child) == 0);
}

static void write_function(reader *reader, remnant_die *function) {
  uint64_t address;
  if (reader->library.lowpc(function, &address) != 0) return;
  for (int index = 0; index < reader->count; index++) {
    if (reader->addresses[index] != address || reader->is_found[index]) continue;
    reader->is_found[index] = true;
    reader->left--;
    const char *name = string(reader, function, ATTRIBUTE_LINKAGE_NAME);
    fprintf(reader->output, "function %" PRIx64 " ", address);
    write_name(reader, name == NULL ? "-" : name);
    fputc('\n', reader->output);
    beginning beginning = {.address = address, .source = 0, .die = *function};
    write_variables(reader, function, &beginning, 0);
  }
}

static void write_functions(reader *reader, remnant_die *parent, int depth) {
  remnant_die child;
  if (depth > DEEPEST || reader->library.child(parent, &child) != 0) return;
  do {
    switch (reader->library.tag(&child)) {
    case TAG_SUBPROGRAM:
      write_function(reader, &child);
      // Functions and closures are described in what they lie in.
      __attribute__((fallthrough));
    case TAG_CLASS:
    case TAG_ENUMERATION:
    case TAG_LEXICAL_BLOCK:
    case TAG_MODULE:
    case TAG_NAMESPACE:
    case TAG_STRUCTURE: write_functions(reader, &child, depth + 1); break;
    }
  } while (reader->left > 0 && reader->library.siblingof(&child, &child) == 0);
}

static bool has_any(reader *reader, remnant_die *unit) {
  for (int index = 0; index < reader->count; index++)
    if (!reader->is_found[index] && reader->library.haspc(unit, reader->addresses[index]) > 0) return true;
  return false;
}

int remnant_dwarf_read(const char *path, const uint64_t *addresses, int count, int output) {
  reader reader = {.addresses = addresses, .count = count, .left = count};
  if (!remnant_library_load(&reader.library)) return REMNANT_DWARF_NO_LIBRARY;
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return REMNANT_DWARF_NO_FILE;
  reader.is_found = calloc(count, sizeof(bool));
  reader.output = fdopen(output, "w");
  const int read_only = 0;
  void *dwarf = reader.library.begin(file, read_only);
  if (dwarf == NULL || reader.is_found == NULL || reader.output == NULL) return REMNANT_DWARF_DAMAGED;
  void *unit = NULL;
  remnant_die die;
  uint8_t type;
  int result = 0;
  while (reader.left > 0 && (result = reader.library.get_units(dwarf, unit, &unit, NULL, &type, &die, NULL)) == 0)
    if (has_any(&reader, &die)) write_functions(&reader, &die, 0);
  fflush(reader.output);
  return result < 0 ? REMNANT_DWARF_DAMAGED : REMNANT_DWARF_OK;
}
