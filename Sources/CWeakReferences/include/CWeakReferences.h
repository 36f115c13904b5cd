#include "swift_runtime.h"
#include "weak_lock.h"
#include "weak_registry.h"
#include "weak_table.h"
