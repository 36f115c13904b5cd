// glibc's own figures, which its module for Swift leaves out.
#include <malloc.h>
