// A library whose constructor replaces the program by itself, once: it comes before the recorder's.
#include <stdlib.h>
#include <unistd.h>

__attribute__((constructor)) static void replace(int count, char **arguments) {
  if (getenv("REPLACED")) return;
  setenv("REPLACED", "1", 1);
#ifdef EXECVP
  execvp(arguments[0], arguments);
#else
  execv("/proc/self/exe", arguments);
#endif
}

int replacing(void) { return 4; }
