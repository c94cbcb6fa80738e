// Starting another program, and what a program is started with.
#ifndef KNOBS_RUN_PROCESS_H
#define KNOBS_RUN_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"

// Call it before anything else. Where the standard input, output or error is closed, the next file to
// be opened would take its place and get what is meant for it: stands in for them. What is written to
// a standard output that was closed is an error.
void process_streams(void);

// Sees that all that was printed to stdout gets there. The error: something hasn't, now or before.
bool process_said(Error *error);

// Starts a program, arguments[0], looked for in PATH if its name has no slash. It reads from the
// descriptor `input`, or nothing if that is −1, and what it says goes to the end of the file `words`,
// which is made if it isn't there; NULL: to where this program's words go. It has a group of its own: it
// doesn't get the terminal's Ctrl-C.
// Returns its process, for which the caller waits with waitpid; 0 on a failure, and errno says which.
pid_t process_start(char *const *arguments, int input, const char *words);

#endif
