// What every lesson understands besides its own options.
#ifndef KNOBS_RUN_LESSON_OPTIONS_H
#define KNOBS_RUN_LESSON_OPTIONS_H

#include "run/options.h"

enum { SEEDS_MAX = 1000 };

typedef struct LessonOptions {
    int seed;       // --seed: 11 unless told
    int seeds;      // --seeds: the runs use seed, seed + 1, … (11 to 10 + N); 1 unless told
    int threads;    // --threads: 0 stands for threads_standard()
    int save_every; // --save-every: steps from one checkpoint to the next; 0: as the lesson has it
    // --schedule: the rate over time, an expression (schedule/expression.h); NULL: it stays. What it has
    // before parsing is the default.
    const char *schedule;
    bool held_out; // --held-out: test on training images that are kept back, to choose knobs
    bool tuning;   // --tuning: a run that chooses a knob (lesson.h): its end alone counts
    bool quick;    // --quick: the same in at most 5 seconds
    bool resume;   // --resume: go on from OUT/checkpoint.safetensors
    bool draw;     // --draw: only draw the figures again, from the saved run
    bool child;    // --child: one run of an experiment; it writes its result and draws nothing
    // This is one of several processes that are one run: another one writes and speaks (lesson.h).
    bool follows;
    int jobs; // --jobs: runs side by side; 0: as many as there are processors for them
    // --out: the folder of results; KNOBS_ROOT/out/NAME, or KNOBS_ROOT/out/quick/NAME with --quick.
    const char *out;
    // Where the article's figures go: KNOBS_ROOT/out/figures/OptimizerOverview for a run at full
    // size, else `out`.
    const char *article;
    const char *name;  // the program's: "lesson-01"
    const char *data;  // the set that it trains on; NULL: it has no --held-out and --schedule
    const Option *own; // the lesson's own options,
    int own_count;
    bool *given; // and which of them were among the arguments
} LessonOptions;

// Parses both kinds, sets the number of threads and makes the folder `out`. Before, `lesson` has
// name, data, own, own_count and maybe a schedule, and all else is zero. True: go on. False: the help
// was given or the error was printed, and *status is what main returns.
bool lesson_options_parse(LessonOptions *lesson, int argc, char **argv, int *status);
void lesson_options_free(LessonOptions *lesson);

#endif
