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
static double from = 1e-5, to = 10, smoothing = 0.95, momentum = 0.9;

static const Option knobs[] = {
    option_choice("rate", &rate,
                  "rises: the range test; or constant; all are run, or the one given", "rising",
                  "0.01", "0.02", "0.05", "0.1", "0.2"),
    option_number("from", &from, "rising: where it begins", .above = 0),
    option_number("to", &to, "rising: where it would end", .above = 0),
    option_number("smoothing", &smoothing, "rising: the share of the old in the mean of losses",
                  .min = 0, .below = 1),
    option_integer("steps", &steps, "of each training: 469 of 128 images are all, once", .min = 2),
    option_number("momentum", &momentum, "of SGD", .min = 0, .below = 1),
    option_integer("batch-size", &batch_size, "images a step", .min = 1, .max = 6000),
};

// --- the range test ------------------------------------------------------------------------------

// What it remembers of the losses on the way; each step is the same share of a decade of the rate.
typedef struct Range {
    double mean;                // of the losses, the older the less
    double fall, fall_rate;     // the largest fall of the mean in a step, and the rate there
    double lowest, lowest_rate; // the least mean so far, likewise
    double steepest_rate;       // of the falls up to there: behind it the loss only recovers
} Range;

static void range_keep(Range *range, Loop *loop) {
    loop_number(loop, "mean", &range->mean);
    loop_number(loop, "fall", &range->fall);
    loop_number(loop, "fall rate", &range->fall_rate);
    loop_number(loop, "lowest", &range->lowest);
    loop_number(loop, "lowest rate", &range->lowest_rate);
    loop_number(loop, "steepest rate", &range->steepest_rate);
}

static void range_step(Range *range, long step, double now, double loss) {
    const double before = range->mean;
    range->mean = step == 1 ? loss : smoothing * before + (1 - smoothing) * loss;
    if (before - range->mean > range->fall) {
        range->fall = before - range->mean;
        range->fall_rate = now;
    }
    if (range->mean < range->lowest) {
        range->lowest = range->mean;
        range->lowest_rate = now;
        range->steepest_rate = range->fall_rate;
    }
}

// --- one run -------------------------------------------------------------------------------------

static bool run_once(const LessonOptions *options, Results *results, Error *error) {
    Trainer trainer;
    if (!trainer_init(&trainer, options, error))
        return false;
    Random random = random_from_seed((uint64_t)options->seed);
    Module *network = trainer_network(&trainer, lenet_new());
    module_initialise(network, &random);
    const double constant = rate == RISING ? NAN : atof(knobs[0].choices[rate]);
    Optimizer *optimizer = trainer_optimizer(
        &trainer, sgd(module_parameters(network), .lr = constant, .momentum = momentum));
    if (rate == RISING) // by the same factor in each step
        scheduler_bind(trainer.scheduler, 0, "lr",
                       schedule_exponential(from, pow(to / from, 1.0 / (steps - 1))));
    trainer_batches(&trainer, .size = batch_size);
    trainer.steps = steps;
    trainer.columns = "step,epoch,loss,lr,mean";
    Range range = {.lowest = INFINITY};
    range_keep(&range, &trainer.loop);

    for (Batch batch; trainer_next(&trainer, &batch);) {
        Tensor *loss = cross_entropy(module_forward(network, batch.images), batch.labels);
        optimizer_zero_grad(optimizer);
        backward(loss);
        optimizer_step(optimizer);
        const double now = optimizer_get(optimizer, 0, "lr");
        range_step(&range, trainer.loop.step, now, tensor_item(loss));
        trainer_log(&trainer, loss, now, range.mean);
        scheduler_step(trainer.scheduler);
    } // trainer_next clears the tape: here the step's tensors die

    result_add(results, "accuracy", trainer.test.accuracy);
    result_add(results, "steepest", range.steepest_rate);
    result_add(results, "lowest", range.lowest_rate);
    return trainer_end(&trainer);
}

// --- claims --------------------------------------------------------------------------------------

// The constant rate whose trainings ended best.
static double best_rate(const Results *results) {
    int best = RISING + 1;
    for (int i = best; i <= RATES; i++)
        if (results_of(results, "accuracy", i).mean > results_of(results, "accuracy", best).mean)
            best = i;
    return atof(knobs[0].choices[best]);
}

static void check(Claims *claims, const Results *results) {
    const Sample steepest = results_of(results, "steepest", RISING);
    const Sample lowest = results_of(results, "lowest", RISING);
    double ratios[SAMPLE_MAX];
    for (int i = 0; i < lowest.count; i++)
        ratios[i] = 0.1 * lowest.values[i] / steepest.values[i];
    const Sample ratio = sample_of(ratios, lowest.count);
    claims_check_seeds(claims, ratio.least > 1 / 3.0 && ratio.most < 3,
                       "a tenth of the rate of the lowest loss is the rate of its steepest descent "
                       "within a factor of 3",
                       "%.3f and %.3f in the mean; their ratio is %.2f to %.2f", 0.1 * lowest.mean,
                       steepest.mean, ratio.least, ratio.most);
    const double best = best_rate(results);
    claims_check_seeds(claims, best >= 0.1 * lowest.most && best < 5 * 0.1 * lowest.least,
                       "it is on the safe side of the search's best rate, by less than 5 times",
                       "%.3f to %.3f, the best is %g", 0.1 * lowest.least, 0.1 * lowest.most, best);
}

int main(int argc, char **argv) {
    const Lesson lesson = {
        .name = "lesson-16b",
        .folder = "lessons/16-schedules-at-work",
        .knobs = knobs,
        .knob_count = OPTION_COUNT(knobs),
        .quick = {{&steps, 15}},
        .data = "fashion",
        .run = run_once,
        .over = {{.option = "rate"}},
        .figures = {"range.gp"},
        .claims = check,
    };
    return lesson_main(&lesson, argc, argv);
}
