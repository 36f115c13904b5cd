#include <stdbool.h>

// Tells the recorder that it is the library that the tool preloads: without a tool it does nothing.
__attribute__((visibility("hidden"))) const bool remnant_is_library = true;
