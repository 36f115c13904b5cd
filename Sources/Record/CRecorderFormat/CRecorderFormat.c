// SwiftPM wants a source file in every C target; the layouts are all in the header.
#include "CRecorderFormat.h"

_Static_assert(sizeof(remnant_record) == 12, "12 bytes for each 32 bytes of heap");
_Static_assert(sizeof(remnant_control) <= 4096, "one page");
