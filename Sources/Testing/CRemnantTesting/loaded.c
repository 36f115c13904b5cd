#include "CRemnantTesting.h"

__attribute__((constructor)) static void loaded(void) { remnant_testing_loaded(); }
