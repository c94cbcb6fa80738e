// The frame of a lesson: a table that says what it is made of, and a main that does the rest.
//
//     static bool train(const LessonOptions *options, Results *results, Error *error) {
//         …one run, of the seed options->seed…
//         result_add(results, "accuracy", accuracy);
//         return true;
//     }
//
//     static void check(Claims *claims, const LessonOptions *options, const Results *results) {
//         const Sample accuracy = results_of(results, 0, "accuracy");
//         claims_check_seeds(claims, options->seeds, accuracy.least > 0.87, "it learns", "at least
//                            %.3f", accuracy.least);
//     }
//
//     int main(int argc, char **argv) {
//         const Lesson lesson = {.name = "lesson-01", .folder = "lessons/01-training-loop",
//                                .knobs = knobs, .knob_count = OPTION_COUNT(knobs),
//                                .run = train, .figures = {"loss.gp"}, .claims = check};
//         return lesson_main(&lesson, argc, argv);
//     }
//
// With one seed and no `over`, the run is made in this process and writes into options->out. With
// --seeds N, or with `over`, each run is a process of its own (experiment.h) that writes into
// out/runs/seed-11 or out/runs/seed-11-CHOICE, where finished ones are kept; their results are in
// out/seeds.csv, or in out/runs.csv with `over`. Then the figures are drawn and the claims checked.
//
// Ctrl-C ends it with status 130 and one line that says so: no claims are checked, and figures are
// drawn if a run that was made here gave results before it returned.
#ifndef KNOBS_RUN_LESSON_H
#define KNOBS_RUN_LESSON_H

#include "data/dataset.h"
#include "run/claims.h"
#include "run/options.h"

// What the runs found: a number under a name, of each run.
typedef struct Results Results;

// In a run: adds a number. All runs of a lesson add the same names in the same order.
void result_add(Results *results, const char *name, double value);

// In the claims: one number of the runs of all seeds. `choice` is the index among those of `over`; 0
// without. Fatal: a name that wasn't added.
typedef struct Sample {
    int count;           // options->seeds
    double least, most;  // NaN, if any of the numbers is: no comparison with it holds
    double values[1000]; // in the order of the seeds
} Sample;
Sample results_of(const Results *results, int choice, const char *name);

enum { LESSON_LIST_MAX = 8 };

typedef struct Lesson {
    const char *name;   // the program's: "lesson-01"
    const char *folder; // where its gnuplot scripts are: "lessons/01-training-loop"
    const Option *knobs;
    int knob_count;
    struct {
        int *knob, most;
    } quick[LESSON_LIST_MAX]; // --quick makes these knobs no larger than that
    const char
        *resume_note; // what to say to --resume where there is no checkpoint; NULL: it has one

    // Once, in the first process, before the runs. NULL: nothing.
    bool (*once)(const LessonOptions *options, Error *error);
    // One run: one seed, and with `over` one choice. After a signal it saves and returns true.
    bool (*run)(const LessonOptions *options, Results *results, Error *error);
    // A hidden option_choice of the knobs, its first the default: each seed is run with each choice.
    const Option *over;

    // gnuplot scripts; they find the CSV files of options->out.
    const char *figures[LESSON_LIST_MAX];
    const char *article[LESSON_LIST_MAX]; // those of the article: drawn into options->article
    const char *seeds[LESSON_LIST_MAX]; // with --seeds and no `over`, these instead of all others,
                                        // whose data the runs have in their own folders
    void (*claims)(Claims *claims, const LessonOptions *options, const Results *results);
} Lesson;

// Returns the program's exit status.
int lesson_main(const Lesson *lesson, int argc, char **argv);

// The data of a run. With `held_out`, the last twelfth of the training images is what is tested on:
// to choose knobs. With --quick there is a tenth of both.
typedef struct LessonData {
    Dataset train, test;
    Dataset whole_train, whole_test; // what these two are slices of
} LessonData;
bool lesson_data_load(LessonData *data, const LessonOptions *options, const char *name,
                      bool held_out, Error *error);
void lesson_data_free(LessonData *data);

#endif
