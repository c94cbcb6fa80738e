// Starting another program.
#ifndef KNOBS_RUN_PROCESS_H
#define KNOBS_RUN_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

// Starts a program, arguments[0], looked for in PATH if its name has no slash, with nothing to read;
// what it says goes to the file `words`. With a group of its own it doesn't get the terminal's
// Ctrl-C. Returns its process, for which the caller waits with waitpid, where exit status 127 may
// stand for "no such program" too; 0 on a failure, and errno says which.
pid_t process_start(char *const *arguments, const char *words, bool own_group);

#endif
