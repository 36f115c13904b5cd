// Time without a system call, and when a block was allocated, in 40 bits.

#ifndef REMNANT_ORDER_H
#define REMNANT_ORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "CRecorderFormat.h"

// Since the program forbade itself the processor's counter, which strict seccomp does, too: reading it would end the
// program. What was counted last is counted on, one step for each question.
extern bool remnant_is_clock_forbidden;
extern uint64_t remnant_last_ticks;

static inline uint64_t remnant_ticks(void) {
  if (__builtin_expect(__atomic_load_n(&remnant_is_clock_forbidden, __ATOMIC_RELAXED), 0))
    return __atomic_add_fetch(&remnant_last_ticks, UINT64_C(1) << REMNANT_ORDER_SHIFT, __ATOMIC_RELAXED);
#if defined(__x86_64__)
  return __builtin_ia32_rdtsc();
#else
  uint64_t ticks;
  __asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
  return ticks;
#endif
}

static inline void remnant_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#else
  __asm__ volatile("yield");
#endif
}

// Grows with time, and never begins anew: from 2^36 on only the upper 36 digits of the time count, the first of which
// is always 1, so that what comes after 2^36 - 1 is 2^36 again.
static inline uint64_t remnant_order_at(uint64_t time) {
  if (__builtin_expect(time >> REMNANT_ORDER_DIGITS == 0, 1)) return time;
  unsigned shift = 64 - REMNANT_ORDER_DIGITS - __builtin_clzll(time);
  return ((uint64_t)shift << (REMNANT_ORDER_DIGITS - 1)) + (time >> shift);
}

#endif
