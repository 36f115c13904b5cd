#ifndef PATCH_H
#define PATCH_H

#include <stdbool.h>
#include <stddef.h>

/// Sees to it that `wr_object_died` is called before the deinit of any marked instance of `object`'s class. False when
/// its metadata isn't a class's.
bool wr_patch_class_of(void *object);
bool wr_has_class(void *object);
size_t wr_patched_classes(void);

/// Whether the object may have an unowned reference, as every registered one has.
bool wr_may_be_marked(void *object);

void wr_object_died(void *object);

#endif
