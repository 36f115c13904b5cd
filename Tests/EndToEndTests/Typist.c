// Runs a command at a terminal of its own, as a person would sit there.
//
//     typist PRINTED KEYS COMMAND [ARG…]
//
// It types KEYS once PRINTED has appeared (where that is empty: once another process than the command
// has the terminal), line by line: the terminal drops what was typed before a control character. It prints what the terminal shows and ends with the command's status.
#define _GNU_SOURCE
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char shown[1 << 20];
static size_t length;

// What the command prints, as it comes; 0 at its end.
static int read_more(int terminal, int milliseconds) {
  struct pollfd event = {terminal, POLLIN, 0};
  if (poll(&event, 1, milliseconds) == 0) return -1;
  ssize_t count = read(terminal, shown + length, sizeof shown - 1 - length);
  if (count <= 0) return 0;
  length += count;
  return 1;
}

static int is_foreground_child(int terminal, pid_t tool) {
  pid_t group = tcgetpgrp(terminal);
  return group > 0 && group != tool;
}

int main(int count, char **arguments) {
  const char *printed = arguments[1];
  const char *keys = arguments[2];
  int terminal;
  pid_t tool = forkpty(&terminal, NULL, NULL, NULL);
  if (tool == 0) {
    execvp(arguments[3], arguments + 3);
    _exit(127);
  }
  // A program that reads is known by having been given the terminal.
  int end = 1;
  while (end != 0) {
    int is_ready = *printed ? strstr(shown, printed) != NULL : is_foreground_child(terminal, tool);
    if (is_ready) break;
    end = read_more(terminal, 50);
  }
  for (; *keys && end != 0; keys++) {
    if (write(terminal, keys, 1) != 1) break;
    // What a line makes the program print must have come before the next key.
    if (*keys == '\n') {
      size_t before = length;
      while (length < before + 2 && end != 0) end = read_more(terminal, 50);
    }
  }
  while (end != 0) end = read_more(terminal, 1000);
  fwrite(shown, 1, length, stdout);
  int status;
  waitpid(tool, &status, 0);
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
