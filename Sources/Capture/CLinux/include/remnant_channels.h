// Pipes and sockets of the watched program: what Swift can't ask by itself.

#ifndef REMNANT_CHANNELS_H
#define REMNANT_CHANNELS_H

#include <stdint.h>
#include <sys/types.h>

// What a descriptor is, as bits.
typedef enum remnant_channel {
  // An end of a pipe that can be written to.
  REMNANT_CHANNEL_PIPE_INPUT = 1,
  // An end of a pipe that has something to be read.
  REMNANT_CHANNEL_PIPE_UNREAD = 2,
  // A local socket that has something to be read, and whose other end the process made itself.
  REMNANT_CHANNEL_SOCKET_UNREAD = 4,
} remnant_channel;

// Provided because pidfd_getfd has no wrapper, and ioctl isn't imported.
//
// Looks at a descriptor of a process that this one may trace, without changing it. Where the kernel doesn't allow that
// (before Linux 5.6, under a filter), it is 0.
int remnant_channel_of(pid_t process, int descriptor);

#endif
