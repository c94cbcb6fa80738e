// SIGINT (Ctrl-C) and SIGTERM ask a run to end cleanly: the loop looks at interrupt_signal() after
// each step, saves, and returns interrupt_status(). A second signal ends the program at once.
// Signals that come within a quarter of a second of the first are the same wish: `timeout` and make
// pass on what the terminal has sent already.
#ifndef KNOBS_RUN_INTERRUPT_H
#define KNOBS_RUN_INTERRUPT_H

void interrupt_install(void);
int interrupt_signal(void); // 0, SIGINT or SIGTERM

// The program's exit status: 130 after SIGINT, 143 after SIGTERM, else `otherwise`.
int interrupt_status(int otherwise);

#endif
