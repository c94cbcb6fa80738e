#include "run/interrupt.h"

#include <signal.h>
#include <time.h>

static volatile sig_atomic_t received = 0;
static struct timespec first_time; // written once, by the first signal

static long milliseconds_since_first(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long)(now.tv_sec - first_time.tv_sec) * 1000 +
           (now.tv_nsec - first_time.tv_nsec) / 1000000;
}

static void note_signal(int number) {
    if (!received) {
        clock_gettime(CLOCK_MONOTONIC, &first_time);
        received = number;
    } else if (milliseconds_since_first() > 250) {
        signal(number, SIG_DFL);
        raise(number); // takes effect when this handler returns
    }
}

void interrupt_install(void) {
    // A write cut off by a signal goes on by itself; neither signal interrupts the other's handler.
    struct sigaction action = {.sa_handler = note_signal, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    sigaddset(&action.sa_mask, SIGINT);
    sigaddset(&action.sa_mask, SIGTERM);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

int interrupt_signal(void) {
    return received;
}

int interrupt_status(int otherwise) {
    return received ? 128 + received : otherwise;
}
