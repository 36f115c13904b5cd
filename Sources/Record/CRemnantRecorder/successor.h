// What the program that takes the watched one's place gets, so that it is watched, too.

#ifndef REMNANT_SUCCESSOR_H
#define REMNANT_SUCCESSOR_H

#include "recorder.h"

#pragma GCC visibility push(hidden)

// In place of a descriptor: the file is a name to look for in PATH, or a path.
enum { REMNANT_IN_PATH = -2 };

typedef struct remnant_successor {
  // The caller's own, where the new program can't or needn't be watched.
  char *const *environment;
  void *memory;
  size_t size;
  int descriptor;
} remnant_successor;

// Prepares exec of a path, or of a file that is open. What can't be prepared is left out.
void remnant_succeed(const char *path, int file, char *const environment[], remnant_successor *successor);
void remnant_forget_successor(remnant_successor *successor);

// Whether glibc's loader would preload the recorder into an executable file, or a script's interpreter, and it would do
// no harm there.
bool remnant_takes_recorder(const char *path, int file);

#pragma GCC visibility pop

#endif
