// The order of births, for times that no test can wait for.
#include <stdio.h>

#include "order.h"

int main(void) {
  uint64_t before = 0;
  for (int digits = 0; digits < 64; digits++) {
    // Around each power of two, and in steps that the order has digits for.
    uint64_t power = UINT64_C(1) << digits;
    uint64_t step = digits < REMNANT_ORDER_DIGITS ? 1 : power >> (REMNANT_ORDER_DIGITS - 1);
    for (int i = 0; i < 3; i++) {
      uint64_t order = remnant_order_at(power + i * step);
      if (power > 4 && order <= before) return printf("%lu at %d digits, step %d\n", order, digits, i), 1;
      if (order >> 40 != 0) return printf("%lu has more than 40 bits\n", order), 1;
      before = order;
    }
    if (digits > 2 && remnant_order_at(power * 2 - step) <= before) return puts("the end isn't later"), 1;
    before = remnant_order_at(power * 2 - step);
  }
  puts("later is more");
  return 0;
}
