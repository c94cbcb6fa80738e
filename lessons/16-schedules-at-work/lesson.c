// Lesson 16 — schedules at work
//
// Question   The same network, images, steps and seeds; only the schedule differs. What does it buy?
// Concepts   five schedules at three budgets; a rate chosen for each of them; gains seed by seed
// Run        make lesson-16
//            your own: make lesson-16 ARGS="--curve constant --lr 0.05 --schedule 'polynomial(lr, 0, steps, 2)'"
// Time       about 2 minutes
// See        out/lesson-16/budget.png    accuracy against epochs
//            out/lesson-16/curves.png    the rate, and what the test says meanwhile
//
// Which rate: lesson-16b. A rate that waits for the loss: lesson-16c.

#include <math.h>

#include "nn/loss.h"         // cross_entropy
#include "nn/networks.h"     // the model: LeNet
#include "optim/optimizer.h" // sgd
#include "run/lesson.h"      // options, --seeds, figures, claims: what surrounds a run
#include "run/trainer.h"     // data, logs, checkpoints: what surrounds a step

// --- the knobs -----------------------------------------------------------------------------------

enum { CONSTANT, STEP, COSINE, ONE_CYCLE, WARMUP_STABLE_DECAY };
enum { SHORT, MIDDLE, LONG, BUDGETS };

static int curve = CONSTANT, batch_size = 128;
static double epochs = 3, lr = NAN, momentum = 0.9;

static const Option knobs[] = {
    option_choice("curve", &curve, "the rate over time; all are run, or the one that is given",
                  "constant", "step", "cosine", "one-cycle", "warmup-stable-decay"),
    option_number("epochs", &epochs, "the budget; 0.75, 1.5 and 3 are run, or the one given",
                  .above = 0, .max = 1000),
    option_number("lr", &lr, "the highest rate", .above = 0,
                  .standard = "the curve's best, 0.02 to 0.1"),
    option_number("momentum", &momentum, "of SGD", .min = 0, .below = 1),
    option_integer("batch-size", &batch_size, "images a step", .min = 1, .max = 6000),
};

// --- the schedules: this is the lesson -----------------------------------------------------------

// Each curve's best of 0.01, 0.02, 0.05, 0.1 and 0.2 on held-out images: for a constant rate after 1, 2
// and 3 epochs, for the others after one.
static double best_rate(void) {
    switch (curve) {
    case CONSTANT:
        return epochs < 2 ? 0.05 : 0.02;
    case ONE_CYCLE:
        return 0.1;
    default:
        return 0.05;
    }
}

static Schedule schedule_of_curve(double rate, long steps) {
    switch (curve) {
    case STEP: // a tenth for the second third, a hundredth for the last
        return schedule_step(rate, (steps + 2) / 3);
    case COSINE:
        return schedule_cosine(rate, steps);
    case ONE_CYCLE: // up in 30 % of the steps from a 25th, then down to nothing
        return schedule_one_cycle(rate, steps);
    case WARMUP_STABLE_DECAY: { // a tenth of the steps up, a fifth down
        const long up = steps / 10, down = steps / 5;
        return schedule_warmup_stable_decay(rate, up, steps - up - down, down);
    }
    default:
        return schedule_constant(rate);
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
    const double rate = isnan(lr) ? best_rate() : lr;
    Optimizer *optimizer =
        trainer_optimizer(&trainer, sgd(module_parameters(network), .momentum = momentum,
                                        .lr = curve == CONSTANT ? rate : NAN));
    trainer_batches(&trainer, .size = batch_size);
    const int an_epoch = batches_count(trainer.batches);
    trainer.steps = (long)fmax(1, round(epochs * an_epoch));
    trainer.test_every = (an_epoch + 1) / 2;
    trainer.columns = "step,epoch,loss,lr";
    if (curve != CONSTANT) // which --schedule may take the place of
        scheduler_bind(trainer.scheduler, 0, "lr", schedule_of_curve(rate, trainer.steps));

    for (Batch batch; trainer_next(&trainer, &batch);) {
        Tensor *loss = cross_entropy(module_forward(network, batch.images), batch.labels);
        optimizer_zero_grad(optimizer);
        backward(loss);
        optimizer_step(optimizer);
        trainer_log(&trainer, loss, optimizer_get(optimizer, 0, "lr"));
        scheduler_step(trainer.scheduler);
    } // trainer_next clears the tape: here the step's tensors die

    result_add(results, "accuracy", trainer.test.accuracy);
    return trainer_end(&trainer);
}

// --- claims --------------------------------------------------------------------------------------

// In points, seed by seed: a curve at a budget over a constant rate at another.
static Sample gain(const Results *results, int of, int budget, int constant_budget) {
    const Sample ours = results_of(results, "accuracy", of, budget);
    const Sample constant = results_of(results, "accuracy", CONSTANT, constant_budget);
    return sample_difference(&ours, &constant);
}

static void check(Claims *claims, const Results *results) {
    Sample one[BUDGETS];
    for (int budget = 0; budget < BUDGETS; budget++)
        one[budget] = gain(results, ONE_CYCLE, budget, budget);
    claims_check_seeds(claims, one[LONG].mean > 2 * one[LONG].error,
                       "in 3 epochs one-cycle beats the best constant rate",
                       "%+.2f ± %.2f points; in 1.5 %+.2f ± %.2f, in 0.75 %+.2f ± %.2f",
                       100 * one[LONG].mean, 100 * one[LONG].error, 100 * one[MIDDLE].mean,
                       100 * one[MIDDLE].error, 100 * one[SHORT].mean, 100 * one[SHORT].error);
    const Sample half = gain(results, ONE_CYCLE, MIDDLE, LONG);
    const Sample quarter = gain(results, ONE_CYCLE, SHORT, LONG);
    claims_check_seeds(claims, half.mean > -0.01 && quarter.mean < -0.01,
                       "with half the epochs one-cycle is less than a point behind, with a quarter "
                       "more",
                       "%+.2f ± %.2f and %+.2f ± %.2f points against a constant rate in 3 epochs",
                       100 * half.mean, 100 * half.error, 100 * quarter.mean, 100 * quarter.error);
}

// --quick: the five curves at one budget, which can't be compared over budgets.
static const Lesson *choose(const Lesson *lesson, const LessonOptions *options, int *status) {
    static Lesson quick;
    (void)status;
    if (!options->quick)
        return lesson;
    quick = *lesson;
    quick.over[1] = (Axis){"epochs", {"0.75"}};
    quick.claims = NULL;
    return &quick;
}

int main(int argc, char **argv) {
    const Lesson lesson = {
        .name = "lesson-16",
        .folder = "lessons/16-schedules-at-work",
        .knobs = knobs,
        .knob_count = OPTION_COUNT(knobs),
        .data = "fashion",
        .choose = choose,
        .run = run_once,
        .over = {{.option = "curve"}, {"epochs", {"0.75", "1.5", "3"}}},
        .figures = {"budget.gp", "curves.gp"},
        .claims = check,
    };
    return lesson_main(&lesson, argc, argv);
}
