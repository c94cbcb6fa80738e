// Reduce on plateau: lowers the rate when a metric has stopped getting better (PyTorch's
// ReduceLROnPlateau, the same names, defaults and edge cases). That is feedback, not a schedule: it
// can't be drawn without training, and it remembers what it saw.
//
//     Plateau plateau = plateau_on(optimizer, .patience = 3);
//     for each epoch:
//         …
//         plateau_step(&plateau, test_loss);
//
// It multiplies the lr of every group by `factor` once more than `patience` metrics in a row were
// not better than the best, then counts anew, and counts nothing in the next `cooldown` steps.
// Better means, for mode min (max is the mirror image), and with threshold_mode
//     rel: metric < best · (1 − threshold)      abs: metric < best − threshold
// A NaN is not better. A rate never goes below min_lr, and stays where it is if it would change by
// eps or less.
#ifndef KNOBS_SCHEDULE_PLATEAU_H
#define KNOBS_SCHEDULE_PLATEAU_H

#include <stdbool.h>

#include "optim/optimizer.h"

typedef enum PlateauMode { PLATEAU_MIN, PLATEAU_MAX } PlateauMode;
typedef enum PlateauThreshold { PLATEAU_REL, PLATEAU_ABS } PlateauThreshold;

typedef struct PlateauOptions {
    PlateauMode mode;
    double factor; // below 1
    long patience;
    double threshold;
    PlateauThreshold threshold_mode;
    long cooldown;
    double min_lr;
    double eps;
} PlateauOptions;

// All that it remembers, for checkpoints.
typedef struct PlateauState {
    double best; // ±infinity before the first metric
    long bad_epochs;
    long cooldown_left;
} PlateauState;

// A plain struct that owns nothing.
typedef struct Plateau {
    Optimizer *optimizer; // must outlive it
    PlateauOptions options;
    PlateauState state;
} Plateau;

// Fatal: a factor that isn't at least 0 and below 1, a patience or cooldown below 0.
#define plateau_on(optimizer, ...)                                                                 \
    plateau_of(optimizer, (PlateauOptions){.mode = PLATEAU_MIN,                                    \
                                           .factor = 0.1,                                          \
                                           .patience = 10,                                         \
                                           .threshold = 1e-4,                                      \
                                           .threshold_mode = PLATEAU_REL,                          \
                                           .cooldown = 0,                                          \
                                           .min_lr = 0,                                            \
                                           .eps = 1e-8,                                            \
                                           __VA_ARGS__})
Plateau plateau_of(Optimizer *optimizer, PlateauOptions options);

// Sees one metric. Returns whether it turned the rates down (as far as min_lr and eps let it).
// Fatal if the lr of a group follows a schedule, which would undo it at its next step.
bool plateau_step(Plateau *plateau, double metric);

#endif
