// Lesson 17b — stop and resume
//
// Question   A run is stopped and goes on. What must it have kept, and what does each forgotten piece cost?
// Concepts   the state of a training: weights, statistics, the optimizer's moments and counts, the
//            scheduler's clock, the place in the data
// Run        make lesson-17b
//            one piece alone: make lesson-17b ARGS="--forget clock"
// Time       about 30 seconds
// See        out/lesson-17b/forgotten.png    the test accuracy after a resume that forgot something

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"           // paths
#include "forget.h"              // parts of a training as they are at first
#include "instruments/weights.h" // bits of weights
#include "nn/loss.h"             // cross_entropy
#include "nn/networks.h"         // the model: two convolutions with batch norm, and a head
#include "run/lesson.h"          // options, --seeds, figures, claims: what surrounds a run
#include "run/trainer.h"         // data, logs, checkpoints: what surrounds a step

// --- the knobs -----------------------------------------------------------------------------------

enum { UNDISTURBED, NOTHING, MOMENTS, COUNT, OPTIMIZER, CLOCK, ORDER, STATISTICS, WEIGHTS };

static int forgotten = UNDISTURBED, steps = 400, stop = 200, warm_up = 40, batch_size = 64;
static double lr = 0.01;

static const Option knobs[] = {
    option_choice("forget", &forgotten, "what the resume forgets; all are run, or the one given",
                  "undisturbed", "nothing", "moments", "count", "optimizer", "clock", "order",
                  "statistics"),
    option_integer("stop", &stop, "the step after which the run is stopped", .min = 1),
    option_number("lr", &lr, "highest learning rate", .min = 0),
    option_integer("warm-up", &warm_up, "steps up to it; then down along a cosine", .min = 1),
    option_integer("steps", &steps, "steps of training", .min = 3, .max = 100000),
    option_integer("batch-size", &batch_size, "images a step", .min = 2, .max = 6000),
};

static bool check_knobs(const LessonOptions *options, Error *error) {
    (void)options;
    if (warm_up >= steps)
        return error_set(error, "--warm-up is %d; it must be less than --steps, %d", warm_up,
                         steps);
    if (stop >= steps)
        return error_set(error, "--stop is %d; it must be less than --steps, %d", stop, steps);
    return true;
}

// --- what a run has to keep: this is the lesson ----------------------------------------------------

static void run_state(Checkpoint *checkpoint, void *object) {
    Trainer *run = object;
    checkpoint_module(checkpoint, "model", run->network); // weights, and batch norm's statistics
    checkpoint_optimizer(checkpoint, "optimizer", run->optimizer); // knobs, moments, counts
    checkpoint_scheduler(checkpoint, "scheduler", run->scheduler); // its clock
    checkpoint_batches(checkpoint, "batches", run->batches);       // which images come next
}

// A piece is as in a program that has just been started.
static void forget(Trainer *run, int piece) {
    if (piece == MOMENTS || piece == COUNT || piece == OPTIMIZER)
        forget_optimizer(run->optimizer, piece != COUNT, piece != MOMENTS);
    if (piece == CLOCK)
        scheduler_seek(run->scheduler, 0);
    if (piece == ORDER)
        loop_need(&run->loop, batches_seek(run->batches, 0, 0, run->loop.error));
    if (piece == STATISTICS || piece == WEIGHTS)
        forget_numbers(run->network, piece == WEIGHTS);
}

// Saves, loses all, loads, and has forgotten one piece.
static void stop_and_resume(Trainer *run) {
    Error *error = run->loop.error;
    char *path = path_format("%s/stopped.safetensors", run->loop.options->out);
    loop_need(&run->loop, checkpoint_save(path, run_state, run, error));
    for (int piece = MOMENTS; piece <= WEIGHTS; piece++)
        forget(run, piece);
    loop_need(&run->loop, run->loop.good && checkpoint_load(path, run_state, run, error));
    forget(run, forgotten);
    remove(path);
    free(path);
}

// --- one run -------------------------------------------------------------------------------------

static bool is_looked_at(long after) { // steps after the resume
    return after == 0 || after == 1 || after == 3 || after == 10 || after == 30 || after == 100 ||
           after == steps - stop;
}

static bool run_once(const LessonOptions *options, Results *results, Error *error) {
    Trainer run;
    if (!trainer_init(&run, options, error))
        return false;
    Random random = random_from_seed((uint64_t)options->seed);
    Module *network = trainer_network(&run, conv_net_new(true));
    module_initialise(network, &random);
    Optimizer *optimizer = trainer_optimizer(&run, adamw(module_parameters(network)));
    scheduler_bind(run.scheduler, 0, "lr",
                   schedule_sequence(OWN_LENGTHS, schedule_linear(lr / 10, lr, warm_up),
                                     schedule_cosine(lr, steps - warm_up)));
    trainer_batches(&run, .size = batch_size);
    run.steps = steps;
    double first = 0, least = 1; // test accuracy right after the resume, and at its worst
    loop_number(&run.loop, "first", &first);
    loop_number(&run.loop, "least", &least);
    Log *log = loop_log(&run.loop, "after.csv", "after,loss,accuracy");

    for (Batch batch; trainer_next(&run, &batch);) {
        Tensor *loss = cross_entropy(module_forward(network, batch.images), batch.labels);
        optimizer_zero_grad(optimizer);
        backward(loss);
        optimizer_step(optimizer);
        trainer_log(&run, loss);
        scheduler_step(run.scheduler);
        if (run.loop.step == stop && forgotten != UNDISTURBED)
            stop_and_resume(&run);
        if (run.loop.step >= stop && is_looked_at(run.loop.step - stop)) {
            const Evaluation now = evaluate(network, run.loop.tape, &run.data.test);
            log_row(log, (double)(run.loop.step - stop), now.loss, now.accuracy);
            first = run.loop.step == stop ? now.accuracy : first;
            least = now.accuracy < least ? now.accuracy : least;
        }
    } // trainer_next clears the tape: here the step's tensors die

    const ParameterList weights = module_parameters(network);
    result_add(results, "first", first);
    result_add(results, "least", least);
    result_add(results, "accuracy", run.test.accuracy);
    result_add(results, "loss", run.test.loss);
    result_add(results, "bits", weights_fingerprint(&weights));
    return trainer_end_whole(&run, "resume to look at");
}

// --- claims --------------------------------------------------------------------------------------

// Of the test accuracy, or of its worst after the resume, seed by seed.
static Sample gain(const Results *results, const char *name, int of, int over) {
    const Sample ours = results_of(results, name, of), theirs = results_of(results, name, over);
    return sample_difference(&ours, &theirs);
}

// In how many runs the weights end with the bits of the undisturbed run of the same seed.
static int runs_alike(const Results *results, int piece) {
    const Sample bits = results_of(results, "bits", piece);
    const Sample wanted = results_of(results, "bits", UNDISTURBED);
    int alike = 0;
    for (int i = 0; i < bits.count; i++)
        alike += bits.values[i] == wanted.values[i];
    return alike;
}

static void check(Claims *claims, const Results *results) {
    const int runs = results_of(results, "bits", UNDISTURBED).count;
    int alike = 0;
    for (int piece = MOMENTS; piece <= ORDER; piece++)
        alike += runs_alike(results, piece);
    claims_check(claims, runs_alike(results, NOTHING) == runs,
                 "a run that is stopped and goes on ends with the bits of one that wasn't stopped",
                 "%d of %d", runs_alike(results, NOTHING), runs);
    claims_check(
        claims, alike == 0 && runs_alike(results, STATISTICS) == runs,
        "each forgotten piece changes the weights, but for the statistics, which no step reads",
        "weights alike in %d of %d runs; without the statistics in %d of %d", alike,
        (ORDER - NOTHING) * runs, runs_alike(results, STATISTICS), runs);
    const Sample half = gain(results, "least", MOMENTS, OPTIMIZER);
    const Sample clock = gain(results, "accuracy", CLOCK, UNDISTURBED);
    claims_check_seeds(
        claims, half.mean < -2 * half.error,
        "to forget the moments and keep their count does more harm than to forget both",
        "%+.1f ± %.1f points, at the worst", 100 * half.mean, 100 * half.error);
    double worst = 0;
    for (int piece = MOMENTS; piece <= STATISTICS; piece++)
        if (piece != CLOCK)
            worst = fmin(worst, gain(results, "accuracy", piece, UNDISTURBED).mean);
    claims_check_seeds(claims, clock.mean < -2 * clock.error && worst > -0.005,
                       "at the end a forgotten clock still costs, and no other piece half a point",
                       "the clock %+.2f ± %.2f, of the others at most %+.2f points",
                       100 * clock.mean, 100 * clock.error, 100 * worst);
}

int main(int argc, char **argv) {
    const Lesson lesson = {
        .name = "lesson-17b",
        .folder = "lessons/17-both-axes",
        .knobs = knobs,
        .knob_count = OPTION_COUNT(knobs),
        .quick = {{&steps, 20}, {&stop, 10}, {&warm_up, 2}},
        .data = "fashion",
        .once = check_knobs,
        .run = run_once,
        .over = {{.option = "forget"}},
        .figures = {"forgotten.gp"},
        .claims = check,
    };
    return lesson_main(&lesson, argc, argv);
}
