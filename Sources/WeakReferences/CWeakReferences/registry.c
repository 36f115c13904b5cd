#include "weak_registry.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "patch.h"

// An object and the first of its ring of records: callbacks and references newest first, then containers.
struct node {
  wr_hidden object;
  wr_record *first;
};

// Open addressing with linear probing, at most two thirds full.
struct shard {
  _Alignas(64) wr_lock lock;
  size_t count;
  size_t capacity;
  struct node *nodes;
};

#define shard_bits 6
#define least_capacity 32
static struct shard shards[1 << shard_bits];

static wr_record claimed_mark;
#define claimed (&claimed_mark)

static _Atomic uint64_t last_serial;
static _Atomic bool lazy;
static _Atomic bool ever_lazy;
static _Atomic size_t lazy_registrations;
static _Atomic size_t lazy_limit = 1024;

// MARK: The table

// Objects that were allocated one after the other lie in one kilobyte, and so do their nodes: what is near in time is
// near in the cache. The kilobytes are scattered.
static uint64_t scattered(const void *object) { return ((uintptr_t)object >> 10) * 0x9E3779B97F4A7C15u; }

static struct shard *shard_of(const void *object) { return &shards[scattered(object) >> (64 - shard_bits)]; }

static size_t home(const struct shard *shard, const void *object) {
  return ((scattered(object) >> 20) + ((uintptr_t)object >> 4 & 63)) & (shard->capacity - 1);
}

static struct node *find(struct shard *shard, const void *object) {
  if (shard->count == 0)
    return NULL;
  wr_hidden hidden = wr_hide(object);
  for (size_t i = home(shard, object);; i = (i + 1) & (shard->capacity - 1)) {
    struct node *node = &shard->nodes[i];
    if (node->object == hidden)
      return node;
    if (node->object == 0)
      return NULL;
  }
}

static struct node *free_place(struct shard *shard, const void *object) {
  size_t i = home(shard, object);
  while (shard->nodes[i].object != 0)
    i = (i + 1) & (shard->capacity - 1);
  return &shard->nodes[i];
}

// False when there is no memory.
static bool resize(struct shard *shard, size_t capacity) {
  struct shard old = *shard;
  struct node *nodes = calloc(capacity, sizeof(struct node));
  if (nodes == NULL)
    return false;
  shard->nodes = nodes;
  shard->capacity = capacity;
  for (size_t i = 0; i < old.capacity; i++)
    if (old.nodes[i].object != 0)
      *free_place(shard, wr_reveal(old.nodes[i].object)) = old.nodes[i];
  free(old.nodes);
  return true;
}

static struct node *add(struct shard *shard, void *object) {
  if ((shard->count + 1) * 3 > shard->capacity * 2 &&
      !resize(shard, shard->capacity == 0 ? least_capacity : shard->capacity * 2))
    abort();
  struct node *node = free_place(shard, object);
  node->object = wr_hide(object);
  node->first = NULL;
  shard->count++;
  return node;
}

static void take_out(struct shard *shard, struct node *node) {
  size_t mask = shard->capacity - 1;
  size_t hole = (size_t)(node - shard->nodes);
  for (size_t i = (hole + 1) & mask; shard->nodes[i].object != 0; i = (i + 1) & mask) {
    // A node may move back to the hole unless its home lies behind it.
    size_t from_home = (i - home(shard, wr_reveal(shard->nodes[i].object))) & mask;
    if (from_home >= ((i - hole) & mask)) {
      shard->nodes[hole] = shard->nodes[i];
      hole = i;
    }
  }
  shard->nodes[hole].object = 0;
  shard->count--;
}

// A death has no memory to ask for, were it not for this: and without any, the large table serves.
static void shrink_if_sparse(struct shard *shard) {
  size_t capacity = shard->capacity;
  while (capacity > least_capacity && shard->count * 8 < capacity)
    capacity /= 2;
  if (capacity < shard->capacity)
    resize(shard, capacity);
}

// MARK: Records

static uint64_t new_serial(void) { return atomic_fetch_add_explicit(&last_serial, 1, memory_order_relaxed) + 1; }

static void link_record(struct node *node, wr_record *record) {
  wr_record *first = node->first;
  if (first == NULL) {
    record->next = record->previous = record;
  } else {
    record->next = first;
    record->previous = first->previous;
    first->previous->next = record;
    first->previous = record;
  }
  if (first == NULL || record->owner->kind != wr_kind_container)
    node->first = record;
}

_Noreturn static void refuse(void *object) {
  fprintf(
    stderr,
    "WeakReferences: the object at %p has no class metadata (it is a closure context, a box or a task), "
    "so its deallocation can't be observed.\n",
    object);
  abort();
}

static bool add_record(void *object, wr_record *record, const wr_owner *owner, uint64_t *serial) {
  record->object = wr_hide(object);
  record->owner = owner;
  record->previous = NULL;
  if (atomic_load_explicit(&lazy, memory_order_relaxed)) {
    if (!wr_has_class(object))
      refuse(object);
    atomic_fetch_add_explicit(&lazy_registrations, 1, memory_order_relaxed);
  } else if (!wr_patch_class_of(object)) {
    refuse(object);
  }

  struct shard *shard = shard_of(object);
  wr_lock_acquire(&shard->lock);
  // In lazy mode a dying object may still be in the table.
  if (swift_isDeallocating(object)) {
    wr_lock_release(&shard->lock);
    return false;
  }
  struct node *node = find(shard, object);
  if (node == NULL) {
    swift_unownedRetain(object);
    node = add(shard, object);
  }
  if (serial != NULL) {
    bool is_first = node->first == NULL || node->first->owner->kind == wr_kind_container;
    *serial = is_first ? new_serial() : ((wr_watch *)node->first)->serial;
  }
  link_record(node, record);
  wr_lock_release(&shard->lock);
  return true;
}

bool wr_register(void *object, wr_record *record, const wr_owner *owner) {
  return add_record(object, record, owner, NULL);
}

bool wr_watch_object(void *object, wr_watch *watch) {
  bool registered = add_record(object, &watch->record, &watch->owner, &watch->serial);
  if (!registered)
    watch->serial = new_serial();
  return registered;
}

wr_unregistration wr_unregister(wr_record *record) {
  void *object = wr_reveal(record->object);
  struct shard *shard = shard_of(object);
  wr_lock_acquire(&shard->lock);
  wr_unregistration result = wr_unregistered;
  bool was_last = false;
  if (record->previous == NULL) {
    result = wr_was_not_registered;
  } else if (record->previous == claimed) {
    result = wr_handler_is_coming;
  } else {
    was_last = record->next == record;
    struct node *node = find(shard, object);
    if (was_last) {
      take_out(shard, node);
      shrink_if_sparse(shard);
    } else {
      if (node->first == record)
        node->first = record->next;
      record->next->previous = record->previous;
      record->previous->next = record->next;
    }
    record->previous = NULL;
  }
  wr_lock_release(&shard->lock);
  if (was_last)
    swift_unownedRelease(object);
  return result;
}

bool wr_move(wr_record *from, wr_record *to) {
  struct shard *shard = shard_of(wr_reveal(from->object));
  wr_lock_acquire(&shard->lock);
  bool movable = from->previous != claimed;
  if (movable) {
    *to = *from;
    if (from->previous != NULL) {
      struct node *node = find(shard, wr_reveal(from->object));
      if (node->first == from)
        node->first = to;
      if (from->next == from) {
        to->next = to->previous = to;
      } else {
        to->next->previous = to;
        to->previous->next = to;
      }
    }
    from->previous = NULL;
  }
  wr_lock_release(&shard->lock);
  return movable;
}

void *wr_retain_object(wr_record *record) {
  struct shard *shard = shard_of(wr_reveal(record->object));
  wr_lock_acquire(&shard->lock);
  bool alive = record->previous != NULL && record->previous != claimed;
  void *object = alive ? swift_tryRetain(wr_reveal(record->object)) : NULL;
  wr_lock_release(&shard->lock);
  return object;
}

bool wr_count_references(wr_record *record, size_t *strong, size_t *unowned, size_t *weak) {
  struct shard *shard = shard_of(wr_reveal(record->object));
  wr_lock_acquire(&shard->lock);
  // A record that is registered keeps the memory of its object.
  bool alive = record->previous != NULL && record->previous != claimed && !swift_isDeallocating(wr_reveal(record->object));
  if (alive) {
    *strong = swift_retainCount(wr_reveal(record->object));
    *unowned = swift_unownedRetainCount(wr_reveal(record->object)) - 1;
    *weak = swift_weakRetainCount(wr_reveal(record->object));
  }
  wr_lock_release(&shard->lock);
  return alive;
}

size_t wr_references(void *object, size_t capacity, void **instances) {
  struct shard *shard = shard_of(object);
  wr_lock_acquire(&shard->lock);
  struct node *node = find(shard, object);
  size_t count = 0;
  wr_record *record = node == NULL ? NULL : node->first;
  while (record != NULL && record->owner->kind != wr_kind_container) {
    if (record->owner->kind == wr_kind_reference) {
      if (capacity == 0)
        count++;
      else if (count < capacity && swift_tryRetain(record->owner->instance) != NULL)
        instances[count++] = record->owner->instance;
    }
    record = record->next == node->first ? NULL : record->next;
  }
  wr_lock_release(&shard->lock);
  return count;
}

size_t wr_own_unowned_references(void *object) {
  struct shard *shard = shard_of(object);
  wr_lock_acquire(&shard->lock);
  size_t count = find(shard, object) != NULL;
  wr_lock_release(&shard->lock);
  return count;
}

// MARK: Deaths

// Takes the node out and claims its records: from here on every reference reads null, and none can go away before its
// handler ran. Returns them as a list in which `next` of the last is null. The caller holds the lock.
static wr_record *claim(struct shard *shard, struct node *node) {
  wr_record *first = node->first, *record = first, *list = NULL, **end = &list;
  take_out(shard, node);
  do {
    wr_record *next = record->next;
    const wr_owner *owner = record->owner;
    if (owner->kind == wr_kind_owned_callback || swift_tryRetain(owner->instance) != NULL) {
      record->previous = claimed;
      *end = record;
      end = &record->next;
    } else {
      // Its owner is in its deinit, and about to unregister it.
      record->previous = NULL;
    }
    record = next;
  } while (record != first);
  *end = NULL;
  return list;
}

// Runs handlers, each of which may free its record.
static void run_handlers(wr_record *list) {
  for (wr_record *record = list, *next; record != NULL; record = next) {
    next = record->next;
    record->owner->handler(record->owner->instance, record);
  }
}

// Tells of one object's death. Containers come first, and all of them take their entries out before any releases what it
// held: no user code sees one that still counts the dead object. They also are the last to look at its memory.
static void tell(wr_record *list, void *object) {
  wr_record *containers = NULL, **containers_end = &containers;
  wr_record *callbacks = NULL, **callbacks_end = &callbacks;
  for (wr_record *record = list; record != NULL; record = record->next) {
    if (record->owner->kind == wr_kind_container) {
      record->owner->forget(record->owner->instance, record);
      *containers_end = record;
      containers_end = &record->next;
    } else {
      *callbacks_end = record;
      callbacks_end = &record->next;
    }
  }
  *containers_end = NULL;
  *callbacks_end = NULL;
  swift_unownedRelease(object);
  run_handlers(containers);
  run_handlers(callbacks);
}

void wr_object_died(void *object) {
  struct shard *shard = shard_of(object);
  wr_lock_acquire(&shard->lock);
  struct node *node = find(shard, object);
  wr_record *list = NULL;
  if (node != NULL) {
    list = claim(shard, node);
    shrink_if_sparse(shard);
  }
  wr_lock_release(&shard->lock);
  if (node != NULL)
    tell(list, object);
}

// MARK: Lazy mode

__attribute__((constructor)) static void read_environment(void) {
  if (getenv("WEAK_REFERENCES_LAZY") != NULL)
    wr_set_lazy(true);
}

void wr_set_lazy(bool is_lazy) {
  if (is_lazy)
    atomic_store(&ever_lazy, true);
  atomic_store(&lazy, is_lazy);
}

bool wr_is_lazy(void) { return atomic_load_explicit(&lazy, memory_order_relaxed); }

bool wr_collection_is_due(void) {
  return atomic_load_explicit(&lazy_registrations, memory_order_relaxed) >
         atomic_load_explicit(&lazy_limit, memory_order_relaxed);
}

// Claims the records of all objects of a shard that are dead; the mark kept their memory, so that one can ask. The
// objects without listeners are released at once.
static wr_record *claim_dead(struct shard *shard, size_t *dead) {
  wr_record *list = NULL, **end = &list;
  wr_lock_acquire(&shard->lock);
  for (size_t i = 0; i < shard->capacity;) {
    void *object = wr_reveal(shard->nodes[i].object);
    if (object == NULL || !swift_isDeallocating(object)) {
      i++;
      continue;
    }
    // Others may move up to this place: look at it again.
    *end = claim(shard, &shard->nodes[i]);
    if (*end == NULL)
      swift_unownedRelease(object);
    while (*end != NULL)
      end = &(*end)->next;
    ++*dead;
  }
  shrink_if_sparse(shard);
  wr_lock_release(&shard->lock);
  return list;
}

size_t wr_collect(void) {
  // Without lazy mode every death is reported where it happens, and an object that is dead already is about to be.
  if (!atomic_load(&ever_lazy))
    return 0;
  atomic_store(&lazy_registrations, 0);
  size_t dead = 0;
  for (struct shard *shard = shards; shard < shards + (1 << shard_bits); shard++) {
    wr_record *list = claim_dead(shard, &dead);
    while (list != NULL) {
      wr_record *of_object = list, *last = list;
      while (last->next != NULL && last->next->object == of_object->object)
        last = last->next;
      list = last->next;
      last->next = NULL;
      tell(of_object, wr_reveal(of_object->object));
    }
  }
  size_t alive = wr_read_statistics().objects;
  atomic_store(&lazy_limit, alive < 1024 ? 1024 : alive);
  return dead;
}

void wr_warn(const char *message) { fprintf(stderr, "WeakReferences: %s\n", message); }

wr_statistics wr_read_statistics(void) {
  wr_statistics statistics = {.patched_classes = wr_patched_classes()};
  for (struct shard *shard = shards; shard < shards + (1 << shard_bits); shard++) {
    wr_lock_acquire(&shard->lock);
    statistics.objects += shard->count;
    statistics.table_bytes += shard->capacity * sizeof(struct node);
    wr_lock_release(&shard->lock);
  }
  return statistics;
}
