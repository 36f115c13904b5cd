#ifndef MALLOC_STATISTICS_H
#define MALLOC_STATISTICS_H

#include <stddef.h>

/// The bytes in allocated blocks of all arenas, with those that threads keep at hand. Provided because Swift's module of
/// the C library leaves `malloc.h` out.
size_t malloc_bytes_in_use(void);

#endif
