// Lesson 02 — parameters
//
// Question   What does an optimizer see of a model, and where do the first values come from?
// Concepts   the registry: names, shapes, pointers; a layer of your own; initialisation
// Run        make lesson-02
//            with other knobs: make lesson-02 ARGS="--optimizer adam"
// Time       about 15 seconds
// See        out/figures/OptimizerOverview/Param-1.png   a model, and the list of pointers to it
//            out/lesson-02/signal.png                    20 layers under four initialisations
//            out/lesson-02/learning.png                  and which of the four stacks learn

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/threads.h"    // threads that sleep while they wait
#include "data/batches.h"    // Batches: the data set, a batch at a time
#include "prelu.h"           // the layer of our own
#include "nn/init.h"         // init_normal, init_kaiming_normal …
#include "nn/layers.h"       // Module: conv2d_new, linear_new …
#include "nn/loss.h"         // cross_entropy
#include "optim/optimizer.h" // sgd, optimizer_step
#include "run/claims.h"      // PASS, FAIL, SKIP
#include "run/evaluate.h"    // accuracy on the test set
#include "run/experiment.h"  // --seeds: runs side by side
#include "run/figure.h"      // gnuplot
#include "run/file.h"        // output files
#include "run/interrupt.h"   // Ctrl-C
#include "run/log.h"         // CSV
#include "run/options.h"     // --lr and the others

// --- the knobs -----------------------------------------------------------------------------------

static double lr = 0.003, small_std = 0.01, large_std = 0.2;
enum { SMALL, LARGE, XAVIER, KAIMING, INITS };
static const char *const init_names[INITS] = {"small", "large", "xavier", "kaiming"};
static int init = SMALL; // of the stack that a child trains
static int depth = 20, width = 256, batch_size = 64, steps = 600, algorithm = 0;
static bool held_out = false;
enum { DEPTH_MAX = 100 };

static const Option knobs[] = {
    option_integer("depth", &depth, "layers in the stack", .min = 2, .max = DEPTH_MAX),
    option_integer("width", &width, "units in each of its layers", .min = 1, .max = 2048),
    option_number("small", &small_std, "the standard deviation that is too small", .above = 0),
    option_number("large", &large_std, "the one that is too large", .above = 0),
    option_choice("optimizer", &algorithm, "what trains the stacks", "sgd", "adam"),
    option_number("lr", &lr, "learning rate: the length of a step", .above = 0),
    option_integer("batch-size", &batch_size, "images a step", .min = 1, .max = 6000),
    option_integer("steps", &steps, "steps of training", .min = 1, .max = 100000),
    option_choice("init", &init, NULL, "small", "large", "xavier", "kaiming"),
    option_flag("held-out", &held_out,
                "train on 55,000 images and test on the other 5,000: to choose knobs"),
};

// --- the model whose parameters are counted ------------------------------------------------------

static Module *network_new(Module *activation, int seed) {
    Module *network = sequential_of((Module *[]){NULL});
    sequential_append(network, "conv", conv2d_new(1, 8, 3, .padding = 1));
    sequential_append(network, "act", activation);
    sequential_append(network, "pool", max_pool2d_new(2));
    sequential_append(network, "flatten", flatten_new());
    sequential_append(network, "head", linear_new(8 * 14 * 14, 10));
    Random random = random_from_seed((uint64_t)seed);
    module_initialise(network, &random);
    return network;
}

// out·in·k·k + out of the convolution, a slope for each channel, out·in + out of the linear layer
enum { BY_HAND = (8 * 1 * 3 * 3 + 8) + 8 + (10 * 8 * 14 * 14 + 10), SLOPES = 8 };

typedef struct Registry {
    size_t numbers, numbers_relu; // in the list of the network, and of one with relu instead
    int pointers, pointers_relu;  // its length
    int same_pointer, same_value; // of the optimizer's pointers: those that are the module's own;
                                  // those through which a value was written and read in the model
    int slopes_moved;             // by one step of the optimizer
    double gradient_error;        // relative, of slope and of conv.bias behind it
} Registry;

// An optimizer of the module's list holds the very pointers: a write through one is read in both.
static void compare_pointers(Module *network, Optimizer *optimizer, Registry *found) {
    const ParameterList owned = optimizer->groups[0].parameters;
    for (int i = 0; i < owned.count; i++) {
        Parameter *ours = module_find_parameter(network, owned.items[i]->name);
        const real before = ours->tensor.data[0];
        found->same_pointer += owned.items[i] == ours;
        owned.items[i]->tensor.data[0] = before + 1;
        found->same_value += ours->tensor.data[0] == before + 1;
        owned.items[i]->tensor.data[0] = before;
        parameter_changed(owned.items[i]);
    }
}

static double batch_loss(Module *network, Batch batch) {
    tape_set_recording(batch.images->tape, false);
    double loss = tensor_item(cross_entropy(module_forward(network, batch.images), batch.labels));
    tape_set_recording(batch.images->tape, true);
    return loss;
}

// The gradient beside (loss with a little more − loss with a little less) / 2h, number by number:
// the length of their difference over the length of the gradient.
static double gradient_error(Module *network, Batch batch, const char *name) {
    const double h = sizeof(real) == sizeof(double) ? 1e-6 : 1e-3; // floats feel no smaller move
    Parameter *parameter = module_find_parameter(network, name);
    double difference = 0, length = 0;
    for (size_t i = 0; i < parameter->tensor.size; i++) {
        real *at = &parameter->tensor.data[i], start = *at;
        *at = start + (real)h;
        const double more = *at, loss_more = batch_loss(network, batch);
        *at = start - (real)h;
        const double less = *at, loss_less = batch_loss(network, batch);
        *at = start;
        const double slope = (loss_more - loss_less) / (more - less);
        const double gradient = (double)parameter->tensor.grad[i];
        difference += (slope - gradient) * (slope - gradient);
        length += gradient * gradient;
    }
    return sqrt(difference / length);
}

static Registry look_at_registry(Module *network, Optimizer *optimizer, Batch batch, int seed) {
    Module *with_relu = network_new(relu_new(), seed);
    const ParameterList list = module_parameters(network), other = module_parameters(with_relu);
    Registry found = {.numbers = parameter_list_size(&list),
                      .numbers_relu = parameter_list_size(&other),
                      .pointers = list.count,
                      .pointers_relu = other.count};
    module_free(with_relu);
    compare_pointers(network, optimizer, &found);

    backward(cross_entropy(module_forward(network, batch.images), batch.labels));
    found.gradient_error = fmax(gradient_error(network, batch, "act.slope"),
                                gradient_error(network, batch, "conv.bias"));
    optimizer_step(optimizer);
    const Tensor *slope = &module_find_parameter(network, "act.slope")->tensor;
    for (size_t c = 0; c < slope->size; c++)
        found.slopes_moved += slope->data[c] != (real)0.25;
    return found;
}

// Param-1: the layers with their parameters, and the optimizer's list, each entry with the place in
// the model of what it points at.
static bool write_parameters(Module *network, Optimizer *optimizer, const char *out, Error *error) {
    char *path = path_format("%s/parameters.csv", out);
    OutputFile file;
    const bool opened = output_open(&file, path, error);
    free(path);
    if (!opened)
        return false;
    const ParameterList list = module_parameters(network), owned = optimizer->groups[0].parameters;
    fprintf(file.stream, "kind,name,value,count\n");
    for (int i = 0; i < network->child_count; i++) {
        const Module *layer = network->children[i];
        fprintf(file.stream, "layer,%s,%s ", layer->name, layer->kind);
        for (const char *at = layer->details; *at; at++)
            fputc(*at == ',' ? ';' : *at, file.stream); // gnuplot takes every comma for a border
        fprintf(file.stream, ",%d\n", layer->parameter_count);
        for (int j = 0; j < layer->parameter_count; j++)
            fprintf(file.stream, "parameter,%s,%s,%zu\n", layer->parameters[j]->name,
                    shape_label(layer->parameters[j]->tensor.shape).text,
                    layer->parameters[j]->tensor.size);
    }
    for (int i = 0; i < owned.count; i++)
        for (int j = 0; j < list.count; j++)
            if (owned.items[i] == list.items[j])
                fprintf(file.stream, "pointer,%s,,%d\n", owned.items[i]->name, j + 1);
    return output_commit(&file, error);
}

static bool registry_check(const LessonOptions *lesson, const Dataset *train, Registry *found,
                           Error *error) {
    Tape *tape = tape_new();
    Module *network = network_new(prelu_new(SLOPES), lesson->seed);
    Optimizer *optimizer = sgd(module_parameters(network), .lr = 1); // a step to be seen
    Batches *batches = batches_new(train, .size = 64, .seed = (uint64_t)lesson->seed);
    Batch batch;
    batches_next(batches, tape, &batch);
    const bool written = write_parameters(network, optimizer, lesson->out, error);
    *found = look_at_registry(network, optimizer, batch, lesson->seed);
    batches_free(batches);
    optimizer_free(optimizer);
    module_free(network);
    tape_free(tape);
    return written;
}

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

typedef struct Signal {
    double forward[DEPTH_MAX];   // rms of what linear layer l puts out; its mean is about 0, so it
                                 // is the standard deviation
    double predicted[DEPTH_MAX]; // the same, from the weights' rms alone
    double backward[DEPTH_MAX];  // rms of d loss / d (what it puts out)
} Signal;

// One batch through the stack and back, before any training.
static Signal measure(Module *stack, Batch batch) {
    Signal signal;
    Tensor *sums[DEPTH_MAX], *x = batch.images;
    double square = pow(rms(x->data, x->size), 2); // mean square of what comes into the layer
    for (int i = 0, layer = 0; i < stack->child_count; i++) {
        x = module_forward(stack->children[i], x);
        if (stack->children[i]->parameter_count == 0 || layer == depth)
            continue;
        tensor_retain_grad(x); // else only parameters keep theirs
        sums[layer] = x;
        const Tensor *weight = &stack->children[i]->parameters[0]->tensor;
        square *= weight->shape.dims[1] * pow(rms(weight->data, weight->size), 2); // fan_in · σ²
        signal.predicted[layer] = sqrt(square);
        signal.forward[layer++] = rms(x->data, x->size);
        square /= 2; // relu keeps one half of it
    }
    backward(cross_entropy(x, batch.labels));
    for (int i = 0; i < depth; i++)
        signal.backward[i] = rms(sums[i]->grad, sums[i]->size);
    return signal;
}

// --- and what comes of it: each stack is trained on the same batches -----------------------------

enum { LAST = 50 };

// The mean loss of the last steps; NaN if the numbers blew up.
static double train(Module *stack, Tape *tape, Batches *batches, int seed, Log *log) {
    const ParameterList parameters = module_parameters(stack);
    Optimizer *optimizer =
        algorithm ? adam(parameters, .lr = lr) : sgd(parameters, .lr = lr, .momentum = 0.9);
    double value = 0, last = 0;
    int done = 0;
    while (done < steps && isfinite(value) && !interrupt_signal()) {
        Batch batch;
        if (!batches_next(batches, tape, &batch))
            continue; // the end of an epoch: the next call begins another, in a new order
        Tensor *loss = cross_entropy(module_forward(stack, batch.images), batch.labels);
        optimizer_zero_grad(optimizer);
        backward(loss);
        optimizer_step(optimizer);

        value = tensor_item(loss);
        tape_clear(tape);
        log_named_row(log, init_names[init], seed, ++done, value);
        last += done > steps - LAST ? value : 0;
    }
    optimizer_free(optimizer);
    return isfinite(value) ? last / (steps < LAST ? steps : LAST) : NAN;
}

// The result of one seed and one initialisation.
enum { STD, FORWARD, BACKWARD, OFF, LOSS, ACCURACY, COLUMNS };
static const char *const column_names[COLUMNS] = {
    "std",      // of the weights behind the first layer
    "forward",  // the factor that a layer puts on the signal on its way to the loss,
    "backward", // and on its way back
    "off",      // how far either is from the prediction, relative
    "loss",     // at the end of training
    "accuracy", // on the test images
};
#define RESULT "std,forward,backward,off,loss,accuracy"
typedef double Result[COLUMNS];

// The factor of a layer, from the sizes at both ends of the stack.
static double layer_factor(double start, double end) {
    return pow(end / start, 1.0 / (depth - 1));
}

static void summarise(const Signal *signal, Result result) {
    const int last = depth - 1;
    const double predicted = layer_factor(signal->predicted[0], signal->predicted[last]);
    result[FORWARD] = layer_factor(signal->forward[0], signal->forward[last]);
    result[BACKWARD] = layer_factor(signal->backward[last], signal->backward[0]);
    result[OFF] =
        fmax(fabs(result[FORWARD] / predicted - 1), fabs(result[BACKWARD] / predicted - 1));
}

static Log *log_start(const LessonOptions *lesson, const char *name, const char *columns,
                      Error *error) {
    char *path = path_format("%s/%s", lesson->out, name);
    Log *log = log_open(path, columns, LOG_NEW, error);
    free(path);
    return log;
}

// Forward as it is; backward relative to the last layer, whose gradient comes from the loss.
static bool log_signal(const LessonOptions *lesson, const Signal *signal, Error *error) {
    Log *log = log_start(lesson, "signal.csv",
                         "init,seed,layer,forward,predicted,backward,backward_predicted", error);
    for (int i = 0; log && i < depth; i++)
        log_named_row(log, init_names[init], lesson->seed, i + 1, signal->forward[i],
                      signal->predicted[i], signal->backward[i] / signal->backward[depth - 1],
                      signal->predicted[depth - 1] / signal->predicted[i]);
    return log && log_close(log, error);
}

// What a child does: one seed, one initialisation.
static bool run_child(const LessonOptions *lesson, const Dataset *data, const Dataset *test,
                      Error *error) {
    Tape *tape = tape_new();
    Module *stack = stack_new(lesson->seed);
    Batches *batches = batches_new(data, .size = batch_size, .seed = (uint64_t)lesson->seed);
    Batch batch;
    batches_next(batches, tape, &batch);
    const Signal signal = measure(stack, batch);
    tape_clear(tape);
    const Tensor *second = &module_find_parameter(stack, "linear2.weight")->tensor;
    Result result = {[STD] = rms(second->data, second->size)};
    summarise(&signal, result);
    bool done = log_signal(lesson, &signal, error);
    Log *log = done ? log_start(lesson, "learning.csv", "init,seed,step,loss", error) : NULL;
    if (log) {
        result[LOSS] = train(stack, tape, batches, lesson->seed, log);
        result[ACCURACY] = interrupt_signal() ? NAN : evaluate(stack, tape, test).accuracy;
    }
    done = log && log_close(log, error);
    if (done && !interrupt_signal())
        done = experiment_write_result(lesson->out, RESULT, result, error);
    batches_free(batches);
    module_free(stack);
    tape_free(tape);
    return done;
}

// results[seed][init]
static bool run_children(const LessonOptions *lesson, Result (*results)[INITS], Error *error) {
    Experiment *experiment = experiment_new(lesson, "runs");
    for (int i = 0; i < lesson->seeds * INITS; i++) {
        char name[48];
        const int seed = lesson->seed + i / INITS;
        snprintf(name, sizeof name, "seed-%d-%s", seed, init_names[i % INITS]);
        experiment_add(experiment, name, "--seed %d --init %s", seed, init_names[i % INITS]);
    }
    const bool done = experiment_run(experiment, error);
    for (int i = 0; done && i < lesson->seeds * INITS; i++)
        for (int j = 0; j < COLUMNS; j++)
            results[i / INITS][i % INITS][j] = experiment_result(experiment, i, column_names[j]);
    experiment_free(experiment);
    return done;
}

// --- claims and figures --------------------------------------------------------------------------

static void check_registry(Claims *claims, const Registry *found) {
    claims_check(claims, found->numbers == BY_HAND,
                 "the registry holds the numbers that are counted by hand",
                 "%zu in the list, %d by hand", found->numbers, BY_HAND);
    claims_check(claims,
                 found->same_pointer == found->pointers && found->same_value == found->pointers,
                 "the optimizer holds the module's own pointers",
                 "%d of %d are the same; a value written through %d is read in the model",
                 found->same_pointer, found->pointers, found->same_value);
    claims_check(claims,
                 found->numbers - found->numbers_relu == SLOPES &&
                     found->pointers - found->pointers_relu == 1 && found->slopes_moved == SLOPES,
                 "a layer of one's own adds its parameter to the list, and the optimizer moves it",
                 "%d pointer, %zu numbers more; %d moved", found->pointers - found->pointers_relu,
                 found->numbers - found->numbers_relu, found->slopes_moved);
    const double tolerance = sizeof(real) == sizeof(double) ? 1e-6 : 3e-2;
    claims_check(claims, found->gradient_error < tolerance,
                 "its gradients are the measured slopes of the loss",
                 "relative difference %.1e, at most %.0e in " REAL_NAME, found->gradient_error,
                 tolerance);
}

typedef struct Range {
    double least, most; // over the seeds
} Range;

static Range range_of(Result (*results)[INITS], int seeds, int initialisation, int column) {
    Range range = {INFINITY, -INFINITY};
    for (int i = 0; i < seeds; i++) {
        const double value = results[i][initialisation][column];
        if (isnan(value))
            return (Range){NAN, NAN}; // no comparison with it holds
        range.least = fmin(range.least, value);
        range.most = fmax(range.most, value);
    }
    return range;
}

static void check_signal(Claims *claims, Result (*results)[INITS], int seeds) {
    double off = 0;
    for (int i = 0; i < INITS; i++) {
        const double most = range_of(results, seeds, i, OFF).most;
        if (!(most <= off)) // so that a NaN counts as the worst
            off = most;
    }
    claims_check(claims, off < 0.05,
                 "a layer multiplies the signal by sqrt(fan_in/2)·std, forward and backward",
                 "at most %.1f %% off in any stack", 100 * off);
    const Range forward = range_of(results, seeds, KAIMING, FORWARD);
    const Range backward = range_of(results, seeds, KAIMING, BACKWARD);
    const double least = pow(fmin(forward.least, backward.least), depth - 1);
    const double most = pow(fmax(forward.most, backward.most), depth - 1);
    claims_check(claims, least > 1 / 2.5 && most < 2.5,
                 "Kaiming keeps the signal's size through the stack, within a factor of 2.5",
                 "× %.2f to × %.2f over the stack", least, most);
    const Range xavier = range_of(results, seeds, XAVIER, FORWARD);
    claims_check(claims, pow(xavier.least, 2) > 0.45 && pow(xavier.most, 2) < 0.55,
                 "Xavier halves the variance in each relu layer", "× %.3f to × %.3f a layer",
                 pow(xavier.least, 2), pow(xavier.most, 2));
}

static void check_learning(Claims *claims, Result (*results)[INITS], int seeds) {
    const Range loss = range_of(results, seeds, SMALL, LOSS);
    const Range small = range_of(results, seeds, SMALL, ACCURACY);
    const Range kaiming = range_of(results, seeds, KAIMING, ACCURACY);
    const Range xavier = range_of(results, seeds, XAVIER, ACCURACY);
    claims_check(claims, loss.least > log(10) - 0.01 && small.most < 0.15,
                 "the stack whose signal vanishes doesn't learn",
                 "loss at least %.4f (ln 10 = %.4f), accuracy at most %.1f %%", loss.least, log(10),
                 100 * small.most);
    int exploded = 0;
    for (int i = 0; i < seeds; i++)
        exploded += isnan(results[i][LARGE][LOSS]);
    claims_check(claims, exploded == seeds, "the one whose signal explodes ends in NaN",
                 "%d of %d runs", exploded, seeds);
    claims_check(claims, kaiming.least > 0.75 && kaiming.least > xavier.most,
                 "Kaiming's learns, and sooner than Xavier's",
                 "accuracy at least %.1f %%; Xavier's at most %.1f %%", 100 * kaiming.least,
                 100 * xavier.most);
}

static int check_claims(const LessonOptions *lesson, const Registry *registry,
                        Result (*results)[INITS]) {
    Claims *claims = claims_new();
    check_registry(claims, registry);
    if (claims_need_seeds(claims, lesson->seeds,
                          "what initialisation does to the signal, and to learning")) {
        check_signal(claims, results, lesson->seeds);
        check_learning(claims, results, lesson->seeds);
    }
    return claims_report(claims, lesson->out);
}

#define FOLDER "lessons/02-parameters/"

static bool draw(const LessonOptions *lesson, Error *error) {
    return figure_draw(FOLDER "Param-1.gp", lesson->out, lesson->article, error) &&
           figure_draw(FOLDER "signal.gp", lesson->out, lesson->out, error) &&
           figure_draw(FOLDER "learning.gp", lesson->out, lesson->out, error);
}

static bool run(const LessonOptions *lesson, Registry *registry, Result (*results)[INITS],
                Error *error) {
    Dataset whole_train, whole_test;
    if (!dataset_load(&whole_train, &whole_test, "fashion", error))
        return false;
    const Dataset data = dataset_slice(&whole_train, 0, held_out ? 55000 : 60000);
    const Dataset test = held_out ? dataset_slice(&whole_train, 55000, 5000)
                                  : dataset_slice(&whole_test, 0, lesson->quick ? 1000 : 10000);
    const bool done = lesson->child
                          ? run_child(lesson, &data, &test, error)
                          : registry_check(lesson, &data, registry, error) &&
                                run_children(lesson, results, error) && draw(lesson, error);
    dataset_free(&whole_train);
    dataset_free(&whole_test);
    return done;
}

int main(int argc, char **argv) {
    threads_prepare(argv);
    LessonOptions lesson;
    int status;
    if (!lesson_options_parse(&lesson, "lesson-02", knobs, OPTION_COUNT(knobs), argc, argv,
                              &status))
        return status;
    interrupt_install();
    Error error;
    if (lesson.draw)
        return draw(&lesson, &error) ? 0 : error_report(&error);
    if (lesson.resume)
        fprintf(stderr, "lesson-02 goes on by itself: runs that are finished aren't run again\n");
    if (lesson.quick && steps > 20)
        steps = 20;
    Registry registry = {0};
    Result(*results)[INITS] = memory_zeroed((size_t)lesson.seeds, sizeof *results);
    status = run(&lesson, &registry, results, &error) ? 0 : error_report(&error);
    if (status == 0 && !lesson.child && !interrupt_signal())
        status = check_claims(&lesson, &registry, results);
    free(results);
    return interrupt_status(status);
}
