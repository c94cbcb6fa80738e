// SIGINT (Ctrl-C), SIGTERM and SIGHUP ask a run to end cleanly: the loop looks at interrupt_signal()
// after each step, saves, and returns interrupt_status(). A second signal ends the program at once.
// Signals that come within a quarter of a second of the first are the same wish: `timeout` and make
// pass on what the terminal has sent already.
#ifndef KNOBS_RUN_INTERRUPT_H
#define KNOBS_RUN_INTERRUPT_H

#include <stdbool.h>
#include <sys/types.h>

// Those that the parent ignores (nohup) stay ignored. SIGPIPE and SIGXFSZ are ignored from here on:
// what can't be written comes back as an error of that write. A child ends with its parent, which
// alone holds the other end of the pipe that is the child's standard input: when that is gone, it is
// as if SIGTERM had come.
void interrupt_install(bool child);
int interrupt_signal(void); // 0, SIGINT, SIGTERM or SIGHUP

// Where several processes are one run, they stop behind the same step or wait for each other for ever.
// Once `together`, interrupt_signal() is what they have agreed on (0: nothing yet), and interrupt_asked()
// what has come to this one.
void interrupt_together(bool together);
int interrupt_asked(void);
void interrupt_agree(int signal);

// From now on, until interrupt_leave, this process stops with the program on SIGTSTP (Ctrl-Z) and goes
// on with it: a program in a group of its own doesn't get them from the terminal. And where it `ends`
// with the program, a second signal ends it too. Beyond COMPANIONS_MAX processes, none is.
enum { COMPANIONS_MAX = 256 };
void interrupt_take_along(pid_t process, bool ends);
void interrupt_leave(pid_t process);

// The program's exit status: 130 after SIGINT, 143 after SIGTERM, 129 after SIGHUP, else `otherwise`.
int interrupt_status(int otherwise);

#endif
