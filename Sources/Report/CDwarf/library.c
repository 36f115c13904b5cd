#include "library.h"

#include <dlfcn.h>

#include "CDwarf.h"

bool remnant_library_load(remnant_library *library) {
  void *handle = dlopen("libdw.so.1", RTLD_NOW | RTLD_LOCAL);
  if (handle == NULL) return false;
#define REMNANT_LOAD(name, result, parameters)                                                                         \
  library->name = (result(*) parameters)dlsym(handle, "dwarf_" #name);                                                 \
  if (library->name == NULL) return false;
  REMNANT_DWARF_FUNCTIONS(REMNANT_LOAD)
#undef REMNANT_LOAD
  return true;
}

int remnant_dwarf_is_available(void) {
  remnant_library library;
  return remnant_library_load(&library);
}
