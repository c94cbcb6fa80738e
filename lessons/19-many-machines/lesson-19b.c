// Lesson 19b — large batches
//
// Question   Many machines make large batches. How large may a batch be, and what must follow it?
// Concepts   the linear scaling rule: k times the batch, k times the rate; warm-up; LARS, whose rate is each
//            layer's own; the critical batch size
// Run        make lesson-19b
//            one batch, one recipe: make lesson-19b ARGS="--recipe warm-up --factor 16"
// Time       about half a minute
// See        out/lesson-19b/batch.png    accuracy against the batch, a curve a recipe
//
// A batch is one process's here: lesson-19 shows that n ranks with a part each give the same losses.

#include <math.h>

#include "nn/groups.h"       // weights apart from biases
#include "nn/loss.h"         // cross_entropy
#include "nn/layers.h"       // the model
#include "optim/optimizer.h" // sgd, lars
#include "run/lesson.h"      // options, --seeds, figures, claims: what surrounds a run
#include "run/trainer.h"     // data, logs, checkpoints: what surrounds a step

// --- the knobs -----------------------------------------------------------------------------------

enum { UNCHANGED, SCALED, WARM_UP, LARS };
enum { TIMES_1, TIMES_2, TIMES_4, TIMES_8, TIMES_16, TIMES_32 }; // places of --factor
static int recipe = UNCHANGED, factor = 1, batch_size = 32;
static double epochs = 3, lr = 0.02, lars_lr = 2, momentum = 0.9, rising = 0.2;

static const Option knobs[] = {
    option_choice("recipe", &recipe,
                  "what follows the batch; all are run, or the one that is given", "unchanged",
                  "scaled", "warm-up", "lars"),
    option_integer("factor", &factor, "how many times as large the batch is; or the one given",
                   .min = 1, .max = 128),
    option_integer("batch-size", &batch_size, "images a step at factor 1", .min = 1, .max = 400),
    option_number("lr", &lr, "the highest rate at factor 1", .above = 0),
    option_number("lars-lr", &lars_lr, "LARS: the same for its weights", .above = 0),
    option_number("momentum", &momentum, "of all recipes", .min = 0, .below = 1),
    option_number("rising", &rising, "warm-up: its share of the steps", .above = 0, .below = 1),
    option_number("epochs", &epochs, "passes over the training images", .above = 0, .max = 1000),
};

// --- the recipes: this is the lesson -------------------------------------------------------------

// The rate that is right for factor 1 comes to what the recipe makes of it, at once or along a warm-up, and
// falls to 0 along half a cosine.
static Schedule schedule_of_recipe(double rate, long steps) {
    const double highest = recipe == UNCHANGED ? rate : factor * rate;
    const long up = recipe >= WARM_UP ? (long)(rising * (double)steps) : 0;
    if (up == 0)
        return schedule_cosine(highest, steps);
    return schedule_sequence(OWN_LENGTHS, schedule_linear(rate, highest, up),
                             schedule_cosine(highest, steps - up));
}

// LARS gives every weight a step that is a share of its length; biases move as in the other recipes.
static Optimizer *optimizer_of_recipe(const Module *network) {
    const ParameterList all = module_parameters(network);
    if (recipe != LARS)
        return sgd(all, .momentum = momentum);
    const DecaySplit split = parameters_split_by_decay(all);
    Optimizer *optimizer = lars(split.decay, .momentum = momentum);
    optimizer_add_group(optimizer, split.no_decay, .trust_coefficient = 0);
    return optimizer;
}

// Three layers of weights, 55,050 numbers: a batch of 1,024 images is one product of matrices a layer.
static Module *network_new(void) {
    return sequential_new(flatten_new(), linear_new(784, 64), relu_new(), linear_new(64, 64),
                          relu_new(), linear_new(64, 10));
}

// --- one run -------------------------------------------------------------------------------------

static bool run_once(const LessonOptions *options, Results *results, Error *error) {
    Trainer trainer;
    if (!trainer_init(&trainer, options, error))
        return false;
    Random random = random_from_seed((uint64_t)options->seed);
    Module *network = trainer_network(&trainer, network_new());
    module_initialise(network, &random);
    Optimizer *optimizer = trainer_optimizer(&trainer, optimizer_of_recipe(network));
    trainer_batches(&trainer, .size = factor * batch_size, .drop_last = true);
    trainer.steps = (long)fmax(1, round(epochs * batches_count(trainer.batches)));
    trainer.test_every = trainer.steps;
    trainer.columns = "step,epoch,loss,lr";
    for (int g = 0; g < optimizer->group_count; g++)
        scheduler_bind(trainer.scheduler, g, "lr",
                       schedule_of_recipe(recipe == LARS && g == 0 ? lars_lr : lr, trainer.steps));

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

// In points, seed by seed: a recipe at a factor over the small batch.
static Sample gain(const Results *results, int of, int place) {
    const Sample small = results_of(results, "accuracy", UNCHANGED, TIMES_1);
    const Sample large = results_of(results, "accuracy", of, place);
    Sample gain = sample_difference(&large, &small);
    gain.mean *= 100;
    gain.error *= 100;
    return gain;
}

static bool loses(Sample gain) {
    return gain.mean < -2 * gain.error && gain.mean < -0.5;
}

// At 8 and at 32 times the batch a recipe loses.
static void check_loss(Claims *claims, const Results *results, int of, const char *words) {
    const Sample eight = gain(results, of, TIMES_8), most = gain(results, of, TIMES_32);
    claims_check_seeds(claims, loses(eight) && loses(most), words,
                       "%+.2f ± %.2f and %+.2f ± %.2f points", eight.mean, eight.error, most.mean,
                       most.error);
}

static void check(Claims *claims, const Results *results) {
    if (results_count(results, 1) <= TIMES_32) // --quick
        return;
    check_loss(claims, results, UNCHANGED, "8 and 32 times the batch at the same rate lose");
    check_loss(claims, results, SCALED, "with the rate scaled at once, too");
    const Sample eight = gain(results, WARM_UP, TIMES_8);
    const Sample sixteen = gain(results, WARM_UP, TIMES_16),
                 most = gain(results, WARM_UP, TIMES_32);
    claims_check_seeds(claims, eight.mean > -0.5,
                       "scaled along a warm-up, 8 times the batch is less than half a point behind",
                       "%+.2f ± %.2f points", eight.mean, eight.error);
    claims_check_seeds(claims, loses(sixteen) && loses(most),
                       "and 16 times or more lose: the critical batch is between 8 and 16 times",
                       "%+.1f ± %.1f at 16, %+.1f ± %.1f at 32 times", sixteen.mean, sixteen.error,
                       most.mean, most.error);
    const Sample lars_sixteen = gain(results, LARS, TIMES_16),
                 lars_most = gain(results, LARS, TIMES_32);
    claims_check_seeds(claims, loses(lars_sixteen) && loses(lars_most),
                       "LARS by the same rule carries it no further",
                       "%+.1f ± %.1f at 16, %+.1f ± %.1f at 32 times", lars_sixteen.mean,
                       lars_sixteen.error, lars_most.mean, lars_most.error);
}

int main(int argc, char **argv) {
    const Lesson lesson = {
        .name = "lesson-19b",
        .folder = "lessons/19-many-machines",
        .knobs = knobs,
        .knob_count = OPTION_COUNT(knobs),
        .data = "fashion",
        .run = run_once,
        .over = {{.option = "recipe"}, {"factor", {"1", "2", "4", "8", "16", "32"}}},
        .quick_over = {{.option = "recipe"}, {"factor", {"8"}}},
        .figures = {"batch.gp"},
        .claims = check,
    };
    return lesson_main(&lesson, argc, argv);
}
