// One line on stderr that says where a run is, in the caller's words, with the time left and a bar. On
// a terminal it is redrawn in place at most ten times a second. Elsewhere (a file, a pipe) it is one
// plain line every `plain_every`, at most one a second, and the last line.
#ifndef KNOBS_RUN_PROGRESS_H
#define KNOBS_RUN_PROGRESS_H

#include <stdbool.h>

typedef struct Progress {
    const char *label;
    long first, total, plain_every;
    double started, drawn; // seconds of the monotonic clock
    bool terminal;
} Progress;

// `total` steps in all, of which `first` are done (0, or those of the run that is resumed). Off a
// terminal there is a line after every plain_every steps: an epoch.
void progress_start(Progress *progress, const char *label, long first, long total,
                    long plain_every);

// After a step: `done` steps are done in all. The text is made only if it is time for a line.
void progress_step(Progress *progress, long done, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// Replaces the line by a last one: the label, the time it took, and the text ("accuracy 0.883").
void progress_finish(Progress *progress, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

// Takes the line away: what is said next has one of its own.
void progress_clear(const Progress *progress);

// Seconds of a clock that never goes back.
double clock_seconds(void);

#endif
