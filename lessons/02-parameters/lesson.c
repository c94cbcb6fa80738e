// Lesson 02 — parameters
//
// Question   What does an optimizer see of a model, and where do the first values come from?
// Concepts   the registry: names, shapes, pointers; a layer of your own; initialisation
// Run        make lesson-02
//            with other knobs: make lesson-02 ARGS="--optimizer adam"
// Time       about 20 seconds
// See        out/figures/OptimizerOverview/Param-1.png   a model, and the list of pointers to it
//            out/lesson-02/signal.png                    20 layers under four initialisations
//            out/lesson-02/learning.png                  and which of the four stacks learn

#include <math.h>
#include <stdio.h>

#include "nn/init.h"         // init_normal, init_kaiming_normal …
#include "nn/layers.h"       // Module: conv2d_new, linear_new …
#include "nn/loss.h"         // cross_entropy
#include "optim/optimizer.h" // sgd, optimizer_step
#include "registry.h"        // the first half: what an optimizer sees, and a layer of our own
#include "run/lesson.h"      // options, --seeds, figures, claims: what surrounds a run
#include "signal.h"
#include "run/trainer.h" // data, logs, checkpoints: what surrounds a step

// --- the knobs -----------------------------------------------------------------------------------

static double lr = 0.003, small_std = 0.01, large_std = 0.2;
enum { SMALL, LARGE, XAVIER, KAIMING, INITS };
static int init = SMALL; // of the stack of this run
static int depth = 20, width = 256, batch_size = 64, steps = 600, algorithm = 0;

static const Option knobs[] = {
    option_choice("init", &init, "where the weights start", "small", "large", "xavier", "kaiming"),
    option_integer("depth", &depth, "layers in the stack", .min = 2, .max = DEPTH_MAX),
    option_integer("width", &width, "units in each of its layers", .min = 1, .max = 2048),
    option_number("small", &small_std, "the standard deviation that is too small", .above = 0),
    option_number("large", &large_std, "the one that is too large", .above = 0),
    option_choice("optimizer", &algorithm, "what trains the stacks", ALGORITHM_CHOICES),
    option_number("lr", &lr, "learning rate: the length of a step", .above = 0),
    option_integer("batch-size", &batch_size, "images a step", .min = 1, .max = 6000),
    option_integer("steps", &steps, "steps of training", .min = 1, .max = 100000),
};

// --- the first values: four ways to fill the same stack ------------------------------------------

static void init_weight(Parameter *weight, Random *random) {
    switch (init) {
    case SMALL:
        init_normal(weight, random, 0, small_std);
        break;
    case LARGE:
        init_normal(weight, random, 0, large_std);
        break;
    case XAVIER: // 2 / (fan_in + fan_out): made for tanh, which is a line near 0
        init_xavier_normal(weight, random, 1);
        break;
    case KAIMING: // 2 / fan_in: relu throws one half away, so start with twice as much
        init_kaiming_normal(weight, random, 0, FAN_IN);
        break;
    }
}

// 784 pixels → width → … → width → 10 garments, with relu between.
static Module *stack_new(int seed) {
    Module *stack = sequential_new(flatten_new());
    for (int layer = 1; layer <= depth; layer++) {
        char name[2][32];
        snprintf(name[0], sizeof name[0], "linear%d", layer);
        snprintf(name[1], sizeof name[1], "relu%d", layer);
        sequential_append(stack, name[0], linear_new(layer == 1 ? 28 * 28 : width, width));
        sequential_append(stack, name[1], relu_new());
    }
    sequential_append(stack, "head", linear_new(width, 10));

    Random random = random_from_seed((uint64_t)seed);
    module_initialise(stack, &random);                         // the layers' own first values,
    const ParameterList parameters = module_parameters(stack); // and ours over them
    for (int i = 0; i < parameters.count; i++) {
        Parameter *parameter = parameters.items[i];
        if (parameter->tensor.shape.rank == 2)
            init_weight(parameter, &random);
        else
            init_constant(parameter, 0); // biases
    }
    return stack;
}

// --- and what comes of it: one seed, one initialisation, trained ---------------------------------

enum { LAST = 50 };

static bool run_once(const LessonOptions *options, Results *results, Error *error) {
    Trainer trainer;
    if (algorithms[algorithm]->of_matrices)
        return error_set(error, "--optimizer %s is for matrices alone, and the stack has biases",
                         algorithms[algorithm]->name);
    if (!trainer_init(&trainer, options, error))
        return false;
    Module *stack = trainer_network(&trainer, stack_new(options->seed));
    Hyperparameters given = HYPERPARAMETERS_OF(.lr = lr);
    given.momentum = algorithms[algorithm] == &algorithm_sgd ? 0.9 : NAN; // NaN: its default
    Optimizer *optimizer = trainer_optimizer(
        &trainer, optimizer_new(algorithms[algorithm], module_parameters(stack), given));
    trainer_batches(&trainer, .size = batch_size);
    trainer.steps = steps;
    trainer.columns = NULL; // learning.csv instead:
    Log *log = loop_log(&trainer.loop, "learning.csv", "init,seed,step,loss");
    const char *name = knobs[0].choices[init];
    double last = 0; // the mean loss of the last steps; NaN if the numbers blew up
    loop_number(&trainer.loop, "last", &last);

    signal_look(&trainer, name, results);
    for (Batch batch; trainer_next(&trainer, &batch);) {
        Tensor *loss = cross_entropy(module_forward(stack, batch.images), batch.labels);
        optimizer_zero_grad(optimizer);
        backward(loss);
        optimizer_step(optimizer);

        const double value = tensor_item(loss);
        scheduler_step(trainer.scheduler);
        trainer_log(&trainer, loss);
        log_named_row(log, name, options->seed, (double)trainer.loop.step, value);
        if (trainer.loop.step > steps - LAST)
            last += value / (steps < LAST ? steps : LAST);
        if (!isfinite(value)) // trainer_log ends the run
            last = NAN;
    } // trainer_next clears the tape: here the step's tensors die
    result_add(results, "loss", last);
    result_add(results, "finite", isfinite(last));
    result_add(results, "accuracy", trainer.test.accuracy);
    return trainer_end(&trainer);
}

// --- claims --------------------------------------------------------------------------------------

static void check_signal(Claims *claims, const Results *results) {
    double off = 0;
    for (int i = 0; i < INITS; i++) {
        const double most = results_of(results, "off", i).most;
        off = isnan(most) || most > off ? most : off; // a NaN stays: no number is above it
    }
    claims_check_seeds(
        claims, off < 0.05,
        "on average a layer multiplies the signal by sqrt(fan_in/2)·std, forward and backward",
        "at most %.1f %% off in any stack", 100 * off);
    const Sample forward = results_of(results, "forward", KAIMING);
    const Sample backward = results_of(results, "backward", KAIMING);
    const double least = pow(fmin(forward.least, backward.least), depth - 1);
    const double most = pow(fmax(forward.most, backward.most), depth - 1);
    claims_check_seeds(claims, least > 1 / 2.5 && most < 2.5,
                       "Kaiming keeps the signal's size through the stack, within a factor of 2.5",
                       "× %.2f to × %.2f over the stack", least, most);
    const Sample xavier = results_of(results, "forward", XAVIER);
    claims_check_seeds(claims, pow(xavier.least, 2) > 0.45 && pow(xavier.most, 2) < 0.55,
                       "Xavier halves the variance in each relu layer", "× %.3f to × %.3f a layer",
                       pow(xavier.least, 2), pow(xavier.most, 2));
}

static void check(Claims *claims, const Results *results) {
    registry_claims(claims);
    check_signal(claims, results);
    const double loss = results_of(results, "loss", SMALL).least;
    const double small = results_of(results, "accuracy", SMALL).most;
    const double kaiming = results_of(results, "accuracy", KAIMING).least;
    const double xavier = results_of(results, "accuracy", XAVIER).most;
    claims_check_seeds(claims, loss > log(10) - 0.01 && small < 0.15,
                       "the stack whose signal vanishes doesn't learn",
                       "loss at least %.4f (ln 10 = %.4f), accuracy at most %.1f %%", loss, log(10),
                       100 * small);
    const double finite = results_of(results, "finite", LARGE).mean;
    claims_check_seeds(claims, finite == 0, "the one whose signal explodes ends in NaN",
                       "in %.0f %% of the runs", 100 * (1 - finite));
    claims_check_seeds(
        claims, kaiming > 0.75 && kaiming > xavier, "Kaiming's learns, and sooner than Xavier's",
        "accuracy at least %.1f %%; Xavier's at most %.1f %%", 100 * kaiming, 100 * xavier);
}

int main(int argc, char **argv) {
    const Lesson lesson = {
        .name = "lesson-02",
        .folder = "lessons/02-parameters",
        .knobs = knobs,
        .knob_count = OPTION_COUNT(knobs),
        .quick = {{&steps, 20}},
        .data = "fashion",
        .once = registry_check,
        .run = run_once,
        .over = {{.option = "init"}},
        .figures = {"signal.gp", "learning.gp"},
        .article = {"Param-1.gp"},
        .claims = check,
    };
    return lesson_main(&lesson, argc, argv);
}
