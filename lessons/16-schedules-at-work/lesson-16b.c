// Lesson 16b — the learning-rate range test
//
// Question   Which rate? Can one pass over the images tell what a search over trainings tells?
// Concepts   the range test: the rate rises until the loss diverges; two ways to read a rate off; the
//            same for constant rates that are trained with, to compare
// Run        make lesson-16b
//            of other batches: make lesson-16b ARGS="--batch-size 32"
// Time       about 20 seconds
// See        out/lesson-16b/range.png    the loss as the rate rises, over the accuracy at constant rates

#include <math.h>
#include <stdlib.h>

#include "nn/loss.h"         // cross_entropy
#include "nn/networks.h"     // the model: LeNet
#include "optim/optimizer.h" // sgd
#include "run/lesson.h"      // options, --seeds, figures, claims: what surrounds a run
#include "run/trainer.h"     // data, logs, checkpoints: what surrounds a step

// --- the knobs -----------------------------------------------------------------------------------

enum { RISING, RATES = 5 };
static int rate = RISING, steps = 469, batch_size = 128;
static double from = 1e-5, to = 10, momentum = 0.9, smoothing = 0.95;

static const Option knobs[] = {
    option_choice("rate", &rate, "rises: the range test; or constant; all are run, or the one given",
                  "rising", "0.01", "0.02", "0.05", "0.1", "0.2"),
    option_number("from", &from, "rising: where it begins", .above = 0),
    option_number("to", &to, "rising: where it would end", .above = 0),
    option_number("smoothing", &smoothing, "rising: the share of the old in the mean of losses",
                  .min = 0, .below = 1),
    option_integer("steps", &steps, "of each training: 469 of 128 images are all, once", .min = 2),
    option_number("momentum", &momentum, "of SGD", .min = 0, .below = 1),
    option_integer("batch-size", &batch_size, "images a step", .min = 1, .max = 6000),
};

// --- the range test ------------------------------------------------------------------------------

// What is remembered along the way: the test needs one pass and no list.
typedef struct Range {
    double sum, loss;          // the mean of losses before and after correction for its start at 0
    double least, least_rate;  // where it was lowest,
    double steepest, steepest_rate; // where it fell fastest for each decade of the rate,
    double end_rate;           // and where it was four times the lowest
} Range;

static void range_keep(Loop *loop, Range *range) {
    loop_number(loop, "mean", &range->sum);
    loop_number(loop, "smooth loss", &range->loss);
    loop_number(loop, "least loss", &range->least);
    loop_number(loop, "its rate", &range->least_rate);
    loop_number(loop, "steepest descent", &range->steepest);
    loop_number(loop, "rate of the steepest descent", &range->steepest_rate);
    loop_number(loop, "rate of the end", &range->end_rate);
}

static void range_step(Range *range, long step, double now, double loss) {
    const double before = range->loss;
    range->sum = smoothing * range->sum + (1 - smoothing) * loss;
    range->loss = range->sum / (1 - pow(smoothing, (double)step));
    if (range->loss < range->least)
        range->least = range->loss, range->least_rate = now;
    if (before - range->loss > range->steepest)
        range->steepest = before - range->loss, range->steepest_rate = now;
}

static bool run_once(const LessonOptions *options, Results *results, Error *error) {
    Trainer trainer;
    if (!trainer_init(&trainer, options, error))
        return false;
    Random random = random_from_seed((uint64_t)options->seed);
    Module *network = trainer_network(&trainer, lenet_new());
    module_initialise(network, &random);
    const double constant = atof(knobs[0].choices[rate]);
    Optimizer *optimizer = trainer_optimizer(
        &trainer,
        sgd(module_parameters(network), .lr = rate == RISING ? from : constant, .momentum = momentum));
    trainer_batches(&trainer, .size = batch_size);
    trainer.steps = steps;
    trainer.columns = "step,epoch,loss,lr,smooth";
    Range range = {.least = INFINITY};
    range_keep(&trainer.loop, &range);
    if (rate == RISING)
        scheduler_bind(trainer.scheduler, 0, "lr",
                       schedule_exponential(from, pow(to / from, 1.0 / (steps - 1))));

    for (Batch batch; trainer_next(&trainer, &batch);) {
        Tensor *loss = cross_entropy(module_forward(network, batch.images), batch.labels);
        optimizer_zero_grad(optimizer);
        backward(loss);
        optimizer_step(optimizer);
        const double now = optimizer_get(optimizer, 0, "lr");
        range_step(&range, trainer.loop.step, now, tensor_item(loss));
        trainer_log(&trainer, loss, now, range.loss);
        if (rate == RISING && range.loss > 4 * range.least)
            loop_stop(&trainer.loop, "diverged");
        scheduler_step(trainer.scheduler);
    }
    result_add(results, "accuracy", trainer.test.accuracy);
    result_add(results, "steepest_rate", range.steepest_rate);
    result_add(results, "least_rate", range.least_rate);
    return trainer_end(&trainer);
}

int main(int argc, char **argv) {
    const Lesson lesson = {
        .name = "lesson-16b",
        .folder = "lessons/16-schedules-at-work",
        .knobs = knobs,
        .knob_count = OPTION_COUNT(knobs),
        .quick = {{&steps, 25}},
        .data = "fashion",
        .run = run_once,
    };
    return lesson_main(&lesson, argc, argv);
}
