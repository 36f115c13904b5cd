// What the recorder keeps and how the tool finds it: the one agreement between the recorder, which
// runs inside the watched program, and `HeapCapture`, which reads that program's memory from outside.
//
// C, because the recorder is C and both sides must agree on every byte.
//
// Handshake. The tool creates a `remnant_control` in a shared memory file, passes its descriptor
// across exec, and names the descriptor in the environment (`REMNANT_CONTROL_FD`). The recorder's
// constructor maps the page and closes the descriptor: nothing stays open in the program. From then
// on both sides wait on `event`, a futex in that page, so that no descriptor, path, signal or
// namespace of the program is involved.

#ifndef REMNANT_RECORDER_FORMAT_H
#define REMNANT_RECORDER_FORMAT_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define REMNANT_CONTROL_MAGIC 0x31746e616e6d6572ULL  // "remnant1", little endian
#define REMNANT_CONTROL_VERSION 5U
#define REMNANT_CONTROL_FD_VARIABLE "REMNANT_CONTROL_FD"
// In front of the number of a System V segment, which takes a file's place where no file may have any bytes.
#define REMNANT_CONTROL_SEGMENT_PREFIX "shm:"
// Between the number of the descriptor and the name under which the tool has the same page, for children that were left
// no descriptor.
#define REMNANT_CONTROL_PATH_SEPARATOR ':'
// Frames kept per stack, 1 to 512; 64 where it is not set.
#define REMNANT_DEPTH_VARIABLE "REMNANT_DEPTH"
// Set to 1: children that the program starts are recorded, too.
#define REMNANT_FOLLOW_CHILDREN_VARIABLE "REMNANT_FOLLOW_CHILDREN"
// Makes the number of variables that the tool adds an even one: see `remnant_clean_environment`.
#define REMNANT_PADDING_VARIABLE "REMNANT_PADDING"
// Set to 0: a recorder that is linked into a program records nothing.
#define REMNANT_RECORDING_VARIABLE "REMNANT_RECORDING"

// One entry of a leaf. No two blocks begin in the same 32 bytes (allocator.h): the entry of a block is
// found by its address alone.
typedef struct remnant_record {
  // The stack's number plus one, shifted left by one; the lowest bit says that the block begins 16
  // bytes into its granule, the highest that realloc may be moving it just now. 0: no live block begins
  // here. A live block without a stack has number REMNANT_NO_STACK.
  uint32_t key;
  // When the block was allocated: the lower 32 of 40 bits.
  uint32_t order;
  // Bytes that were asked for, in the lower 24 bits, all set where they don't fit: then the next entry,
  // whose granule is this block's too, has them, in place of its order (lower half) and of this word.
  // The upper 8 bits of the order above them.
  uint32_t size_and_order;
} remnant_record;

#define REMNANT_MOVING 0x80000000U

#define REMNANT_GRANULE_SHIFT 5
// A leaf covers 64 MiB, the size and alignment of one of glibc's secondary arenas.
#define REMNANT_LEAF_SHIFT 26
#define REMNANT_LEAF_ENTRIES (1ULL << (REMNANT_LEAF_SHIFT - REMNANT_GRANULE_SHIFT))
// User space has 47 bits.
#define REMNANT_ROOT_ENTRIES (1ULL << (47 - REMNANT_LEAF_SHIFT))
#define REMNANT_NO_STACK 0x3ffffffeU
// The order is the time since the first allocation, in units of 2^8 ticks of the time-stamp counter: less than
// 0.1 µs, so that blocks made one after the other differ. From 2^36 units on (an hour and a half) it has
// fewer digits, as a floating-point number, so that it never begins anew.
#define REMNANT_ORDER_SHIFT 8
#define REMNANT_ORDER_DIGITS 36
#define REMNANT_SIZE_BITS 24
#define REMNANT_SIZE_LIMIT 0xffffffU

// An interned call stack. Stack number n is found at
// stack_chunks[n >> REMNANT_STACK_CHUNK_SHIFT] + (n & mask) * 16 bytes.
typedef struct remnant_stack {
  uint64_t hash;
  uint32_t next;         // number of the next stack in the same bucket, plus one
  uint16_t frame_count;
  uint16_t scope;        // the scope that the thread or task was in; 0 for none
  uint64_t frames[];     // return addresses, innermost first; in a scope, the number of the stack in none
} remnant_stack;

// In the number of a scope: what is leaked of its allocations, the program itself accepts.
#define REMNANT_ACCEPTED_SCOPES 0x8000U
// What is leaked together with a block of this one, whatever else belongs to it.
#define REMNANT_ADOPTED_SCOPE 0xffffU

#define REMNANT_STACK_CHUNK_SHIFT 16  // units of 16 bytes in a chunk: 1 MiB
#define REMNANT_STACK_CHUNKS 4096

// A range of the program's memory that belongs to the recorder: never scanned, never reported. Or one that belongs to
// the allocator: what no block covers of it isn't scanned.
typedef struct remnant_range {
  uint64_t start;
  uint64_t end;
} remnant_range;

// One for each leaf, thread and MiB of call stacks: of what is beyond, the report says that it was lost.
#define REMNANT_OWN_RANGES 65536
#define REMNANT_ALLOCATOR_RANGES 4096

// What a recorder that is linked into a program does there.
typedef enum remnant_standing {
  REMNANT_STANDING_OFF = 0,
  REMNANT_STANDING_RECORDING = 1,
  // Standing back, and why.
  REMNANT_STANDING_OTHER_ALLOCATOR = 2,
  REMNANT_STANDING_NO_UNWINDER = 3,
  REMNANT_STANDING_SANITIZED = 4,
  REMNANT_STANDING_DISABLED = 5,
} remnant_standing;

// Places that are kept of checks that the program's own tests could not decide, such as "Tests/CartTests.swift:12".
#define REMNANT_UNDECIDED_PLACES 8
#define REMNANT_UNDECIDED_PLACE_SIZE 96

// The recorder's tables, in the program's memory. `remnant_control.state` has its address.
typedef struct remnant_recorder_state {
  uint64_t magic;
  uint32_t version;
  uint32_t depth;
  uint64_t leaves;            // address of uint64_t[REMNANT_ROOT_ENTRIES]: leaf addresses or 0
  // Address of uint8_t[REMNANT_ROOT_ENTRIES]: 1 where the 64 MiB are one of glibc's secondary arenas, which only
  // glibc's allocator has.
  uint64_t arenas;
  uint64_t stack_chunks;      // address of uint64_t[REMNANT_STACK_CHUNKS]
  uint64_t own_ranges;        // address of remnant_range[REMNANT_OWN_RANGES], ends at start == 0
  uint64_t lost_blocks;       // live blocks without a record, and ranges of the recorder's own that aren't listed
  uint64_t lost_stacks;       // blocks recorded without their stack
  uint64_t code_start;        // the recorder's own functions
  uint64_t code_end;
  uint32_t shortest_depth;    // below `depth` where there were too many stacks (stacks.c)
  uint32_t standing;          // remnant_standing, for who asks in the process itself
  uint32_t allocator_is_glibc;
  // How many checks of the program's own tests could not be decided, and where the first ones are, NUL-terminated.
  uint32_t undecided;
  char undecided_places[REMNANT_UNDECIDED_PLACES][REMNANT_UNDECIDED_PLACE_SIZE];
  // Where the allocator isn't glibc's: address of remnant_range[REMNANT_ALLOCATOR_RANGES], like own_ranges; 0 where only
  // blocks with a record are known to be live, and what else the allocator has may be a root.
  uint64_t allocator_ranges;
  // The last of the loader's images (struct link_map) whose calls of that allocator are all recorded.
  uint64_t last_image;
} remnant_recorder_state;

typedef enum remnant_phase {
  REMNANT_PHASE_LAUNCHED = 0,   // the recorder has not been heard of: it never took hold
  REMNANT_PHASE_RECORDING = 1,
  REMNANT_PHASE_REFUSED = 2,    // see `refusal`; the recorder changes nothing
  REMNANT_PHASE_AT_EXIT = 3,    // the program waits to be examined
  REMNANT_PHASE_RELEASED = 4,   // set by the tool: go on
} remnant_phase;

typedef enum remnant_refusal {
  REMNANT_REFUSAL_NONE = 0,
  // Another definition of malloc comes before the recorder's: a sanitizer, or one in the executable.
  REMNANT_REFUSAL_OTHER_ALLOCATOR = 1,
  REMNANT_REFUSAL_NO_UNWINDER = 2,
  REMNANT_REFUSAL_NO_MEMORY = 3,
  REMNANT_REFUSAL_OTHER_LIBC = 4,
} remnant_refusal;

// How the program ended where the recorder could see it: the reason for a missing snapshot.
typedef enum remnant_ending {
  REMNANT_ENDING_NONE = 0,
  REMNANT_ENDING_UNDERSCORE_EXIT = 1,  // not given anymore: these are examined
  REMNANT_ENDING_QUICK_EXIT = 2,
  REMNANT_ENDING_EXEC = 3,             // replaced itself by a program that the recorder didn't come into
} remnant_ending;

// Programs that the watched process started, for the report: the last part of their paths, cut where it is longer.
#define REMNANT_STARTED_NAMES 16
#define REMNANT_STARTED_NAME_SIZE 32

// One page, shared between the tool and the program.
typedef struct remnant_control {
  uint64_t magic;
  uint32_t version;
  // Counts up with every change of phase; a futex (shared, not private) for both sides.
  uint32_t event;
  uint32_t phase;             // remnant_phase
  uint32_t refusal;           // remnant_refusal
  uint32_t ending;            // remnant_ending
  // The process that is watched: 0 until the recorder in it has taken hold. Where children are
  // followed, the first Swift program takes over from one that isn't Swift.
  int32_t pid;
  int32_t tool_pid;           // set by the tool
  int32_t exit_thread;        // the thread that waits in REMNANT_PHASE_AT_EXIT
  uint64_t state;             // address of the remnant_recorder_state in the program
  uint32_t is_swift;          // whether the watched process has Swift's runtime
  char refusal_detail[256];   // what owns malloc, or another reason, NUL-terminated
  char allocator[64];         // "glibc", "jemalloc", …: whose blocks are recorded, NUL-terminated
  // Set by the tool: its own descriptor of this page, and the file's number. A program that the watched one
  // replaces itself with is handed the page by them.
  int32_t tool_descriptor;
  int32_t tool_segment;       // instead of a descriptor; -1 where there is one
  uint64_t inode;
  // Set by the recorder, in a program that filters its system calls: the tool isn't woken, and has to look.
  uint32_t is_silent;
  // Set by the tool: it knows that the program waits at its exit.
  uint32_t is_heard;
  // Set by the recorder: how many programs were started, and the first of their names, some of them more than once.
  uint32_t started;
  char started_names[REMNANT_STARTED_NAMES][REMNANT_STARTED_NAME_SIZE];
} remnant_control;

#ifdef __cplusplus
}
#endif

#endif
