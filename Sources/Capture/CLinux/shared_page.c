#define _GNU_SOURCE
#include "remnant_shared_page.h"

#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <unistd.h>

enum { page_size = 4096 };

static void ignore(int signal) {}

// From here on a file that would be too large is an error, and no end of the tool. By a handler, which the programs that it
// starts don't inherit.
static void outlive_file_limit(void) {
  struct sigaction action;
  if (sigaction(SIGXFSZ, NULL, &action) != 0 || action.sa_handler != SIG_DFL) return;
  action = (struct sigaction){.sa_handler = ignore, .sa_flags = SA_RESTART};
  sigaction(SIGXFSZ, &action, NULL);
}

static void *make_segment(int *segment) {
  *segment = shmget(IPC_PRIVATE, page_size, IPC_CREAT | 0600);
  if (*segment < 0) return NULL;
  void *page = shmat(*segment, NULL, 0);
  int error = errno;
  // Gone with the last process that has it; until then Linux lets others have it by its number.
  shmctl(*segment, IPC_RMID, NULL);
  errno = error;
  return page == (void *)-1 ? NULL : page;
}

void *remnant_make_shared_page(const char *name, int *descriptor, int *segment) {
  outlive_file_limit();
  *segment = -1;
  *descriptor = memfd_create(name, MFD_CLOEXEC);
  if (*descriptor < 0) return NULL;
  if (ftruncate(*descriptor, page_size) == 0) {
    void *page = mmap(NULL, page_size, PROT_READ | PROT_WRITE, MAP_SHARED, *descriptor, 0);
    return page == MAP_FAILED ? NULL : page;
  }
  if (errno != EFBIG) return NULL;
  close(*descriptor);
  *descriptor = -1;
  return make_segment(segment);
}

void remnant_remove_shared_page(void *page, int descriptor, int segment) {
  if (segment >= 0) {
    shmdt(page);
    return;
  }
  munmap(page, page_size);
  close(descriptor);
}
