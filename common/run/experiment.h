// Many runs of one program, side by side, gathered in one CSV. Each run is a process of this same
// executable, started with the lesson's options as they stand, the options of the run, and --child
// --out FOLDER.
//
//     Experiment *experiment = experiment_new(&lesson, "seeds");
//     for (int i = 0; i < lesson.seeds; i++)
//         experiment_add(experiment, path_of_run, "--seed %d", lesson.seed + i);
//     if (!experiment_run(experiment, &error)) return interrupt_status(error_report(&error));
//     double accuracy = experiment_result(experiment, 0, "accuracy");
//
// and in the child, at its end:
//
//     experiment_write_result(lesson.out, "accuracy,loss", (double[]){accuracy, loss}, &error)
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

typedef struct Experiment Experiment;

// The gathered results go to lesson->out/NAME.csv. Each run has lesson->threads threads, one if
// that is 0; as many runs go side by side as there are processors for them.
Experiment *experiment_new(const LessonOptions *lesson, const char *name);
void experiment_free(Experiment *experiment);

// `run` names the run and its folder: letters, digits and "._+-", one of each name. The options are
// made as by printf and cut at spaces.
void experiment_add(Experiment *experiment, const char *run, const char *options, ...)
    __attribute__((format(printf, 3, 4)));

// Runs what isn't finished, then writes the CSV: run, and the columns of the results. False if a
// run failed (the error names it, its exit status and its run.log) or after SIGINT or SIGTERM,
// which the runs get too; then interrupt_status() is the program's exit status.
bool experiment_run(Experiment *experiment, Error *error);

double experiment_result(const Experiment *experiment, int run,
                         const char *column); // runs count from 0, as added

// The child's last act: one line of column names, one of numbers, in folder/result.csv.
bool experiment_write_result(const char *folder, const char *columns, const double *values,
                             Error *error);

#endif
