// Lesson 02 — parameters
//
// Question   What does an optimizer see of a model, and where do the first values come from?
// Concepts   the registry: names, shapes, pointers; a layer of your own; initialisation
// Run        make lesson-02
//            with other knobs: make lesson-02 ARGS="--optimizer adam"
// Time       about 10 seconds
// See        out/figures/OptimizerOverview/Param-1.png   a model, and the list of pointers to it
//            out/lesson-02/signal.png                    20 layers under four initialisations
//            out/lesson-02/learning.png                  and which of the four stacks learn

#include <math.h>
#include <stdio.h>

#include "data/batches.h"    // Batches: the data set, a batch at a time
#include "nn/init.h"         // init_normal, init_kaiming_normal …
#include "nn/layers.h"       // Module: conv2d_new, linear_new …
#include "nn/loss.h"         // cross_entropy
#include "optim/optimizer.h" // sgd, optimizer_step
#include "registry.h"        // the first half: what an optimizer sees, and a layer of our own
#include "instruments/evaluate.h"    // accuracy on the test set
#include "run/interrupt.h"   // Ctrl-C
#include "run/lesson.h"      // options, --seeds, figures, claims: what surrounds a run
#include "files/table.h"       // CSV: logs row by row, tables for figures

// --- the knobs -----------------------------------------------------------------------------------

static double lr = 0.003, small_std = 0.01, large_std = 0.2;
enum { SMALL, LARGE, XAVIER, KAIMING, INITS };
static int init = SMALL; // of the stack of this run
static int depth = 20, width = 256, batch_size = 64, steps = 600, algorithm = 0;
static bool held_out = false;
enum { DEPTH_MAX = 100 };

static const Option knobs[] = {
    option_choice("init", &init, NULL, "small", "large", "xavier", "kaiming"),
    option_integer("depth", &depth, "layers in the stack", .min = 2, .max = DEPTH_MAX),
    option_integer("width", &width, "units in each of its layers", .min = 1, .max = 2048),
    option_number("small", &small_std, "the standard deviation that is too small", .above = 0),
    option_number("large", &large_std, "the one that is too large", .above = 0),
    option_choice("optimizer", &algorithm, "what trains the stacks", "sgd", "adam"),
    option_number("lr", &lr, "learning rate: the length of a step", .above = 0),
    option_integer("batch-size", &batch_size, "images a step", .min = 1, .max = 6000),
    option_integer("steps", &steps, "steps of training", .min = 1, .max = 100000),
    option_flag("held-out", &held_out,
                "train on 55,000 images and test on the other 5,000: to choose knobs"),
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

static double rms(const real *numbers, size_t count) { // root of the mean square
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (double)numbers[i] * (double)numbers[i];
    return sqrt(sum / (double)count);
}

// One batch through the stack and back, before any training. A layer's signal is the root of the
// mean square of what it puts out (the mean is about 0: it is the standard deviation), and of the
// gradient there; predicted from the weights alone. signal.csv has backward relative to the last
// layer, whose gradient comes from the loss.
static bool measure(Module *stack, Batch batch, const LessonOptions *options, Results *results,
                    Error *error) {
    Tensor *sums[DEPTH_MAX], *x = batch.images;
    double predicted[DEPTH_MAX], square = pow(rms(x->data, x->size), 2); // of what comes in
    for (int i = 0, layer = 0; i < stack->child_count; i++) {
        x = module_forward(stack->children[i], x);
        if (stack->children[i]->parameters.count == 0 || layer == depth)
            continue;
        tensor_retain_grad(x); // else only parameters keep theirs
        sums[layer] = x;
        const Tensor *weight = &stack->children[i]->parameters.items[0]->tensor;
        square *= weight->shape.dims[1] * pow(rms(weight->data, weight->size), 2); // fan_in · σ²
        predicted[layer++] = sqrt(square);
        square /= 2; // relu keeps one half of it
    }
    backward(cross_entropy(x, batch.labels));

    const int last = depth - 1;
    double forward[DEPTH_MAX], back[DEPTH_MAX];
    for (int i = 0; i < depth; i++) {
        forward[i] = rms(sums[i]->data, sums[i]->size);
        back[i] = rms(sums[i]->grad, sums[i]->size);
    }
    Table *table = table_open(options->out, "signal.csv",
                              "init,seed,layer,forward,predicted,backward,backward_predicted");
    for (int i = 0; i < depth; i++)
        table_row(table, "%s,%d,%d,%.17g,%.17g,%.17g,%.17g", knobs[0].choices[init], options->seed,
                  i + 1, forward[i], predicted[i], back[i] / back[last],
                  predicted[last] / predicted[i]);

    // the factor of a layer, from the sizes at both ends of the stack
    const double ahead = pow(forward[last] / forward[0], 1.0 / last);
    const double behind = pow(back[0] / back[last], 1.0 / last);
    const double factor = pow(predicted[last] / predicted[0], 1.0 / last);
    const Tensor *second = &module_find_parameter(stack, "linear2.weight")->tensor;
    result_add(results, "std", rms(second->data, second->size));
    result_add(results, "forward", ahead);
    result_add(results, "backward", behind);
    result_add(results, "off", fmax(fabs(ahead / factor - 1), fabs(behind / factor - 1)));
    return table_close(table, error);
}

// --- and what comes of it: each stack is trained on the same batches -----------------------------

enum { LAST = 50 };

// The mean loss of the last steps; NaN if the numbers blew up.
static double train(Module *stack, Tape *tape, Batches *batches, int seed, Log *log) {
    const ParameterList parameters = module_parameters(stack);
    Optimizer *optimizer =
        algorithm ? adam(parameters, .lr = lr) : sgd(parameters, .lr = lr, .momentum = 0.9);
    double value = 0, last = 0;
    for (int done = 0; done < steps && isfinite(value) && !interrupt_signal();) {
        Batch batch;
        if (!batches_next(batches, tape, &batch))
            continue; // the end of an epoch: the next call begins another, in a new order
        Tensor *loss = cross_entropy(module_forward(stack, batch.images), batch.labels);
        optimizer_zero_grad(optimizer);
        backward(loss);
        optimizer_step(optimizer);

        value = tensor_item(loss);
        tape_clear(tape);
        log_named_row(log, knobs[0].choices[init], seed, ++done, value);
        last += done > steps - LAST ? value : 0;
    }
    optimizer_free(optimizer);
    return isfinite(value) ? last / (steps < LAST ? steps : LAST) : NAN;
}

// One seed, one initialisation.
static bool run_once(const LessonOptions *options, Results *results, Error *error) {
    LessonData data;
    if (!lesson_data_load(&data, options, "fashion", held_out, error))
        return false;
    Tape *tape = tape_new();
    Module *stack = stack_new(options->seed);
    Batches *batches =
        batches_new(&data.train, .size = batch_size, .seed = (uint64_t)options->seed);
    Batch batch;
    batches_next(batches, tape, &batch);
    bool done = measure(stack, batch, options, results, error);
    tape_clear(tape);
    Log *log =
        done ? log_open(options->out, "learning.csv", "init,seed,step,loss", LOG_NEW, error) : NULL;
    if (log) {
        result_add(results, "loss", train(stack, tape, batches, options->seed, log));
        result_add(results, "accuracy", evaluate(stack, tape, &data.test).accuracy);
    }
    done = log && table_close(log, error);
    batches_free(batches);
    module_free(stack);
    tape_free(tape);
    lesson_data_free(&data);
    return done;
}

// --- claims --------------------------------------------------------------------------------------

static void check_signal(Claims *claims, const Results *results) {
    double off = 0;
    for (int i = 0; i < INITS; i++) {
        const double most = results_of(results, i, "off").most;
        off = isnan(most) || most > off ? most : off; // a NaN stays: no number is above it
    }
    claims_check(claims, off < 0.05,
                 "a layer multiplies the signal by sqrt(fan_in/2)·std, forward and backward",
                 "at most %.1f %% off in any stack", 100 * off);
    const Sample forward = results_of(results, KAIMING, "forward");
    const Sample backward = results_of(results, KAIMING, "backward");
    const double least = pow(fmin(forward.least, backward.least), depth - 1);
    const double most = pow(fmax(forward.most, backward.most), depth - 1);
    claims_check(claims, least > 1 / 2.5 && most < 2.5,
                 "Kaiming keeps the signal's size through the stack, within a factor of 2.5",
                 "× %.2f to × %.2f over the stack", least, most);
    const Sample xavier = results_of(results, XAVIER, "forward");
    claims_check(claims, pow(xavier.least, 2) > 0.45 && pow(xavier.most, 2) < 0.55,
                 "Xavier halves the variance in each relu layer", "× %.3f to × %.3f a layer",
                 pow(xavier.least, 2), pow(xavier.most, 2));
}

static void check_learning(Claims *claims, const Results *results) {
    const double loss = results_of(results, SMALL, "loss").least;
    const double small = results_of(results, SMALL, "accuracy").most;
    const double kaiming = results_of(results, KAIMING, "accuracy").least;
    const double xavier = results_of(results, XAVIER, "accuracy").most;
    claims_check(claims, loss > log(10) - 0.01 && small < 0.15,
                 "the stack whose signal vanishes doesn't learn",
                 "loss at least %.4f (ln 10 = %.4f), accuracy at most %.1f %%", loss, log(10),
                 100 * small);
    const Sample large = results_of(results, LARGE, "loss");
    int exploded = 0;
    for (int i = 0; i < large.count; i++)
        exploded += isnan(large.values[i]);
    claims_check(claims, exploded == large.count, "the one whose signal explodes ends in NaN",
                 "%d of %d runs", exploded, large.count);
    claims_check(
        claims, kaiming > 0.75 && kaiming > xavier, "Kaiming's learns, and sooner than Xavier's",
        "accuracy at least %.1f %%; Xavier's at most %.1f %%", 100 * kaiming, 100 * xavier);
}

static void check(Claims *claims, const LessonOptions *options, const Results *results) {
    registry_claims(claims);
    if (claims_need_seeds(claims, options->seeds,
                          "what initialisation does to the signal, and to learning")) {
        check_signal(claims, results);
        check_learning(claims, results);
    }
}

int main(int argc, char **argv) {
    const Lesson lesson = {
        .name = "lesson-02",
        .folder = "lessons/02-parameters",
        .knobs = knobs,
        .knob_count = OPTION_COUNT(knobs),
        .quick = {{&steps, 20}},
        .resume_note = "goes on by itself: runs that are finished aren't run again",
        .once = registry_check,
        .run = run_once,
        .over = &knobs[0],
        .figures = {"signal.gp", "learning.gp"},
        .article = {"Param-1.gp"},
        .claims = check,
    };
    return lesson_main(&lesson, argc, argv);
}
