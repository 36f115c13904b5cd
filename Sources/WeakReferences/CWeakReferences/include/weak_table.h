#ifndef WEAK_TABLE_H
#define WEAK_TABLE_H

#include "weak_registry.h"

// The common part of the weak containers: slots that refer weakly to objects, and an index that finds them by a hash.
// What else an entry has (its contents) lies behind its slot, and only Swift knows what it is.
//
// Everything here wants the table's lock held, and runs no user code. The lock may be held when a shard's lock is
// taken, never the other way round.

/// One entry, with its contents behind it. A free slot isn't live and its record isn't registered. An orphan isn't live,
/// but not free yet: a handler is on its way to it, or its contents are being released.
typedef struct wr_slot {
  wr_record record;
  uint32_t hash;
  /// Its number; the highest bit is set while it is in the table, the next while it is an orphan whose handler is to
  /// release the contents.
  uint32_t number_and_state;
} wr_slot;

typedef struct wr_table {
  /// First, so that its address is the table's.
  wr_owner owner;
  wr_lock lock;
  /// While there are any, entries stay in their slots.
  uint32_t iterators;
  /// The live entries.
  size_t count;
  /// Grows with each change of what is in the table, or where.
  uint64_t version;
  /// Open addressing with linear probing; a word is hash << 32 | slot number + 1, or 0.
  uint64_t *_Nullable index;
  size_t index_capacity;
  /// Each chunk has twice the slots of the one before. They stay where they are, for records are linked.
  char *_Nonnull *_Nullable chunks;
  uint32_t chunk_count;
  /// Slots with a number below this one have been in use.
  uint32_t used;
  /// Where `wr_table_any_live` found an entry last.
  uint32_t finger;
  wr_slot *_Nullable free_slots;
  /// While there are any, entries stay in their slots.
  uint32_t orphans;
  /// Moving together gained nothing, because handlers were on their way: not again while more entries are live.
  size_t not_above;
  /// Of slots with their contents, in bytes.
  uint32_t stride;
  uint32_t alignment;
  /// Keeps the order of insertion, and has no index.
  bool ordered;
} wr_table;

#define wr_first_chunk_bits 3

// A stamp distinguishes an entry from those that were in its slot before and from those that will be: it is the table's version
// at its addition. Stamps lie behind their chunk's slots, where they are out of a look-up's way.

/// The caller sets `owner.instance` before it adds an entry.
wr_table *_Nonnull wr_table_create(
  wr_death_handler _Nonnull handler, size_t contents_size, size_t contents_alignment, bool ordered);

/// Frees the memory; every entry must be gone.
void wr_table_destroy(wr_table *_Nonnull table);

static inline uint32_t wr_slot_number(const wr_slot *_Nonnull slot) {
  return slot->number_and_state & 0x3FFFFFFF;
}

static inline bool wr_slot_is_live(const wr_slot *_Nonnull slot) {
  return slot->number_and_state >> 31;
}

/// Of an orphan: whether the contents are still there, for the handler to release.
static inline bool wr_slot_has_contents(const wr_slot *_Nonnull slot) {
  return slot->number_and_state >> 30 & 1;
}

static inline uint32_t wr_chunk_of(uint32_t number) {
  return 31 - wr_first_chunk_bits - (uint32_t)__builtin_clz(number + (1 << wr_first_chunk_bits));
}

static inline uint32_t wr_offset_in_chunk(uint32_t number) {
  uint32_t biased = number + (1 << wr_first_chunk_bits);
  return biased & ~(0x80000000u >> __builtin_clz(biased));
}

static inline uint32_t wr_slots_of_chunk(uint32_t chunk) { return 1u << (wr_first_chunk_bits + chunk); }

static inline wr_slot *_Nonnull wr_table_slot(const wr_table *_Nonnull table, uint32_t number) {
  return (wr_slot *)(table->chunks[wr_chunk_of(number)] + (size_t)wr_offset_in_chunk(number) * table->stride);
}

static inline uint64_t *_Nonnull wr_table_stamp_of(const wr_table *_Nonnull table, uint32_t number) {
  uint32_t chunk = wr_chunk_of(number);
  char *stamps = table->chunks[chunk] + (size_t)wr_slots_of_chunk(chunk) * table->stride;
  return (uint64_t *)stamps + wr_offset_in_chunk(number);
}

/// The stamp of a live entry in a table that isn't ordered.
static inline uint64_t wr_table_stamp(const wr_table *_Nonnull table, const wr_slot *_Nonnull slot) {
  return *wr_table_stamp_of(table, wr_slot_number(slot));
}

/// Where to look for the first entry with a hash.
static inline size_t wr_table_start(const wr_table *_Nonnull table, uint32_t hash) {
  return hash & (table->index_capacity - 1);
}

/// The next entry with the hash, or null; `position` then stands behind it.
static inline wr_slot *_Nullable wr_table_next(
  const wr_table *_Nonnull table, uint32_t hash, size_t *_Nonnull position) {
  if (table->count == 0)
    return 0;
  for (size_t i = *position;;) {
    uint64_t word = table->index[i];
    if (word == 0)
      return 0;
    i = (i + 1) & (table->index_capacity - 1);
    if (word >> 32 == hash) {
      *position = i;
      return wr_table_slot(table, (uint32_t)word - 1);
    }
  }
}

/// The oldest entry with the hash whose stamp is at least `stamp`, or null.
wr_slot *_Nullable wr_table_next_by_age(const wr_table *_Nonnull table, uint32_t hash, uint64_t stamp);

/// The entry of an object, in a table whose hashes are of addresses.
static inline wr_slot *_Nullable wr_table_find_object(
  const wr_table *_Nonnull table, uint32_t hash, const void *_Nonnull object) {
  size_t position = wr_table_start(table, hash);
  wr_slot *slot;
  do
    slot = wr_table_next(table, hash, &position);
  while (slot && slot->record.object != wr_hide(object));
  return slot;
}

static inline uint32_t wr_address_hash(const void *_Nonnull object) {
  return (uint32_t)(((uintptr_t)object >> 4) * 0x9E3779B97F4A7C15u >> 32);
}

/// A live entry for an object, or null when it is dying. The contents of the entry aren't initialized yet.
wr_slot *_Nullable wr_table_add(wr_table *_Nonnull table, uint32_t hash, void *_Nonnull object);

/// Removes a live entry whose contents have been moved out.
void wr_table_remove(wr_table *_Nonnull table, wr_slot *_Nonnull slot);

/// Takes every entry out. Returns the first of the slots whose contents the caller is to release before it frees them;
/// `wr_slot_after` finds the others. Where a handler is on its way, that does both.
wr_slot *_Nullable wr_table_take_all(wr_table *_Nonnull table);

static inline wr_slot *_Nullable wr_slot_after(const wr_slot *_Nonnull slot) { return (wr_slot *)slot->record.next; }

/// Frees the slot of an orphan whose contents have been moved out.
void wr_table_free_orphan(wr_table *_Nonnull table, wr_slot *_Nonnull slot);

/// Counts one iterator more or less. Not in Swift, for which that is an access to the whole table.
static inline void wr_table_count_iterator(wr_table *_Nonnull table, int change) {
  table->iterators += (uint32_t)change;
}

/// The live entry with the lowest number from `number` on, or null.
wr_slot *_Nullable wr_table_live_from(const wr_table *_Nonnull table, uint32_t number);

/// The same, at once where the very next entry is live, as most are.
static inline wr_slot *_Nullable wr_table_next_live(const wr_table *_Nonnull table, uint32_t number) {
  if (number < table->used) {
    wr_slot *slot = wr_table_slot(table, number);
    if (wr_slot_is_live(slot))
      return slot;
  }
  return wr_table_live_from(table, number);
}

/// Some live entry, of an ordered table the first; or null. It goes round: none of those before the last that it found is
/// looked at again until all behind have been, so taking out one after the other costs O(1) for each.
wr_slot *_Nullable wr_table_any_live(wr_table *_Nonnull table);

/// Whether so few slots are live that their entries should move together: after a removal to give memory back, before
/// an addition to an ordered table to make room.
bool wr_table_is_sparse(const wr_table *_Nonnull table);
bool wr_table_is_full_of_holes(const wr_table *_Nonnull table);

/// Moves a live entry into a slot that is free. False, and nothing happened, while its handler is on its way.
bool wr_table_move(wr_table *_Nonnull table, wr_slot *_Nonnull from, wr_slot *_Nonnull to);

/// After the live entries moved to the lowest numbers, those below `used`: rebuilds the index, and frees what memory is
/// no longer needed.
void wr_table_finish_moving(wr_table *_Nonnull table, uint32_t used);

/// The memory of the table, in bytes.
size_t wr_table_bytes(const wr_table *_Nonnull table);

#endif
