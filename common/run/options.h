// A program's options, declared as a table. The value that an option's variable has before parsing
// is its default.
//
//     double lr = 0.1;
//     int epochs = 3, schedule = 0;
//     bool nesterov = false;
//     Option own[] = {
//         option_number("lr", &lr, "learning rate", .above = 0),
//         option_integer("epochs", &epochs, "passes over the training set", .min = 1, .max = 1000),
//         option_choice("schedule", &schedule, "the rate over time", "constant", "step", "cosine"),
//         option_flag("nesterov", &nesterov, "look ahead"),
//     };
//     LessonOptions lesson;
//     int status;
//     if (!lesson_options_parse(&lesson, "lesson-01", own, OPTION_COUNT(own), argc, argv, &status))
//         return status;
//
// Understood are `--lr 0.1`, `--lr=0.1`, `--nesterov`; where an option is given twice, the last one
// counts.
#ifndef KNOBS_RUN_OPTIONS_H
#define KNOBS_RUN_OPTIONS_H

#include <limits.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

typedef struct Option {
    const char *name; // without the dashes
    const char *help; // one line; NULL hides the option from --help
    // One of these is not NULL, and says what kind of option it is:
    bool *flag;
    double *number;
    int *integer;            // with `choices`, an index into them
    const char **text;       // points into argv; never freed
    double min, max;         // the least and the greatest value allowed
    double above, below;     // limits that are not allowed themselves: .above = 0 for a rate
    const char *choices[16]; // NULL at the end
} Option;

#define OPTION(MEMBER, NAME, VARIABLE, LIMIT, ...)                                                 \
    {                                                                                              \
        .name = (NAME), .MEMBER = (VARIABLE), .min = -(LIMIT), .max = (LIMIT), .above = -INFINITY, \
        .below = INFINITY, .help = __VA_ARGS__                                                     \
    }
#define option_flag(NAME, FLAG, HELP) OPTION(flag, NAME, FLAG, INFINITY, HELP)
#define option_text(NAME, TEXT, HELP) OPTION(text, NAME, TEXT, INFINITY, HELP)
#define option_choice(NAME, INDEX, HELP, ...)                                                      \
    OPTION(integer, NAME, INDEX, INFINITY, HELP, .choices = {__VA_ARGS__})
// Behind the help, limits may follow: .min, .max, .above, .below.
#define option_integer(NAME, INTEGER, ...) OPTION(integer, NAME, INTEGER, INT_MAX, __VA_ARGS__)
#define option_number(NAME, NUMBER, ...) OPTION(number, NAME, NUMBER, INFINITY, __VA_ARGS__)

#define OPTION_COUNT(OPTIONS) ((int)(sizeof(OPTIONS) / sizeof(OPTIONS)[0]))

// True: every variable has its value. False: an option is wrong, and the error says which and what
// would be right; or --help was among them: the list stands on stdout, the error is empty, no
// variable was changed.
bool options_parse(const Option *options, int count, int argc, char **argv, Error *error);

// The options as they stand, as arguments that another process parses to the same values, each with
// a newline behind it: "--lr=0.1\n--nesterov\n". The caller frees it.
char *options_text(const Option *options, int count);

// What every lesson understands besides its own options.
typedef struct LessonOptions {
    int seed;    // --seed: 11 unless told
    int seeds;   // --seeds: the runs use seed, seed + 1, … (11 to 10 + N); 1 unless told
    int threads; // --threads: 0 stands for one a processor
    bool quick;  // --quick: the same in at most 5 seconds
    bool resume; // --resume: go on from OUT/checkpoint.safetensors
    bool draw;   // --draw: only draw the figures again, from the saved run
    bool child;  // --child: one run of an experiment; it writes its result and draws nothing
    // --out: the folder of results; KNOBS_ROOT/out/NAME, or KNOBS_ROOT/out/quick/NAME with --quick.
    const char *out;
    // Where the article's figures go: KNOBS_ROOT/out/figures/OptimizerOverview for a run at full
    // size, else `out`.
    const char *article;
    const Option *own; // the lesson's own options, for the children of an experiment
    int own_count;
} LessonOptions;

// Parses both kinds, sets the number of threads and makes the folder `out`. True: go on. False: the
// help was given or the error was printed, and *status is what main returns. `name` is the
// program's, as in "lesson-01".
bool lesson_options_parse(LessonOptions *lesson, const char *name, const Option *own, int own_count,
                          int argc, char **argv, int *status);

#endif
