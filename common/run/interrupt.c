#include "run/interrupt.h"

#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

#include "run/progress.h"

static volatile sig_atomic_t received = 0, companion = 0;
static double first_time; // written once, by the first signal
static bool has_parent = false;

static void note_signal(int number) {
    if (!received) {
        first_time = clock_seconds();
        received = number;
    } else if (clock_seconds() - first_time > 0.25) {
        if (companion)
            kill(companion, SIGKILL);
        signal(number, SIG_DFL);
        raise(number); // takes effect when this handler returns
    }
}

static void install(int number, void (*handler)(int)) {
    // A write cut off by a signal goes on by itself.
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART}, before;
    sigemptyset(&action.sa_mask);
    if (sigaction(number, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
        sigaction(number, &action, NULL);
}

void interrupt_install(bool child) {
    install(SIGINT, note_signal);
    install(SIGTERM, note_signal);
    install(SIGHUP, note_signal);
    install(SIGPIPE, SIG_IGN);
    install(SIGXFSZ, SIG_IGN);
    has_parent = child;
}

int interrupt_signal(void) {
    struct pollfd parent = {.fd = STDIN_FILENO};
    if (has_parent && !received && poll(&parent, 1, 0) > 0 && (parent.revents & POLLHUP))
        received = SIGTERM;
    return received;
}

void interrupt_take_along(pid_t process) {
    companion = process;
}

int interrupt_status(int otherwise) {
    return received ? 128 + received : otherwise;
}
