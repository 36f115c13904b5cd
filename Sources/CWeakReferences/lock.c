#include "weak_lock.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

void wr_lock_wait(wr_lock *lock) {
  // The holder is gone in a few instructions, unless it lost its processor.
  for (int spin = 0; spin < 64; spin++) {
    uint32_t free = 0;
    if (__atomic_load_n(&lock->state, __ATOMIC_RELAXED) == 0 &&
        __atomic_compare_exchange_n(&lock->state, &free, 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
      return;
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
  }
  while (__atomic_exchange_n(&lock->state, 2, __ATOMIC_ACQUIRE) != 0)
    syscall(SYS_futex, &lock->state, FUTEX_WAIT_PRIVATE, 2, 0, 0, 0);
}

void wr_lock_wake(wr_lock *lock) {
  syscall(SYS_futex, &lock->state, FUTEX_WAKE_PRIVATE, 1, 0, 0, 0);
}
