// The chain of frame pointers, where that is proved to be the whole truth.
//
// Swift's code keeps a frame pointer, and so do its runtime and nearly all of its libraries: following
// their chain takes a tenth of an unwind by the compiler's tables. What it misses are the frames of
// functions without one. So each chain is unwound once, and what was missing is noted down: the words of
// the stack where those return addresses lie. When the chain comes again and those words are as they
// were, it is the same stack.
//
// A function that uses the register for something else ends the chain: XCTest's and those of Swift's
// Dispatch do (a test, or what runs in `DispatchQueue.sync`). All return addresses beyond are the tail. It is
// the same for most chains of a test, which share it.

#ifndef REMNANT_CHAINS_H
#define REMNANT_CHAINS_H

#include "threads.h"

#pragma GCC visibility push(hidden)

struct probe {
  uint32_t frame;    // index into the chain
  uint32_t words;    // from the frame's base upwards
  uint64_t address;  // what must be there
};

typedef struct stack_tail {
  uint32_t count;
  struct probe probes[];
} stack_tail;

typedef struct chain_shape {
  uint32_t stack;  // its number
  // How many the chain had before, and the last of them: the same chain, with other words.
  uint32_t ordinal;
  const struct chain_shape *other;
  const stack_tail *tail;
  uint32_t tail_frame;
  uint32_t tail_count;  // how much of it is kept: all, or up to the depth
  uint32_t probe_count;
  struct probe probes[];
} chain_shape;

// What to remember for a chain that must be unwound each time, in place of its latest shape's number.
#define REMNANT_NOT_WALKABLE UINT32_MAX
// Nothing new was learned.
#define REMNANT_NOTHING_LEARNED (UINT32_MAX - 1)

// Finds where the program starts; before any other.
void remnant_chains_start(void);
// Follows the chain from a frame of the thread's own stack, for at most `limit` frames, into the thread's memory.
// Returns the hash of the chain.
uint64_t remnant_walk(thread_memory *memory, const uint64_t *frame, int limit, int *count);
// The shape, from the latest on, that the chain has now; NULL where it is none of them.
const chain_shape *remnant_find_shape(const thread_memory *memory, uint32_t walked, const chain_shape *latest);
// Notes which stack stands for a chain. `other` is the chain's latest shape, or NULL. Returns the number of the new
// one, or one of those above.
uint32_t remnant_learn_chain(thread_memory *memory, int walked, const chain_shape *other, void **frames, int count,
                             int depth, uint32_t stack);
// Code was unmapped: what was learned of stacks is no longer true.
void remnant_chains_forget_code(void);

#pragma GCC visibility pop

#endif
