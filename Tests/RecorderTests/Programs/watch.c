// A tool in miniature: starts a program under the recorder and, at its exit, prints its records.
//
//     watch RECORDER [-v KIBIBYTES] [-m BYTES] PROGRAM [ARG…]
//
// -v limits the program's address space from before its start; -m leaves out smaller blocks.
// On standard error: "block SIZE ORDER FRAME…" for each live block in order of birth, "lost …" and
// how the program ended.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "CRecorderFormat.h"

static pid_t child;

static void die(const char *what) {
  perror(what);
  exit(99);
}

static void get(uint64_t address, void *buffer, size_t size) {
  struct iovec local = {buffer, size}, remote = {(void *)address, size};
  if (process_vm_readv(child, &local, 1, &remote, 1, 0) != (ssize_t)size) die("process_vm_readv");
}

struct block {
  uint64_t address, size, order;
  uint32_t stack;
};

static int by_order(const void *left, const void *right) {
  const struct block *a = left, *b = right;
  return a->order < b->order ? -1 : a->order > b->order;
}

static void print(const struct block *block, const uint64_t *chunks) {
  fprintf(stderr, "block %lu %lu", block->size, block->order);
  if (block->stack != REMNANT_NO_STACK) {
    uint64_t address = chunks[block->stack >> REMNANT_STACK_CHUNK_SHIFT] +
                       (block->stack & ((1u << REMNANT_STACK_CHUNK_SHIFT) - 1)) * 16ULL;
    remnant_stack head;
    uint64_t frames[512];
    get(address, &head, sizeof head);
    if (head.frame_count > 512) die("frame count");
    get(address + sizeof head, frames, head.frame_count * 8);
    for (uint32_t i = 0; i < head.frame_count; i++) fprintf(stderr, " %lx", frames[i]);
  }
  fprintf(stderr, "\n");
}

static void print_records(uint64_t state_address, uint64_t least) {
  static uint64_t roots[REMNANT_ROOT_ENTRIES];
  static uint64_t chunks[REMNANT_STACK_CHUNKS];
  static remnant_record leaf[REMNANT_LEAF_ENTRIES];
  remnant_recorder_state state;
  get(state_address, &state, sizeof state);
  get(state.leaves, roots, sizeof roots);
  get(state.stack_chunks, chunks, sizeof chunks);
  struct block *blocks = NULL;
  size_t count = 0, capacity = 0;
  for (uint64_t root = 0; root < REMNANT_ROOT_ENTRIES; root++) {
    if (roots[root] == 0) continue;
    get(roots[root], leaf, sizeof leaf);
    for (uint64_t entry = 0; entry < REMNANT_LEAF_ENTRIES; entry++) {
      const remnant_record *record = &leaf[entry];
      if (record->key == 0) continue;
      struct block block = {
          .address = (root << REMNANT_LEAF_SHIFT) + (entry << REMNANT_GRANULE_SHIFT) +
                     (record->key & 1) * 16,
          .size = record->size_and_order & REMNANT_SIZE_LIMIT,
          .order = (uint64_t)(record->size_and_order >> REMNANT_SIZE_BITS) << 32 | record->order,
          .stack = ((record->key & ~REMNANT_MOVING) >> 1) - 1,
      };
      if (block.size == REMNANT_SIZE_LIMIT) {
        block.size = record[1].order | (uint64_t)record[1].size_and_order << 32;
      }
      if (block.size < least) continue;
      if (count == capacity)
        blocks = realloc(blocks, (capacity = capacity ? capacity * 2 : 1024) * sizeof *blocks);
      blocks[count++] = block;
    }
  }
  qsort(blocks, count, sizeof *blocks, by_order);
  for (size_t i = 0; i < count; i++) print(&blocks[i], chunks);
  fprintf(stderr, "lost %lu blocks %lu stacks\n", state.lost_blocks, state.lost_stacks);
}

static void *watch_end(remnant_control *control) {
  int status;
  if (waitpid(child, &status, 0) != child) die("waitpid");
  fprintf(stderr, "ending %u\n", control->ending);
  if (WIFSIGNALED(status)) fprintf(stderr, "killed %d\n", WTERMSIG(status));
  exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
}

int main(int argc, char **argv) {
  const char *recorder = argv[1];
  uint64_t least = 0;
  struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};
  int option;
  argc--, argv++;
  while ((option = getopt(argc, argv, "+v:m:")) > 0) {
    if (option == 'v') limit.rlim_cur = strtoul(optarg, NULL, 10) << 10;
    if (option == 'm') least = strtoul(optarg, NULL, 10);
  }
  int descriptor = memfd_create("control", 0);
  if (descriptor < 0 || ftruncate(descriptor, 4096) != 0) die("memfd_create");
  remnant_control *control =
      mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
  if (control == MAP_FAILED) die("mmap");
  control->magic = REMNANT_CONTROL_MAGIC;
  control->version = REMNANT_CONTROL_VERSION;
  control->tool_pid = getpid();
  control->tool_segment = -1;
  child = fork();
  if (child == 0) {
    char number[16];
    snprintf(number, sizeof number, "%d", descriptor);
    setenv("LD_PRELOAD", recorder, 1);
    setenv(REMNANT_CONTROL_FD_VARIABLE, number, 1);
    if (setrlimit(RLIMIT_AS, &limit) != 0) die("setrlimit");
    execvp(argv[optind], argv + optind);
    die(argv[optind]);
  }
  close(descriptor);
  // A program that ends without a word is noticed by looking now and then.
  for (;;) {
    uint32_t event = __atomic_load_n(&control->event, __ATOMIC_ACQUIRE);
    uint32_t phase = __atomic_load_n(&control->phase, __ATOMIC_ACQUIRE);
    if (phase == REMNANT_PHASE_AT_EXIT) break;
    siginfo_t info = {0};
    if (phase == REMNANT_PHASE_REFUSED) fprintf(stderr, "refused: %s\n", control->refusal_detail);
    if (waitid(P_PID, child, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == child)
      watch_end(control);
    struct timespec moment = {0, 20000000};
    syscall(SYS_futex, &control->event, FUTEX_WAIT, event, &moment, NULL, 0);
  }
  print_records(control->state, least);
  __atomic_store_n(&control->phase, REMNANT_PHASE_RELEASED, __ATOMIC_RELEASE);
  __atomic_fetch_add(&control->event, 1, __ATOMIC_ACQ_REL);
  syscall(SYS_futex, &control->event, FUTEX_WAKE, INT32_MAX, NULL, NULL, 0);
  watch_end(control);
}
