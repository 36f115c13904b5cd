#include "weak_lock.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

void wr_lock_wait(wr_lock *lock) {
  // The holder is gone in a few instructions, unless it lost its processor.
  for (int spin = 0; spin < 64; spin++) {
    if (__atomic_load_n(&lock->held, __ATOMIC_RELAXED) == 0 &&
        __atomic_exchange_n(&lock->held, 1, __ATOMIC_ACQUIRE) == 0)
      return;
#if defined(__x86_64__)
    __builtin_ia32_pause();
#endif
  }
  static const struct timespec millisecond = {0, 1000000};
  __atomic_fetch_add(&lock->sleepers, 1, __ATOMIC_SEQ_CST);
  while (__atomic_exchange_n(&lock->held, 1, __ATOMIC_ACQUIRE) != 0)
    syscall(SYS_futex, &lock->held, FUTEX_WAIT_PRIVATE, 1, &millisecond, 0, 0);
  __atomic_fetch_sub(&lock->sleepers, 1, __ATOMIC_RELAXED);
}

void wr_lock_wake(wr_lock *lock) {
  syscall(SYS_futex, &lock->held, FUTEX_WAKE_PRIVATE, 1, 0, 0, 0);
}
