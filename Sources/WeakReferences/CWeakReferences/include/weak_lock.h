#ifndef WEAK_LOCK_H
#define WEAK_LOCK_H

#include <stdbool.h>
#include <stdint.h>

/// A lock that may be held for a few instructions, never while user code runs.
///
/// Provided because it has to lie in memory that C and Swift share, and because releasing it costs an ordinary store:
/// an atomic exchange there, to learn of sleepers for sure, would be a quarter of a look-up. A sleeper that is
/// overlooked wakes by itself after a millisecond.
typedef struct wr_lock {
  uint32_t held;
  uint32_t sleepers;
} wr_lock;

void wr_lock_wait(wr_lock *_Nonnull lock);
void wr_lock_wake(wr_lock *_Nonnull lock);

static inline void wr_lock_acquire(wr_lock *_Nonnull lock) {
  if (__builtin_expect(__atomic_exchange_n(&lock->held, 1, __ATOMIC_ACQUIRE), 0))
    wr_lock_wait(lock);
}

static inline void wr_lock_release(wr_lock *_Nonnull lock) {
  __atomic_store_n(&lock->held, 0, __ATOMIC_RELEASE);
  if (__builtin_expect(__atomic_load_n(&lock->sleepers, __ATOMIC_RELAXED), 0))
    wr_lock_wake(lock);
}

#endif
