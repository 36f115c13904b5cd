#ifndef WEAK_REGISTRY_H
#define WEAK_REGISTRY_H

#include "swift_runtime.h"
#include "weak_lock.h"

// The registry of the process: which objects are weakly referenced, and by whom.
//
// Everything that refers weakly to an object keeps a record, whose memory is its own. The records of one object form a
// ring, which a sharded hash table finds by the object's address. An object in the table has one unowned reference more
// than its program gave it: that marks it, so that other instances of its class die without a look at the table, and
// keeps its address from being used again.

typedef enum wr_kind {
  /// A container: it forgets the object before any callback runs.
  wr_kind_container,
  /// A weak reference, which `wr_reference_count` counts.
  wr_kind_reference,
  /// Any other callback. The registry owns its instance, until the object's death or `wr_unregister`.
  wr_kind_owned_callback,
} wr_kind;

struct wr_record;

/// Learns of a death, on the thread that released the object last, without any lock held.
typedef void (*wr_death_handler)(void *_Nonnull instance, struct wr_record *_Nonnull record);

/// Who keeps a record.
typedef struct wr_owner {
  /// A Swift object; it is retained while it is notified. An instance whose deinit has begun isn't notified.
  void *_Nonnull instance;
  /// A container's, null for others: takes its entry out, and runs no user code. All containers of an object have done so
  /// before any handler runs.
  wr_death_handler _Nullable forget;
  /// Consumes one reference to `instance`, and may do with the record what it likes.
  wr_death_handler _Nonnull handler;
  wr_kind kind;
} wr_owner;

/// An object's address, turned by two bytes: it doesn't look like a reference to those who search memory for references,
/// leak detectors and garbage collectors, for it is none. 0 for none.
typedef uintptr_t wr_hidden;

static inline wr_hidden wr_hide(const void *_Nullable object) {
  return (uintptr_t)object << 16 | (uintptr_t)object >> 48;
}

static inline void *_Nullable wr_reveal(wr_hidden hidden) { return (void *)(hidden >> 16 | hidden << 48); }

/// A weak reference to an object. Its fields, but `object` and `owner`, belong to the shard's lock.
typedef struct wr_record {
  struct wr_record *_Nullable next;
  /// Null when not registered, `wr_claimed` while a death handler is on its way.
  struct wr_record *_Nullable previous;
  wr_hidden object;
  const wr_owner *_Nullable owner;
} wr_record;

/// A record that stands alone, with its owner.
typedef struct wr_watch {
  wr_record record;
  wr_owner owner;
  /// The same for all references to one object, and never used again for another.
  uint64_t serial;
  /// For whoever keeps the watch; the registry doesn't take it.
  wr_lock lock;
} wr_watch;

/// Registers `record`, whose owner is `owner`, for the death of `object`, to which the caller has a strong reference.
///
/// False if the object's deinit has begun: then nothing was registered. An object without class metadata (a closure
/// context, a box, a task) stops the process with a message: its death can't be learned of.
bool wr_register(void *_Nonnull object, wr_record *_Nonnull record, const wr_owner *_Nonnull owner);

/// As `wr_register`, and sets the watch's serial number, in any case.
bool wr_watch_object(void *_Nonnull object, wr_watch *_Nonnull watch);

typedef enum wr_unregistration {
  /// The record was registered and is no longer: no handler will run.
  wr_unregistered,
  /// A handler has run, or never will.
  wr_was_not_registered,
  /// A handler is on its way on another thread, or further up on this one: it needs the record.
  wr_handler_is_coming,
} wr_unregistration;

/// Takes the record out. If it was an owned callback, the reference to its instance is now the caller's.
wr_unregistration wr_unregister(wr_record *_Nonnull record);

/// Moves a record's registration to other memory. Fails while its handler is on its way.
bool wr_move(wr_record *_Nonnull from, wr_record *_Nonnull to);

/// A strong reference to the record's object, or null once it is dying.
void *_Nullable wr_retain_object(wr_record *_Nonnull record);

/// The numbers of references to the record's object, as the runtime counts them, but for the registry's own. False once
/// it is dying. No reference is made for it: the counts are what they were.
bool wr_count_references(
  wr_record *_Nonnull record, size_t *_Nonnull strong, size_t *_Nonnull unowned, size_t *_Nonnull weak);

/// The weak references (`wr_kind_reference`) to an object, newest first: their number, and up to `capacity` of their
/// instances, retained.
size_t wr_references(
  void *_Nonnull object, size_t capacity, void *_Nullable *_Nullable instances);

/// How many unowned references the registry itself has to an object: 0 or 1.
size_t wr_own_unowned_references(void *_Nonnull object);

/// Deaths are looked for instead of learned of: patches no class from now on, and leaves those that are patched.
void wr_set_lazy(bool lazy);
bool wr_is_lazy(void);

/// Whether so many objects were registered lazily since the last collection that it is time for another.
bool wr_collection_is_due(void);

/// Runs the handlers of objects that died without anyone's notice. Returns how many there were.
size_t wr_collect(void);

/// Writes a line to standard error.
void wr_warn(const char *_Nonnull message);

typedef struct wr_statistics {
  size_t objects;
  size_t table_bytes;
  size_t patched_classes;
} wr_statistics;

wr_statistics wr_read_statistics(void);

#endif
