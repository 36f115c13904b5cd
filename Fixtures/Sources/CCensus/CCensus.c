#include "CCensus.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

enum { capacity = 64 };

static struct {
  _Atomic(const void *) type;
  atomic_long alive;
} slots[capacity];

static atomic_uint sink;

void census_count(const void *type, const void *object, long change) {
  // Sixteen bits of a hash: no word here may look like a reference to the object.
  census_use((long)((uintptr_t)object >> 4));
  for (int index = 0; index < capacity; index++) {
    const void *found = atomic_load(&slots[index].type);
    if (found == NULL && atomic_compare_exchange_strong(&slots[index].type, &found, type)) {
      found = type;
    }
    if (found == type) {
      atomic_fetch_add(&slots[index].alive, change);
      return;
    }
  }
  abort();
}

int census_type_count(void) {
  int count = 0;
  while (count < capacity && atomic_load(&slots[count].type) != NULL) {
    count++;
  }
  return count;
}

const void *census_type(int index) { return atomic_load(&slots[index].type); }

long census_alive(int index) { return atomic_load(&slots[index].alive); }

void census_use(long number) {
  atomic_fetch_xor(&sink, (unsigned)((uint64_t)number * 0x9E3779B97F4A7C15u >> 48));
}
