// Lesson 03 — an optimizer owns a subset
//
// Question   What happens to the parameters that an optimizer doesn't own?
// Concepts   ownership: who moves; requires_grad: whose gradient is computed; what freezing saves
// Run        make lesson-03
//            with other knobs: make lesson-03 ARGS="--own conv1"
// Time       about 15 seconds
// See        out/figures/OptimizerOverview/Optim-1.png    the model, and the pointers of an
// optimizer
//            out/figures/OptimizerOverview/Update-1.png   one step of an owned and an unowned
//            weight out/lesson-03/cost.png                       what a backward costs, and when it
//            is saved

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data/batches.h"    // Batches: the data set, a batch at a time
#include "nn/layers.h"       // Module: conv2d_new, linear_new …
#include "nn/loss.h"         // cross_entropy
#include "optim/optimizer.h" // sgd, optimizer_step
#include "run/claims.h"      // PASS, FAIL, SKIP
#include "run/evaluate.h"    // accuracy on the test set
#include "run/figure.h"      // gnuplot
#include "run/file.h"        // output files
#include "run/interrupt.h"   // Ctrl-C
#include "run/log.h"         // CSV
#include "run/options.h"     // --lr and the others
#include "run/progress.h"    // the line that says where it is
#include "run/statistics.h"  // mean, standard error

// --- the model: each layer with its multiply-adds for one image, counted by hand -----------------

enum { CONV1, CONV2, HEAD, LAYERS };
static const struct {
    const char *name;
    uint64_t multiply_adds; // outputs × inputs of each
} layers[LAYERS] = {
    {"conv1", 8 * 28 * 28 * (1 * 3 * 3)},
    {"conv2", 16 * 14 * 14 * (8 * 3 * 3)},
    {"head", 10 * (16 * 7 * 7)},
};

static Module *network_new(int seed) {
    Module *network = sequential_of((Module *[]){NULL});
    sequential_append(network, "conv1", conv2d_new(1, 8, 3, .padding = 1));
    sequential_append(network, "relu1", relu_new());
    sequential_append(network, "pool1", max_pool2d_new(2));
    sequential_append(network, "conv2", conv2d_new(8, 16, 3, .padding = 1));
    sequential_append(network, "relu2", relu_new());
    sequential_append(network, "pool2", max_pool2d_new(2));
    sequential_append(network, "flatten", flatten_new());
    sequential_append(network, "head", linear_new(16 * 7 * 7, 10));
    Random random = random_from_seed((uint64_t)seed);
    module_initialise(network, &random);
    return network;
}

// --- the knobs -----------------------------------------------------------------------------------

static double lr = 0.05, momentum = 0.9;
static int batch_size = 64, steps = 600, own = HEAD;

static const Option knobs[] = {
    option_choice("own", &own, "the part that the optimizer owns", "conv1", "conv2", "head"),
    option_number("lr", &lr, "learning rate: the length of a step", .above = 0),
    option_number("momentum", &momentum, "how much of the last step goes on", .min = 0, .below = 1),
    option_integer("batch-size", &batch_size, "images a step", .min = 1, .max = 6000),
    option_integer("steps", &steps, "steps of training", .min = 1, .max = 1000000),
};

// --- four settings: the same weights, the same batches, other owners -----------------------------

enum { OWNS_ALL, OWNS_PART, REST_FROZEN, TWO_OPTIMIZERS, SETTINGS };

typedef struct Run {
    Tape *tape;
    Module *network;
    Batches *batches;
    ParameterList all, part, rest; // part and rest together are all
    Optimizer *optimizers[2];      // the second is NULL but in TWO_OPTIMIZERS
    uint64_t images;               // seen so far
    double forward_seconds, backward_seconds;
} Run;

// The parameters of `network` that are in the layer --own, or those that aren't.
static ParameterList parameters_of(Module *network, bool owned) {
    const ParameterList all = module_parameters(network);
    const Module *layer = module_find(network, layers[own].name);
    ParameterList chosen = {0};
    for (int i = 0; i < all.count; i++) {
        bool in_layer = false;
        for (int j = 0; j < layer->parameter_count; j++)
            in_layer = in_layer || layer->parameters[j] == all.items[i];
        if (in_layer == owned)
            parameter_list_append(&chosen, all.items[i]);
    }
    return chosen;
}

static void run_start(Run *run, int setting, int seed, const Dataset *train) {
    *run = (Run){.tape = tape_new(), .network = network_new(seed)};
    run->batches = batches_new(train, .size = batch_size, .seed = (uint64_t)seed);
    run->all = module_parameters(run->network);
    run->part = parameters_of(run->network, true);
    run->rest = parameters_of(run->network, false);

    const ParameterList owned = setting == OWNS_ALL ? run->all : run->part;
    run->optimizers[0] = sgd(owned, .lr = lr, .momentum = momentum);
    if (setting == TWO_OPTIMIZERS)
        run->optimizers[1] = sgd(run->rest, .lr = lr, .momentum = momentum);
    if (setting == REST_FROZEN)
        parameter_list_require_grad(&run->rest, false);
}

static void run_end(Run *run) {
    batches_free(run->batches);
    for (int i = 0; i < 2; i++)
        optimizer_free(run->optimizers[i]);
    module_free(run->network);
    tape_free(run->tape);
}

// --- the step: this is the lesson ----------------------------------------------------------------

static double train_step(Run *run) {
    Batch batch;
    while (!batches_next(run->batches, run->tape, &batch))
        ; // the end of an epoch: the next call begins another, in a new order
    double started = clock_seconds();
    Tensor *loss = cross_entropy(module_forward(run->network, batch.images), batch.labels);
    double middle = clock_seconds();
    for (int i = 0; i < 2 && run->optimizers[i]; i++)
        optimizer_zero_grad(run->optimizers[i]); // clears what it owns, and nothing else
    backward(loss); // the tape decides whose gradient is computed: those that require one
    double ended = clock_seconds();
    for (int i = 0; i < 2 && run->optimizers[i]; i++)
        optimizer_step(run->optimizers[i]); // the optimizer decides who moves: those that it owns

    const double value = tensor_item(loss);
    run->forward_seconds += middle - started;
    run->backward_seconds += ended - middle;
    run->images += (uint64_t)batch.count;
    tape_clear(run->tape);
    return value;
}

// --- what backward costs, counted by hand --------------------------------------------------------

// A layer's backward is two products, each as large as its forward: the gradient of its weight, if
// that is wanted, and the gradient of its input, if a layer before it wants one.
typedef struct Cost {
    uint64_t forward, backward, weights[LAYERS], inputs[LAYERS]; // multiply-adds for one image
} Cost;

static Cost cost_by_hand(int setting) {
    Cost cost = {0};
    bool wanted_before = false;
    for (int i = 0; i < LAYERS; i++) {
        bool wanted = setting != REST_FROZEN || i == own;
        cost.weights[i] = wanted ? layers[i].multiply_adds : 0;
        cost.inputs[i] = wanted_before ? layers[i].multiply_adds : 0;
        cost.forward += layers[i].multiply_adds;
        cost.backward += cost.weights[i] + cost.inputs[i];
        wanted_before = wanted_before || wanted;
    }
    return cost;
}

// --- what is found, added up over the seeds ------------------------------------------------------

typedef struct Findings {
    size_t moved;                       // numbers that nobody owns and whose bits changed
    size_t with_gradient;               // unowned parameters that got a gradient in the first step
    size_t frozen_gradients;            // frozen parameters that got one
    size_t losses_differ, paths_differ; // steps and numbers in which "part" and "frozen" differ
    size_t two_differ;                  // numbers in which two optimizers and one differ
    size_t counts_differ;               // counts of the tape that aren't those by hand
    double smallest_norm, last_norm;    // of the rest's gradient: first step, last step
    double update_error; // largest |new − (old − lr · gradient)| in the first step
    double *gains;       // a seed: test accuracy of "all" minus that of "part"
} Findings;

static size_t numbers_differ(ParameterList a, ParameterList b) {
    size_t differ = 0;
    for (int i = 0; i < a.count; i++)
        for (size_t j = 0; j < a.items[i]->tensor.size; j++)
            differ +=
                memcmp(&a.items[i]->tensor.data[j], &b.items[i]->tensor.data[j], sizeof(real)) != 0;
    return differ;
}

static size_t gradients_count(ParameterList list) {
    size_t count = 0;
    for (int i = 0; i < list.count; i++)
        count += list.items[i]->tensor.grad_state != GRAD_NONE;
    return count;
}

// After the first step of "part": `start` has the values from before it, the gradients are still
// there, and momentum has nothing to add yet.
static void look_at_first_step(Findings *found, const Run *run, Module *start) {
    const ParameterList before = parameters_of(start, true);
    for (int i = 0; i < before.count; i++) {
        const Tensor *old = &before.items[i]->tensor, *new = &run->part.items[i]->tensor;
        for (size_t j = 0; j < old->size; j++) {
            double expected = (double)old->data[j] - lr * (double)new->grad[j];
            found->update_error = fmax(found->update_error, fabs((double)new->data[j] - expected));
        }
    }
    found->with_gradient += gradients_count(run->rest);
    found->smallest_norm = fmin(found->smallest_norm, parameter_list_grad_norm(&run->rest));
}

static void look_at_end(Findings *found, const Run runs[SETTINGS], Module *start) {
    const ParameterList rest = parameters_of(start, false);
    found->moved += numbers_differ(runs[OWNS_PART].rest, rest);
    found->moved += numbers_differ(runs[REST_FROZEN].rest, rest);
    found->frozen_gradients += gradients_count(runs[REST_FROZEN].rest);
    found->last_norm = parameter_list_grad_norm(&runs[OWNS_PART].rest);
    found->paths_differ += numbers_differ(runs[OWNS_PART].all, runs[REST_FROZEN].all);
    found->two_differ += numbers_differ(runs[OWNS_ALL].all, runs[TWO_OPTIMIZERS].all);
    for (int setting = 0; setting < SETTINGS; setting++) {
        const Run *run = &runs[setting];
        const Cost hand = cost_by_hand(setting);
        found->counts_differ +=
            tape_forward_counts(run->tape).multiply_adds != run->images * hand.forward;
        found->counts_differ +=
            tape_backward_counts(run->tape).multiply_adds != run->images * hand.backward;
    }
}

// --- what the figures show, read from the live objects -------------------------------------------

static bool table_open(OutputFile *file, const char *folder, const char *name, Error *error) {
    char *path = path_format("%s/%s.csv", folder, name);
    bool opened = output_open(file, path, error);
    free(path);
    return opened;
}

// Optim-1: the model's parameters; the optimizer's knobs and pointers.
static bool write_ownership(const Run *run, const char *folder, Error *error) {
    OutputFile file;
    if (!table_open(&file, folder, "ownership", error))
        return false;
    fprintf(file.stream, "kind,name,value,count\n");
    for (int i = 0; i < run->all.count; i++) {
        const Parameter *parameter = run->all.items[i];
        fprintf(file.stream, "parameter,%s,%s,%zu\n", parameter->name,
                shape_label(parameter->tensor.shape).text, parameter->tensor.size);
    }
    const Optimizer *optimizer = run->optimizers[0];
    fprintf(file.stream, "algorithm,%s,,\n", optimizer->algorithm->name);
    for (int group = 0; group < optimizer->group_count; group++) {
        const ParameterGroup *held = &optimizer->groups[group];
        for (int id = 0; id < HYPERPARAMETER_COUNT; id++)
            if (!isnan(hyperparameter_value(&held->hyperparameters, id)))
                fprintf(file.stream, "knob,%s,%g,\n", hyperparameter_name(id),
                        hyperparameter_value(&held->hyperparameters, id));
        for (int i = 0; i < held->parameters.count; i++)
            fprintf(file.stream, "pointer,%s,,\n", held->parameters.items[i]->name);
    }
    return output_commit(&file, error);
}

// The number of a weight with the largest gradient in size, before and after the step.
static void write_weight(FILE *stream, const Parameter *before, const Parameter *after,
                         ParameterList list) {
    size_t at = 0;
    for (size_t j = 0; j < after->tensor.size; j++)
        if (fabs((double)after->tensor.grad[j]) > fabs((double)after->tensor.grad[at]))
            at = j;
    fprintf(stream, "%s,%zu,%.9g,%.9g,%.9g,%g,%zu,%.9g\n", after->name, at,
            (double)before->tensor.data[at], (double)after->tensor.grad[at],
            (double)after->tensor.data[at], lr, parameter_list_size(&list),
            parameter_list_grad_norm(&list));
}

// Update-1: one owned weight and one unowned weight in the first step of "part".
static bool write_update(const Run *run, Module *start, const char *folder, Error *error) {
    OutputFile file;
    if (!table_open(&file, folder, "update", error))
        return false;
    fprintf(file.stream, "name,index,old,gradient,new,lr,numbers,norm\n");
    write_weight(file.stream, parameters_of(start, true).items[0], run->part.items[0], run->part);
    write_weight(file.stream, parameters_of(start, false).items[0], run->rest.items[0], run->rest);
    return output_commit(&file, error);
}

// cost.png: the parts as counted by hand, their sums as counted by the tape, and the time of a
// step.
static bool write_cost(const Run runs[SETTINGS], const char *folder, Error *error) {
    OutputFile file;
    if (!table_open(&file, folder, "cost", error))
        return false;
    fprintf(file.stream, "setting,phase,part,multiply_adds,milliseconds\n");
    for (int s = OWNS_ALL; s <= REST_FROZEN; s++) {
        const Run *run = &runs[s];
        const Cost hand = cost_by_hand(s);
        for (int i = 0; i < LAYERS; i++)
            fprintf(file.stream, "%d,forward,%s,%" PRIu64 ",\n", s, layers[i].name,
                    layers[i].multiply_adds);
        for (int i = 0; i < LAYERS; i++) {
            fprintf(file.stream, "%d,backward,%s weight,%" PRIu64 ",\n", s, layers[i].name,
                    hand.weights[i]);
            fprintf(file.stream, "%d,backward,%s input,%" PRIu64 ",\n", s, layers[i].name,
                    hand.inputs[i]);
        }
        fprintf(file.stream, "%d,forward,counted,%" PRIu64 ",%.6g\n", s,
                tape_forward_counts(run->tape).multiply_adds / run->images,
                1e3 * run->forward_seconds / steps);
        fprintf(file.stream, "%d,backward,counted,%" PRIu64 ",%.6g\n", s,
                tape_backward_counts(run->tape).multiply_adds / run->images,
                1e3 * run->backward_seconds / steps);
    }
    return output_commit(&file, error);
}

// --- one seed: four trainings side by side, step by step -----------------------------------------

static bool train(const LessonOptions *lesson, int repeat, Run runs[SETTINGS], Module *start,
                  Log *log, Findings *found, Error *error) {
    const bool write = repeat == 0; // the figures show the first seed
    Progress progress;
    progress_start(&progress, lesson->name, (long)repeat * steps, (long)lesson->seeds * steps,
                   steps);
    for (int step = 0; step < steps && !interrupt_signal(); step++) {
        double loss[SETTINGS];
        for (int setting = 0; setting < SETTINGS; setting++)
            loss[setting] = train_step(&runs[setting]);
        found->losses_differ += memcmp(&loss[OWNS_PART], &loss[REST_FROZEN], sizeof *loss) != 0;
        if (step == 0) {
            look_at_first_step(found, &runs[OWNS_PART], start);
            if (write && !(write_ownership(&runs[OWNS_PART], lesson->out, error) &&
                           write_update(&runs[OWNS_PART], start, lesson->out, error)))
                return false;
        }
        log_row(log, repeat + lesson->seed, step + 1, loss[OWNS_ALL], loss[OWNS_PART],
                loss[REST_FROZEN], loss[TWO_OPTIMIZERS],
                parameter_list_grad_norm(&runs[OWNS_PART].rest));
        progress_step(&progress, (long)repeat * steps + step + 1, loss[OWNS_PART], lr);
    }
    progress_clear(&progress);
    if (interrupt_signal())
        return true;
    look_at_end(found, runs, start);
    return !write || write_cost(runs, lesson->out, error);
}

static bool run_seed(const LessonOptions *lesson, int repeat, const Dataset *train_set,
                     const Dataset *test_set, Log *log, Findings *found, Error *error) {
    const int seed = lesson->seed + repeat;
    Run runs[SETTINGS];
    Module *start = network_new(seed); // stays as it is, to compare with
    for (int setting = 0; setting < SETTINGS; setting++)
        run_start(&runs[setting], setting, seed, train_set);
    bool done = train(lesson, repeat, runs, start, log, found, error);
    if (done && !interrupt_signal()) {
        double accuracy[SETTINGS];
        for (int s = OWNS_ALL; s <= OWNS_PART; s++)
            accuracy[s] = evaluate(runs[s].network, runs[s].tape, test_set).accuracy;
        found->gains[repeat] = accuracy[OWNS_ALL] - accuracy[OWNS_PART];
        printf("seed %d: test accuracy %.4f where the optimizer owns all, %.4f where it owns %s\n",
               seed, accuracy[OWNS_ALL], accuracy[OWNS_PART], layers[own].name);
    }
    for (int setting = 0; setting < SETTINGS; setting++)
        run_end(&runs[setting]);
    module_free(start);
    return done;
}

static bool run_all(const LessonOptions *lesson, Findings *found, Error *error) {
    Dataset train_set, test_set;
    if (!dataset_load(&train_set, &test_set, "fashion", error))
        return false;
    const Dataset test = dataset_slice(&test_set, 0, lesson->quick ? 1000 : test_set.count);
    char *path = path_format("%s/steps.csv", lesson->out);
    Log *log = log_open(path, "seed,step,all,part,frozen,two,gradient_left", LOG_NEW, error);
    free(path);
    bool done = log != NULL;
    for (int i = 0; done && i < lesson->seeds && !interrupt_signal(); i++)
        done = run_seed(lesson, i, &train_set, &test, log, found, error);
    if (log) {
        Error lost;
        if (!log_close(log, done ? error : &lost))
            done = false;
    }
    dataset_free(&train_set);
    dataset_free(&test_set);
    return done;
}

// --- claims and figures --------------------------------------------------------------------------

static int check_claims(const LessonOptions *lesson, const Findings *found) {
    Module *network = network_new(lesson->seed);
    const ParameterList rest = parameters_of(network, false);
    const size_t unowned = (size_t)rest.count * (size_t)lesson->seeds;
    const Cost all = cost_by_hand(OWNS_ALL), frozen = cost_by_hand(REST_FROZEN);
    const double rounding = sizeof(real) == sizeof(double) ? DBL_EPSILON : FLT_EPSILON;
    Claims *claims = claims_new();
    claims_check(claims, found->moved == 0, "what the optimizer doesn't own keeps its bits",
                 "%zu of %zu numbers changed in %d steps", found->moved,
                 parameter_list_size(&rest) * (size_t)lesson->seeds, steps);
    claims_check(claims, found->with_gradient == unowned && found->smallest_norm > 0,
                 "its gradients are computed all the same", "%zu of %zu parameters, norm %.4g",
                 found->with_gradient, unowned, found->smallest_norm);
    claims_check(claims, found->frozen_gradients == 0, "frozen, it has none", "%zu parameters do",
                 found->frozen_gradients);
    claims_check(
        claims, found->counts_differ == 0,
        "the tape counts what was counted by hand: backward falls by what was frozen",
        "%" PRIu64 " − %" PRIu64 " = %" PRIu64 " multiply-adds an image; %zu counts differ",
        all.backward, all.backward - frozen.backward, frozen.backward, found->counts_differ);
    claims_check(claims, found->losses_differ + found->paths_differ == 0,
                 "freezing what isn't owned changes no bit of the training",
                 "%zu losses and %zu weights differ", found->losses_differ, found->paths_differ);
    claims_check(claims, found->two_differ == 0,
                 "two optimizers with a part each move the model as one that owns both",
                 "%zu weights differ", found->two_differ);
    claims_check(claims, found->update_error <= rounding,
                 "new value = old value − lr · gradient, in the first step",
                 "largest difference %.1e, rounding allows %.1e", found->update_error, rounding);
    const char *gain =
        "a network that trains whole names more garments than one that trains a part";
    if (claims_need_seeds(claims, lesson->seeds, gain)) {
        double mean = statistics_mean(found->gains, lesson->seeds);
        double deviation = statistics_standard_error(found->gains, lesson->seeds);
        claims_check(claims, mean > 2 * deviation, gain, "%.4f ± %.4f of the test images", mean,
                     deviation);
    }
    module_free(network);
    return claims_report(claims, lesson->out);
}

#define FOLDER "lessons/03-optimizer-owns-a-subset/"

static bool draw(const LessonOptions *lesson, Error *error) {
    return figure_draw(FOLDER "Optim-1.gp", lesson->out, lesson->article, error) &&
           figure_draw(FOLDER "Update-1.gp", lesson->out, lesson->article, error) &&
           figure_draw(FOLDER "cost.gp", lesson->out, lesson->out, error);
}

int main(int argc, char **argv) {
    LessonOptions lesson;
    int status;
    if (!lesson_options_parse(&lesson, "lesson-03", knobs, OPTION_COUNT(knobs), argc, argv,
                              &status))
        return status;
    interrupt_install();
    Error error;
    if (lesson.draw)
        return draw(&lesson, &error) ? 0 : error_report(&error);
    if (lesson.quick && steps > 60)
        steps = 60;
    Findings found = {.smallest_norm = INFINITY,
                      .gains = memory_zeroed((size_t)lesson.seeds, sizeof(double))};
    bool done = run_all(&lesson, &found, &error);
    if (done && !interrupt_signal())
        done = draw(&lesson, &error);
    status = done ? 0 : error_report(&error);
    if (done && !interrupt_signal())
        status = check_claims(&lesson, &found);
    free(found.gains);
    return interrupt_status(status);
}
