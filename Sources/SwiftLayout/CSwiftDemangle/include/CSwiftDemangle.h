// Provided because no module exports the demangler that writes names as people read them:
// `closure #1 in Pet.bind(with:)`, without modules and types. libswiftCore has it for its own
// backtraces (swiftlang/swift 6.3, stdlib/public/runtime/Backtrace.cpp).

#ifndef REMNANT_SWIFT_DEMANGLE_H
#define REMNANT_SWIFT_DEMANGLE_H

#include <stddef.h>

// Allocates the result with malloc where `buffer` is NULL; NULL where the name isn't Swift's.
char *_swift_backtrace_demangle(const char *name, size_t length, char *buffer, size_t *size);

#endif
