// The options of a race, and what they ask for; see race.h.
#ifndef KNOBS_RUN_RACE_OPTIONS_H
#define KNOBS_RUN_RACE_OPTIONS_H

#include "instruments/surface.h"
#include "optim/algorithm.h"
#include "run/options.h"
#include "schedule/schedule.h"

// One who walks.
typedef struct Runner {
    char label[96]; // as it was given, but without a comma: "adam lr=0.1 beta1=0.5"
    const Algorithm *algorithm;
    Hyperparameters given; // its own knobs, and those that are options of their own
    bool scheduled;        // its rate follows
    Schedule schedule;
} Runner;

typedef struct Race {
    Surface surface;
    double start[2];
    long steps;
    const char *csv; // where to write to, and nothing else; NULL: there are figures
    int count;
    Runner runners[OPTION_LIST_MAX];
} Race;

enum { RACE_OPTION_COUNT = 8 + HYPERPARAMETER_COUNT };

// The table of options; it lives as long as the program.
const Option *race_options(void);

// What the options ask for, as they were parsed. The error: they don't fit each other.
bool race_read(Race *race, Error *error);

#endif
