#include "run/interrupt.h"

#include <signal.h>
#include <stddef.h>

#include "run/progress.h"

static volatile sig_atomic_t received = 0;
static double first_time; // written once, by the first signal

static void note_signal(int number) {
    if (!received) {
        first_time = clock_seconds();
        received = number;
    } else if (clock_seconds() - first_time > 0.25) {
        signal(number, SIG_DFL);
        raise(number); // takes effect when this handler returns
    }
}

void interrupt_install(void) {
    // A write cut off by a signal goes on by itself.
    struct sigaction action = {.sa_handler = note_signal, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

int interrupt_signal(void) {
    return received;
}

int interrupt_status(int otherwise) {
    return received ? 128 + received : otherwise;
}
