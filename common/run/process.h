// Starting another program.
#ifndef KNOBS_RUN_PROCESS_H
#define KNOBS_RUN_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

// Starts a program, looked for in PATH if its name has no slash, with nothing to read; what it says
// goes to the file `words`. With a group of its own it doesn't get the terminal's Ctrl-C. Returns
// 0, or the errno of the failure; *process is then 0. The caller waits for it with waitpid, where
// exit status 127 may stand for "no such program" too.
int process_start(pid_t *process, const char *program, char *const *arguments, const char *words,
                  bool own_group);

#endif
