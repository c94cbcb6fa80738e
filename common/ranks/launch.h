// Starting the ranks of a program: by mpirun (or srun, …) from outside, or, where it was started like any
// other program, by itself, through mpirun on this machine.
#ifndef KNOBS_RANKS_LAUNCH_H
#define KNOBS_RANKS_LAUNCH_H

#include <signal.h>
#include <stdbool.h>

// mpirun passes it on to the ranks at once, where SIGTERM reaches them after a second, and SIGKILL after another.
enum { RANKS_STOP = SIGUSR1 };

// Is this process one of those that mpirun, or srun with PMI, has started?
bool ranks_are_launched(void);

// Starts this program `count` times, with the same arguments, as ranks that share the processors, and waits
// for their end; a signal is passed on. Returns the exit status: that of the first rank that failed. Whatever
// ended them was told, in one line.
int ranks_launch(int count, char **argv);

#endif
