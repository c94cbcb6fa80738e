// The frame of a lesson: a table that says what it is made of, and a main that does the rest.
//
//     static bool train(const LessonOptions *options, Results *results, Error *error) {
//         …one run, of the seed options->seed; see trainer.h, or loop.h where there is no data set…
//         result_add(results, "accuracy", trainer.test.accuracy);
//         return trainer_end(&trainer);
//     }
//
//     static void check(Claims *claims, const Results *results) {
//         const Sample accuracy = results_of(results, "accuracy");
//         claims_check_seeds(claims, accuracy.least > 0.87, "it learns",
//                            "at least %.3f", accuracy.least);
//     }
//
//     int main(int argc, char **argv) {
//         const Lesson lesson = {.name = "lesson-01", .folder = "lessons/01-training-loop",
//                                .knobs = knobs, .knob_count = OPTION_COUNT(knobs),
//                                .data = "fashion", .run = train, .figures = {"loss.gp"},
//                                .claims = check};
//         return lesson_main(&lesson, argc, argv);
//     }
//
// With one seed and no `over`, the run is made in this process and writes into options->out. With
// --seeds N, or with `over`, each run is a process of its own (experiment.h) that writes into
// out/runs/seed-11 or out/runs/seed-11-VALUE, where finished ones are kept. What the runs have found
// is in out/results.csv, a row for each: its name, its values of `over`, its seed, its results. Then
// the figures are drawn and the claims checked.
//
// Ctrl-C ends it with status 130 and one line that says so: no claims are checked, and figures are
// drawn of the runs that there are.
#ifndef KNOBS_RUN_LESSON_H
#define KNOBS_RUN_LESSON_H

#include "instruments/sample.h"
#include "run/claims.h"
#include "run/grid.h"
#include "run/lesson_data.h"
#include "run/lesson_options.h"

// What the runs found: a number under a name, of each run.
typedef struct Results Results;

// In a run: adds a number. All runs of a lesson add the same names in the same order.
void result_add(Results *results, const char *name, double value);

// In the claims: one number of the runs of all seeds, in their order. Behind the name, the place in
// the grid: for each option of `over` the index of its value. Fatal: a name that wasn't added.
//     results_of(results, "accuracy")      results_of(results, "covered", NO_DETACH)
#define results_of(RESULTS, ...)                                                                   \
    results_at(RESULTS, RESULTS_NAME(__VA_ARGS__, 0), RESULTS_PLACES(__VA_ARGS__, 0, 0, 0))
#define RESULTS_NAME(NAME, ...) NAME
#define RESULTS_PLACES(NAME, A, B, C, ...)                                                         \
    (const int[GRID_AXES_MAX]) {                                                                   \
        A, B, C                                                                                    \
    }
Sample results_at(const Results *results, const char *name, const int *places);

// How many values the axis-th option of `over` has (with --quick maybe fewer), and one of them as a
// number.
int results_count(const Results *results, int axis);
double results_value(const Results *results, int axis, int place);

enum { LESSON_LIST_MAX = 8, TUNING_SEEDS = 3 };

typedef struct Lesson {
    const char *name;   // the program's: "lesson-01"
    const char *folder; // where its gnuplot scripts are: "lessons/01-training-loop"
    const Option *knobs;
    int knob_count;
    struct {
        int *knob, most;
    } quick[LESSON_LIST_MAX]; // --quick makes these knobs no larger than that
    const char *data;         // the set that it trains on: it has --held-out; NULL: none
    const char *schedule; // the default of --schedule: "cosine(lr, 0, steps)"; NULL: no schedule

    // What the options ask for: the lesson itself, another table in its place, or NULL, if all is done
    // already and *status is the program's exit status. NULL: always the lesson itself.
    const struct Lesson *(*choose)(const struct Lesson *lesson, const LessonOptions *options,
                                   int *status);
    // This process is one of several that are one run together, which another one writes and speaks for:
    // it reads the checkpoint and does its steps, and has no logs, no results and no figures.
    bool follows;
    // Once, in the first process, before the runs. NULL: nothing.
    bool (*once)(const LessonOptions *options, Error *error);
    // One run: one seed and, with `over`, one value of each option. After a signal it saves and
    // returns true; what it has added isn't kept then, but if it added something the figures are
    // drawn of what there is.
    bool (*run)(const LessonOptions *options, Results *results, Error *error);
    // Each seed is run with each value of these options, each with each. --help calls their default
    // "all".
    Axis over[GRID_AXES_MAX];
    Axis quick_over[GRID_AXES_MAX]; // --quick: fewer values of the same options, if this has any

    // Tuning, before these runs: `run` with each value of the first option of `over` and each of this
    // knob, tested on held-out training images, with seeds from 1 on, TUNING_SEEDS of them or --seeds,
    // if those are less. Then all runs with a value of that first option have the value of the knob
    // whose mean of the result `by` was the highest. What was found is in out/tuning.csv.
    struct {
        Axis knob;
        const char *by; // NULL: there is no tuning
    } tuning;

    // gnuplot scripts; they find the CSV files of options->out.
    const char *figures[LESSON_LIST_MAX];
    const char *article[LESSON_LIST_MAX]; // those of the article: drawn into options->article
    const char *seeds[LESSON_LIST_MAX]; // with --seeds and no `over`, these instead of all others,
                                        // whose data the runs have in their own folders
    // NULL: it claims nothing. Checked when all runs of the grid are there.
    void (*claims)(Claims *claims, const Results *results);
} Lesson;

// Returns the program's exit status.
int lesson_main(const Lesson *lesson, int argc, char **argv);

#endif
