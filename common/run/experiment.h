// Many runs of one program, side by side. Each run is a process of this same executable, started
// with the lesson's options as they stand, the options of the run, and --child --out FOLDER.
//
//     Experiment experiment = {.lesson = &lesson, .name = "lesson-10"};
//     experiment_add(&experiment, "seed-11-right", "--seed=11\n--recipe=right\n");
//     …
//     if (!experiment_run(&experiment, &error)) return interrupt_status(error_report(&error));
//     double accuracy = numbers_get(&experiment.runs[0].numbers, "accuracy");
//     experiment_free(&experiment);
//
// and in the child, at its end, numbers_write(&numbers, lesson.out, &error).
//
// A run is finished when its folder, OUT/runs/NAME/, has a result.csv under our `key` (key.h): finished
// runs are skipped when the experiment is started again, and a program that was changed and built again,
// or reads other weights, never shows old results. An unfinished run with a checkpoint.safetensors goes
// on from there; one that can't takes its checkpoint away (loop.h) and begins anew. So the same command
// goes on by itself; with --resume, runs under another key are refused and named, not made anew. When
// this process ends, however it ends, the runs save and end too; where one is still at it, another start
// is refused.
//
// KNOBS_LAUNCHER in the environment is a prefix of each run's command, words with spaces between: with "srun
// -n1 -c2" Slurm finds a machine for it. OUT is then a folder that all machines see, and --jobs says how many
// runs go side by side. The launcher passes SIGTERM on, and ends with the exit status of the run.
#ifndef KNOBS_RUN_EXPERIMENT_H
#define KNOBS_RUN_EXPERIMENT_H

#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

#include "base/error.h"
#include "run/lesson_options.h"
#include "run/numbers.h"

typedef struct ExperimentRun {
    char *folder;     // OUT/runs/NAME
    const char *name; // in it
    char *arguments;  // one a line: the lesson's options as they stand, then its own
    pid_t process;    // 0 while it doesn't run
    bool resumed;     // when it was started last
    bool finished;
    Numbers numbers; // if it is
} ExperimentRun;

// Each run has lesson->threads threads, one if that is 0; lesson->jobs runs go side by side, as many as there
// are processors for if that is 0.
typedef struct Experiment {
    const LessonOptions *lesson;
    const char *name; // for the progress line
    int count;        // of the runs that were added
    ExperimentRun *runs;
    bool tuned;   // --resume has found what was run before these: none of them need have begun
    time_t built; // its own: when its program was; a run of another program isn't started
    int alive; // its own: the end of a pipe that the runs have; the other end dies with this process
} Experiment;

// `run` names the run and its folder: letters, digits and "._+-", one of each name. The options are
// one a line.
void experiment_add(Experiment *experiment, const char *run, const char *options);
void experiment_free(Experiment *experiment);

// Runs what isn't finished, with one progress line for all. False if a run failed (the error names
// it, how it ended, and its last word), or if not all are finished because a signal came, which the
// runs get too (the error is empty); then interrupt_status() is the program's exit status. Finished
// runs are kept.
bool experiment_run(Experiment *experiment, Error *error);

#endif
