// Many runs of one program, side by side, gathered in one CSV. Each run is a process of this same
// executable, started with the lesson's options as they stand, the options of the run, and --child
// --out FOLDER.
//
//     Experiment experiment = {.lesson = &lesson, .name = "seeds"};
//     for (int i = 0; i < lesson.seeds; i++)
//         experiment_add(&experiment, name_of_run, "--seed %d", lesson.seed + i);
//     if (!experiment_run(&experiment, &error)) return interrupt_status(error_report(&error));
//     double accuracy = numbers_get(experiment_numbers(&experiment, 0), "accuracy");
//     experiment_free(&experiment);
//
// and in the child, at its end:
//
//     Numbers numbers = {0};
//     numbers_add(&numbers, "accuracy", accuracy);
//     numbers_write(&numbers, lesson.out, &error);
//
// A run is finished when its folder, OUT/runs/NAME/, has a result.csv under a `key` that tells its
// arguments and the checksum of the executable: finished runs are skipped when the experiment is
// started again, and a program that was changed and built again never shows old results. An
// unfinished run with a checkpoint.safetensors goes on from there.
#ifndef KNOBS_RUN_EXPERIMENT_H
#define KNOBS_RUN_EXPERIMENT_H

#include <stdbool.h>

#include "base/error.h"
#include "run/options.h"

enum { NUMBERS_MAX = 32 };

// What one run has found: a number under each name, of at most 31 letters. All zero is none yet.
typedef struct Numbers {
    int count;
    char names[NUMBERS_MAX][32];
    double values[NUMBERS_MAX];
} Numbers;

void numbers_add(Numbers *numbers, const char *name, double value); // fatal: one too many
double numbers_get(const Numbers *numbers, const char *name);       // fatal: none of that name
// The child's last act: a row for each, name,value, in folder/result.csv.
bool numbers_write(const Numbers *numbers, const char *folder, Error *error);

// The gathered results go to lesson->out/NAME.csv. Each run has lesson->threads threads, one if
// that is 0; as many runs go side by side as there are processors for them.
typedef struct Experiment {
    const LessonOptions *lesson;
    const char *name;
    int count; // of the runs that were added
    struct ExperimentRun *runs;
} Experiment;

// `run` names the run and its folder: letters, digits and "._+-", one of each name. The options are
// made as by printf and cut at spaces.
void experiment_add(Experiment *experiment, const char *run, const char *options, ...)
    __attribute__((format(printf, 3, 4)));
void experiment_free(Experiment *experiment);

// Runs what isn't finished, a line on stderr for each as it starts, then writes the CSV: run, and the
// names of the numbers. False if a run failed (the error names it, its exit status and its run.log) or after SIGINT or SIGTERM,
// which the runs get too; then interrupt_status() is the program's exit status.
bool experiment_run(Experiment *experiment, Error *error);

// Of a run that is finished; they count from 0, as added.
const Numbers *experiment_numbers(const Experiment *experiment, int run);

#endif
