#ifndef WEAK_LOCK_H
#define WEAK_LOCK_H

#include <stdbool.h>
#include <stdint.h>

/// A lock of four bytes that may be held for a few instructions, never while user code runs.
///
/// Provided because it has to lie in memory that C and Swift share, and to cost two instructions that touch memory
/// when nobody else wants it. Who waits sleeps in the kernel (futex).
typedef struct wr_lock {
  /// 0: free, 1: held, 2: held, and somebody may be asleep.
  uint32_t state;
} wr_lock;

void wr_lock_wait(wr_lock *_Nonnull lock);
void wr_lock_wake(wr_lock *_Nonnull lock);

static inline void wr_lock_acquire(wr_lock *_Nonnull lock) {
  uint32_t free = 0;
  if (!__atomic_compare_exchange_n(&lock->state, &free, 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
    wr_lock_wait(lock);
}

static inline void wr_lock_release(wr_lock *_Nonnull lock) {
  if (__atomic_exchange_n(&lock->state, 0, __ATOMIC_RELEASE) == 2)
    wr_lock_wake(lock);
}

#endif
