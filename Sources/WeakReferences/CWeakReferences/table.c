#include "weak_table.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define huge_page ((size_t)2 << 20)
#define live 0x80000000u
#define has_contents 0x40000000u

static void *checked(void *memory) {
  if (memory == NULL)
    abort();
  return memory;
}

static size_t round_up(size_t size, size_t alignment) { return (size + alignment - 1) & ~(alignment - 1); }

static void forget(void *instance, wr_record *record);

wr_table *wr_table_create(
  wr_death_handler handler, size_t contents_size, size_t contents_alignment, bool ordered) {
  wr_table *table = checked(calloc(1, sizeof(wr_table)));
  size_t alignment = contents_alignment < 8 ? 8 : contents_alignment;
  size_t offset = round_up(sizeof(wr_slot), alignment);
  table->owner = (wr_owner){NULL, forget, handler, wr_kind_container};
  table->stride = (uint32_t)round_up(offset + contents_size, alignment);
  table->alignment = (uint32_t)alignment;
  table->ordered = ordered;
  table->not_above = SIZE_MAX;
  return table;
}

void wr_table_destroy(wr_table *table) {
  for (uint32_t chunk = 0; chunk < table->chunk_count; chunk++)
    free(table->chunks[chunk]);
  free(table->chunks);
  free(table->index);
  free(table);
}

static uint32_t capacity(const wr_table *table) {
  return (wr_slots_of_chunk(table->chunk_count) - 1) & ~((1u << wr_first_chunk_bits) - 1);
}

// With its stamp, which only an index needs.
static size_t bytes_of_slot(const wr_table *table) {
  return table->stride + (table->ordered ? 0 : sizeof(uint64_t));
}

// Look-ups go to slots at random: a page for each of them costs as much as the slot itself.
static void *allocate(size_t size, size_t alignment) {
  if (size < huge_page)
    return aligned_alloc(alignment, size);
  void *memory = aligned_alloc(huge_page, round_up(size, huge_page));
  if (memory != NULL)
    madvise(memory, size, MADV_HUGEPAGE);
  return memory;
}

static void add_chunk(wr_table *table) {
  // Slot numbers have 30 bits.
  if (table->chunk_count == 30 - wr_first_chunk_bits)
    abort();
  size_t slots = wr_slots_of_chunk(table->chunk_count);
  table->not_above = SIZE_MAX;
  table->chunks = checked(realloc(table->chunks, (table->chunk_count + 1) * sizeof(char *)));
  table->chunks[table->chunk_count++] =
    checked(allocate(slots * bytes_of_slot(table), table->alignment));
}

// MARK: The index

static void put(wr_table *table, uint64_t word) {
  size_t i = wr_table_start(table, (uint32_t)(word >> 32));
  while (table->index[i] != 0)
    i = (i + 1) & (table->index_capacity - 1);
  table->index[i] = word;
}

static void grow_index(wr_table *table) {
  uint64_t *old = table->index;
  size_t old_capacity = table->index_capacity;
  table->index_capacity = old_capacity == 0 ? 16 : old_capacity * 2;
  table->index = checked(calloc(table->index_capacity, sizeof(uint64_t)));
  for (size_t i = 0; i < old_capacity; i++)
    if (old[i] != 0)
      put(table, old[i]);
  free(old);
}

static void index_slot(wr_table *table, const wr_slot *slot) {
  put(table, (uint64_t)slot->hash << 32 | (wr_slot_number(slot) + 1));
}

static void remove_from_index(wr_table *table, const wr_slot *slot) {
  size_t mask = table->index_capacity - 1, hole = wr_table_start(table, slot->hash);
  uint64_t word = (uint64_t)slot->hash << 32 | (wr_slot_number(slot) + 1);
  while (table->index[hole] != word)
    hole = (hole + 1) & mask;
  for (size_t i = (hole + 1) & mask; table->index[i] != 0; i = (i + 1) & mask) {
    // A word may move back to the hole unless its home lies behind it.
    size_t from_home = (i - wr_table_start(table, (uint32_t)(table->index[i] >> 32))) & mask;
    if (from_home >= ((i - hole) & mask)) {
      table->index[hole] = table->index[i];
      hole = i;
    }
  }
  table->index[hole] = 0;
}

// MARK: Slots

static wr_slot *take_free_slot(wr_table *table) {
  wr_slot *slot = table->free_slots;
  if (slot != NULL) {
    table->free_slots = (wr_slot *)slot->record.next;
    return slot;
  }
  if (table->used == capacity(table))
    add_chunk(table);
  slot = wr_table_slot(table, table->used);
  slot->number_and_state = table->used++;
  return slot;
}

static void free_slot(wr_table *table, wr_slot *slot) {
  if (table->ordered)
    return;
  slot->record.next = (wr_record *)table->free_slots;
  table->free_slots = slot;
}

wr_slot *wr_table_add(wr_table *table, uint32_t hash, void *object) {
  wr_slot *slot = take_free_slot(table);
  slot->hash = hash;
  if (!wr_register(object, &slot->record, &table->owner)) {
    free_slot(table, slot);
    return NULL;
  }
  if (!table->ordered) {
    if ((table->count + 1) * 4 > table->index_capacity * 3)
      grow_index(table);
    index_slot(table, slot);
  }
  slot->number_and_state |= live;
  table->count++;
  table->version++;
  if (!table->ordered)
    *wr_table_stamp_of(table, wr_slot_number(slot)) = table->version;
  return slot;
}

static void leave_table(wr_table *table, wr_slot *slot) {
  if (!table->ordered)
    remove_from_index(table, slot);
  slot->number_and_state &= ~live;
  table->count--;
  table->version++;
}

void wr_table_remove(wr_table *table, wr_slot *slot) {
  leave_table(table, slot);
  if (wr_unregister(&slot->record) == wr_handler_is_coming)
    table->orphans++;
  else
    free_slot(table, slot);
}

static void forget(void *instance, wr_record *record) {
  // The owner is the first field of its table, and the record of its slot.
  wr_table *table = (wr_table *)record->owner;
  wr_slot *slot = (wr_slot *)record;
  wr_lock_acquire(&table->lock);
  if (wr_slot_is_live(slot)) {
    leave_table(table, slot);
    slot->number_and_state |= has_contents;
    table->orphans++;
  }
  wr_lock_release(&table->lock);
}

wr_slot *wr_table_take_all(wr_table *table) {
  wr_slot *first = NULL, **end = &first;
  for (wr_slot *slot = wr_table_live_from(table, 0); slot != NULL;
       slot = wr_table_live_from(table, wr_slot_number(slot) + 1)) {
    slot->number_and_state &= ~live;
    table->orphans++;
    if (wr_unregister(&slot->record) == wr_handler_is_coming) {
      slot->number_and_state |= has_contents;
    } else {
      *end = slot;
      end = (wr_slot **)&slot->record.next;
    }
  }
  *end = NULL;
  table->count = 0;
  table->version++;
  if (table->index != NULL)
    memset(table->index, 0, table->index_capacity * sizeof(uint64_t));
  return first;
}

void wr_table_free_orphan(wr_table *table, wr_slot *slot) {
  slot->number_and_state &= ~has_contents;
  table->orphans--;
  free_slot(table, slot);
}

wr_slot *wr_table_live_from(const wr_table *table, uint32_t number) {
  while (number < table->used) {
    // Chunk by chunk: slots lie side by side.
    wr_slot *slot = wr_table_slot(table, number);
    uint32_t rest = wr_slots_of_chunk(wr_chunk_of(number)) - wr_offset_in_chunk(number);
    uint32_t end = rest < table->used - number ? number + rest : table->used;
    for (; number < end; number++, slot = (wr_slot *)((char *)slot + table->stride))
      if (wr_slot_is_live(slot))
        return slot;
  }
  return NULL;
}

wr_slot *wr_table_next_by_age(const wr_table *table, uint32_t hash, uint64_t stamp) {
  wr_slot *oldest = NULL, *slot;
  size_t position = wr_table_start(table, hash);
  while ((slot = wr_table_next(table, hash, &position)) != NULL) {
    uint64_t own = wr_table_stamp(table, slot);
    if (own >= stamp && (oldest == NULL || own < wr_table_stamp(table, oldest)))
      oldest = slot;
  }
  return oldest;
}

wr_slot *wr_table_any_live(wr_table *table) {
  wr_slot *slot = table->count == 0 ? NULL : wr_table_live_from(table, table->finger);
  // In an ordered table nothing is ever added before the finger.
  if (slot == NULL && table->count > 0)
    slot = wr_table_live_from(table, 0);
  if (slot != NULL)
    table->finger = wr_slot_number(slot);
  return slot;
}

// MARK: Moving together

bool wr_table_is_sparse(const wr_table *table) {
  return table->chunk_count > 1 && table->iterators == 0 && table->orphans == 0 &&
         table->count < capacity(table) / 8 && table->count <= table->not_above;
}

bool wr_table_is_full_of_holes(const wr_table *table) {
  return table->ordered && table->used == capacity(table) && table->count <= table->used / 2 &&
         table->iterators == 0 && table->orphans == 0;
}

bool wr_table_move(wr_table *table, wr_slot *from, wr_slot *to) {
  if (!wr_move(&from->record, &to->record))
    return false;
  to->hash = from->hash;
  to->number_and_state |= live;
  from->number_and_state &= ~live;
  if (!table->ordered)
    *wr_table_stamp_of(table, wr_slot_number(to)) = wr_table_stamp(table, from);
  return true;
}

void wr_table_finish_moving(wr_table *table, uint32_t used) {
  // Whoever found an entry, and compares it without the lock, is not to take its old slot for it.
  table->version++;
  table->used = used;
  table->finger = 0;
  table->free_slots = NULL;
  // An entry whose handler is on its way could not move, and left holes before it.
  for (uint32_t number = table->count < used ? 0 : used; number < used; number++)
    if (!wr_slot_is_live(wr_table_slot(table, number)))
      free_slot(table, wr_table_slot(table, number));
  uint32_t chunks = table->chunk_count;
  while (table->chunk_count > 1 && capacity(table) / 2 > used + used / 2)
    free(table->chunks[--table->chunk_count]);
  table->not_above = table->chunk_count < chunks ? SIZE_MAX : table->count / 2;
  if (table->ordered)
    return;
  size_t least = 16;
  while (table->count * 2 > least)
    least *= 2;
  if (least < table->index_capacity) {
    uint64_t *smaller = realloc(table->index, least * sizeof(uint64_t));
    if (smaller != NULL)
      table->index = smaller;
    table->index_capacity = least;
  }
  memset(table->index, 0, table->index_capacity * sizeof(uint64_t));
  for (wr_slot *slot = wr_table_live_from(table, 0); slot != NULL;
       slot = wr_table_live_from(table, wr_slot_number(slot) + 1))
    index_slot(table, slot);
}

size_t wr_table_bytes(const wr_table *table) {
  return sizeof(wr_table) + table->index_capacity * sizeof(uint64_t) + table->chunk_count * sizeof(char *) +
         capacity(table) * bytes_of_slot(table);
}
