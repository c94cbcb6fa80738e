// One line on stderr that says where a run is: epoch, step, loss, learning rate, time left, and a
// bar. On a terminal it is redrawn in place at most ten times a second. Elsewhere (a file, a pipe)
// it is one plain line at the end of an epoch, at most one a second, and the last line.
#ifndef KNOBS_RUN_PROGRESS_H
#define KNOBS_RUN_PROGRESS_H

#include <stdbool.h>

typedef struct Progress {
    const char *label;
    long first, total, epoch_steps;
    double started, drawn; // seconds of the monotonic clock
    bool terminal;
} Progress;

// `total` steps in all, of which `first` are done (0, or those of the run that is resumed);
// `epoch_steps` make an epoch.
void progress_start(Progress *progress, const char *label, long first, long total,
                    long epoch_steps);

// After a step: `done` steps are done in all.
void progress_step(Progress *progress, long done, double loss, double rate);

// Replaces the line by a last one: the label, the time it took, and the text ("accuracy 0.883").
void progress_finish(Progress *progress, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

// Seconds of a clock that never goes back.
double clock_seconds(void);

#endif
