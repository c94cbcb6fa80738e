#include "run/interrupt.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

#include "run/progress.h"

static volatile sig_atomic_t received = 0;
static volatile struct {
    pid_t process; // 0: a free place
    bool ends;
} companions[COMPANIONS_MAX];
static double first_time; // written once, by the first signal
static bool has_parent = false, is_together = false;
static int agreed = 0;

static void tell_companions(int number, bool only_those_that_end) {
    for (int i = 0; i < COMPANIONS_MAX; i++)
        if (companions[i].process && (companions[i].ends || !only_those_that_end))
            kill(companions[i].process, number);
}

static void note_signal(int number) {
    if (!received) {
        first_time = clock_seconds();
        received = number;
    } else if (clock_seconds() - first_time > 0.25) {
        tell_companions(SIGKILL, true);
        signal(number, SIG_DFL);
        raise(number);
    }
}

static void install(int number, void (*handler)(int)) {
    // A write cut off by a signal goes on by itself. No signal waits until its handler has returned:
    // stop() raises its own.
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART | SA_NODEFER}, before;
    sigemptyset(&action.sa_mask);
    if (sigaction(number, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
        sigaction(number, &action, NULL);
}

// Ctrl-Z: the shell sees the program stop, as if there were no handler; where it returns from raise, it
// has been told to go on.
static void stop(int number) {
    const int kept = errno;
    tell_companions(SIGSTOP, false);
    signal(number, SIG_DFL);
    raise(number);
    install(number, stop);
    tell_companions(SIGCONT, false);
    errno = kept;
}

void interrupt_install(bool child) {
    install(SIGINT, note_signal);
    install(SIGTERM, note_signal);
    install(SIGHUP, note_signal);
    install(SIGTSTP, stop);
    install(SIGPIPE, SIG_IGN);
    install(SIGXFSZ, SIG_IGN);
    has_parent = child;
}

void interrupt_together(bool together) {
    is_together = together;
}

void interrupt_agree(int signal) {
    agreed = signal;
}

int interrupt_signal(void) {
    return is_together || agreed ? agreed : interrupt_asked();
}

int interrupt_asked(void) {
    struct pollfd parent = {.fd = STDIN_FILENO};
    if (has_parent && !received && poll(&parent, 1, 0) > 0 && (parent.revents & POLLHUP))
        note_signal(SIGTERM);
    return received;
}

void interrupt_take_along(pid_t process, bool ends) {
    for (int i = 0; i < COMPANIONS_MAX; i++)
        if (!companions[i].process) {
            companions[i].ends = ends;
            companions[i].process = process;
            return;
        }
}

void interrupt_leave(pid_t process) {
    for (int i = 0; i < COMPANIONS_MAX; i++)
        if (companions[i].process == process)
            companions[i].process = 0;
}

int interrupt_status(int otherwise) {
    const int signal = agreed ? agreed : received;
    return signal ? 128 + signal : otherwise;
}
