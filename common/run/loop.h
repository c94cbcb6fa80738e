// The loop of a run: what stands around any training, so that a lesson shows its step alone. It
// counts steps, draws the progress line, keeps logs and checkpoints, stops at Ctrl-C, goes on with
// --resume.
//
//     Loop loop;
//     loop_init(&loop, options, steps, error);
//     Module *network = loop_module(&loop, "model", network_new());
//     Optimizer *optimizer = loop_optimizer(&loop, "optimizer", sgd(module_parameters(network)));
//     Log *log = loop_log(&loop, "steps.csv", "step,loss");
//     while (loop_next(&loop)) {
//         Tensor *loss = …operations on tensors of loop.tape…
//         optimizer_zero_grad(optimizer);
//         backward(loss);
//         optimizer_step(optimizer);
//         log_row(log, loop.step, tensor_item(loss));
//         loop_show(&loop, tensor_item(loss), NAN);
//     } // loop_next clears the tape: here the step's tensors die
//     loop_tell(&loop, "that was all");
//     return loop_end(&loop);
//
// All that the next step depends on is given to the loop under a name. It is saved and loaded, so
// that a run that is stopped and goes on ends with the same bits as one that wasn't; modules,
// optimizers and the like are freed at the end. The lesson's options are saved too: a run goes on
// with the same ones (but those that may_change), or is refused, and the option is named.
//
// The first error wins: after it loop_next is false and loop_end, too; what is given to the loop is
// freed all the same. A program need not ask in between.
#ifndef KNOBS_RUN_LOOP_H
#define KNOBS_RUN_LOOP_H

#include <stdbool.h>

#include "base/error.h"
#include "base/random.h"
#include "files/table.h"
#include "run/checkpoint.h"
#include "run/lesson_options.h"
#include "run/progress.h"

enum { LOOP_PARTS_MAX = 32, LOOP_LOGS_MAX = 4 };

// Public to be read, but for what the comments say.
typedef struct Loop {
    const LessonOptions *options;
    Tape *tape;        // cleared between two steps
    long step;         // in the loop: the step under way, from 1; elsewhere: steps done
    long steps;        // that there are to be; may be set until the loop begins
    long epoch_steps;  // that make an epoch, for the progress line; likewise. 0: there are none
    long save_every;   // steps from one checkpoint to the next; likewise, and --save-every is set
    bool resumed;      // it goes on from a checkpoint
    bool good;         // until the first error
    Error *error;      // for what the lesson does itself: loop_need(&loop, do_it(…, loop.error))
    const char *ended; // why it ends early (loop_stop)
    // private
    bool begun, under_way;
    long saved; // the step of the newest checkpoint
    long has_ended;
    char *path; // of the checkpoint
    Progress progress;
    double shown_loss, shown_rate;
    Error lost; // errors after the first
    int part_count, log_count;
    struct LoopPart {
        enum {
            PART_MODULE,
            PART_OPTIMIZER,
            PART_SCHEDULER,
            PART_PLATEAU,
            PART_BATCHES,
            PART_RANDOM,
            PART_GRADIENTS,
            PART_INTEGER,
            PART_NUMBER
        } kind;
        char *name;
        void *object;
    } parts[LOOP_PARTS_MAX];
    struct LoopLog {
        Log *log;
        const char *name;
        LogPlace place;
    } logs[LOOP_LOGS_MAX];
} Loop;

// Makes the tape. `options` and `error` must outlive the loop.
void loop_init(Loop *loop, const LessonOptions *options, long steps, Error *error);

// Give the loop what the run is made of, before it begins. The names are those of the checkpoint. A
// module comes before the optimizers of its parameters. These belong to the loop from here on:
Module *loop_module(Loop *loop, const char *name, Module *module);
Optimizer *loop_optimizer(Loop *loop, const char *name, Optimizer *optimizer);
Scheduler *loop_scheduler(Loop *loop, const char *name, Scheduler *scheduler);
Batches *loop_batches(Loop *loop, const char *name, Batches *batches);
// --schedule, where it is given, as the rate of a group: its `lr` is the rate that the group has, `steps` and
// `epochs` are the loop's. It counts from step 0 of the run on, whenever the group joined; a rate that is
// bound already stays.
void loop_schedule(Loop *loop, Scheduler *scheduler, int group);
// and these stay the caller's:
void loop_plateau(Loop *loop, const char *name, Plateau *plateau);
void loop_random(Loop *loop, const char *name, Random *random);
void loop_gradients(Loop *loop, const char *name, ParameterList *list); // that steps add to
void loop_integer(Loop *loop, const char *name, long *integer);         // a count, never below 0
void loop_number(Loop *loop, const char *name, double *number);
// A log in the folder options->out; it is there once the loop has begun.
Log *loop_log(Loop *loop, const char *name, const char *columns);

// Steps that were done when the checkpoint was saved that --resume will load; 0: it begins anew. What
// has joined the run on its way (a group of an optimizer) joins again before the loop begins.
long loop_saved_step(Loop *loop);

// Loads the checkpoint, with --resume, and begins the logs. The first loop_next does it, if the lesson
// has nothing to do in between (a look at what there is before the first step).
void loop_begin(Loop *loop);

// Ends the step under way: its tensors die, it is counted, shown, and saved if it is time. True:
// another step follows.
bool loop_next(Loop *loop);

// The loss and the rate that the progress line shows for the step under way; NaN: no rate.
void loop_show(Loop *loop, double loss, double rate);

// Makes the step under way the last one; `why` ends the progress line: "diverged: the loss is NaN".
void loop_stop(Loop *loop, const char *why);

// Records the result of a function that can fail: false, with the reason in loop->error, ends the run.
void loop_need(Loop *loop, bool done);

// After the loop: ends the progress line with "trained", "stopped (--resume goes on)" or the reason given
// to loop_stop, and the text.
void loop_tell(Loop *loop, const char *format, ...) __attribute__((format(printf, 2, 3)));

// Closes the logs and frees what belongs to the loop. False after an error.
bool loop_end(Loop *loop);

#endif
