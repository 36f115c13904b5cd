#ifndef SWIFT_RUNTIME_H
#define SWIFT_RUNTIME_H

#include <stdbool.h>
#include <stddef.h>

// Functions that libswiftCore exports and declares in no header that ships (`HeapObject.h` of the Swift sources).

/// A strong reference to an object whose memory is there, or null when its deinit has begun.
void *_Nullable swift_tryRetain(void *_Nonnull object);
/// Whether the object's deinit has begun.
bool swift_isDeallocating(void *_Nonnull object);
void swift_release(void *_Nullable object);
void *_Nonnull swift_unownedRetain(void *_Nonnull object);
void swift_unownedRelease(void *_Nonnull object);
size_t swift_retainCount(void *_Nonnull object);
size_t swift_unownedRetainCount(void *_Nonnull object);
size_t swift_weakRetainCount(void *_Nonnull object);

#endif
