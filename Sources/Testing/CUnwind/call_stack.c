#include "CUnwind.h"

#define UNW_LOCAL_ONLY
#include <libunwind.h>

int remnant_call_stack(void **addresses, int capacity) {
  return capacity > 0 ? unw_backtrace(addresses, capacity) : 0;
}
