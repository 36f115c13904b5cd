// Memory that the tool and the program share.

#ifndef REMNANT_SHARED_PAGE_H
#define REMNANT_SHARED_PAGE_H

#include <stddef.h>

// Maps a page's worth of zeros that another process can map, too: by a descriptor (close-on-exec), or, where no file
// may have any bytes (RLIMIT_FSIZE), by the number of a System V segment, which the last process that has it takes with
// it. The other of the two is -1. Returns NULL with errno where neither can be had.
void *remnant_make_shared_page(const char *name, int *descriptor, int *segment);

// Unmaps what `remnant_make_shared_page` made.
void remnant_remove_shared_page(void *page, int descriptor, int segment);

#endif
