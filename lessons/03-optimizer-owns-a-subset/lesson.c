// Lesson 03 — an optimizer owns a subset
//
// Question   What happens to the parameters that an optimizer doesn't own?
// Concepts   ownership: who moves; requires_grad: whose gradient is computed; what freezing saves
// Run        make lesson-03
//            with other knobs: make lesson-03 ARGS="--own conv1"
// Time       about 6 seconds
// See        out/figures/OptimizerOverview/Optim-1.png    a model, and an optimizer's pointers
//            out/figures/OptimizerOverview/Update-1.png   an owned and an unowned weight in a step
//            out/lesson-03/cost.png                       what backward costs, and who saves it

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/threads.h"    // threads that sleep while they wait
#include "data/batches.h"    // Batches: the data set, a batch at a time
#include "nn/layers.h"       // Module: conv2d_new, linear_new …
#include "nn/loss.h"         // cross_entropy
#include "optim/optimizer.h" // sgd, optimizer_step
#include "run/claims.h"      // PASS, FAIL, SKIP
#include "run/figure.h"      // gnuplot
#include "run/file.h"        // output files
#include "run/interrupt.h"   // Ctrl-C
#include "run/log.h"         // CSV
#include "run/options.h"     // --lr and the others
#include "run/progress.h"    // the line that says where it is

// --- the model, and each layer's multiply-adds for one image, counted by hand --------------------

enum { CONV1, CONV2, HEAD, LAYERS };
static const char *const layer_names[LAYERS] = {"conv1", "conv2", "head"};
static const uint64_t layer_costs[LAYERS] = {
    8 * 28 * 28 * (1 * 3 * 3),  // outputs × what each adds up
    16 * 14 * 14 * (8 * 3 * 3), //
    10 * (16 * 7 * 7),
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
static int batch_size = 64, steps = 300, own = HEAD;

static const Option knobs[] = {
    option_choice("own", &own, "the layer that the optimizer owns", "conv1", "conv2", "head"),
    option_number("lr", &lr, "learning rate: the length of a step", .above = 0),
    option_number("momentum", &momentum, "how much of the last step goes on", .min = 0, .below = 1),
    option_integer("batch-size", &batch_size, "images a step", .min = 1, .max = 6000),
    option_integer("steps", &steps, "steps of training", .min = 1, .max = 100000),
};

// --- four settings: the same weights, the same batches, other owners -----------------------------

enum { OWNS_ALL, OWNS_PART, REST_FROZEN, TWO_OPTIMIZERS, SETTINGS };

typedef struct Run {
    Tape *tape;
    Module *network;
    Batches *batches;
    ParameterList all, part, rest;            // part and rest together are all
    Optimizer *optimizers[2];                 // the second is NULL but in TWO_OPTIMIZERS
    uint64_t images;                          // seen so far
    double forward_seconds, backward_seconds; // of the fastest step
} Run;

// The parameters of the layer --own, or those of all other layers.
static ParameterList parameters_of(Module *network, bool owned) {
    ParameterList list = {0};
    for (int i = 0; i < LAYERS; i++)
        if ((i == own) == owned)
            list =
                parameter_list_join(list, module_parameters(module_find(network, layer_names[i])));
    return list;
}

static void run_start(Run *run, int setting, int seed, const Dataset *data) {
    *run = (Run){.tape = tape_new(), .network = network_new(seed)};
    run->forward_seconds = run->backward_seconds = INFINITY;
    run->batches = batches_new(data, .size = batch_size, .seed = (uint64_t)seed);
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
    const double started = clock_seconds();
    Tensor *loss = cross_entropy(module_forward(run->network, batch.images), batch.labels);
    const double middle = clock_seconds();
    for (int i = 0; i < 2 && run->optimizers[i]; i++)
        optimizer_zero_grad(run->optimizers[i]); // clears what it owns, and nothing else
    backward(loss); // the tape decides whose gradient is computed: those that require one
    const double ended = clock_seconds();
    for (int i = 0; i < 2 && run->optimizers[i]; i++)
        optimizer_step(run->optimizers[i]); // the optimizer decides who moves: those that it owns

    const double value = tensor_item(loss);
    run->forward_seconds = fmin(run->forward_seconds, middle - started);
    run->backward_seconds = fmin(run->backward_seconds, ended - middle);
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
        const bool wanted = setting != REST_FROZEN || i == own;
        cost.weights[i] = wanted ? layer_costs[i] : 0;
        cost.inputs[i] = wanted_before ? layer_costs[i] : 0;
        cost.forward += layer_costs[i];
        cost.backward += cost.weights[i] + cost.inputs[i];
        wanted_before = wanted_before || wanted;
    }
    return cost;
}

// --- what is found, added up over the seeds ------------------------------------------------------

typedef struct Findings {
    size_t moved;            // numbers that nobody owns and whose bits changed
    size_t with_gradient;    // unowned parameters that got a gradient in the first step
    size_t frozen_gradients; // frozen parameters that got one
    size_t paths_differ;     // losses and weights in which OWNS_PART and REST_FROZEN differ
    size_t two_differ;       // weights in which TWO_OPTIMIZERS and OWNS_ALL differ
    size_t counts_differ;    // counts of the tape that aren't those by hand
    double smallest_norm;    // of the unowned gradient in the first step
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

static void look_at_end(Findings *found, const Run runs[SETTINGS], Module *start) {
    const ParameterList rest = parameters_of(start, false);
    found->moved += numbers_differ(runs[OWNS_PART].rest, rest);
    found->moved += numbers_differ(runs[REST_FROZEN].rest, rest);
    found->frozen_gradients += gradients_count(runs[REST_FROZEN].rest);
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
    char *path = path_format("%s/%s", folder, name);
    const bool opened = output_open(file, path, error);
    free(path);
    return opened;
}

// Optim-1: the model's parameters; the optimizer's knobs and pointers.
static bool write_ownership(const Run *run, const char *folder, Error *error) {
    const Optimizer *optimizer = run->optimizers[0];
    const ParameterGroup *group = &optimizer->groups[0]; // the only one
    OutputFile file;
    if (!table_open(&file, folder, "ownership.csv", error))
        return false;
    fprintf(file.stream, "kind,name,value,count\n");
    for (int i = 0; i < run->all.count; i++)
        fprintf(file.stream, "parameter,%s,%s,%zu\n", run->all.items[i]->name,
                shape_label(run->all.items[i]->tensor.shape).text, run->all.items[i]->tensor.size);
    fprintf(file.stream, "algorithm,%s,,\n", optimizer->algorithm->name);
    for (int id = 0; id < HYPERPARAMETER_COUNT; id++) {
        const double value = hyperparameter_value(&group->hyperparameters, id);
        if (!isnan(value)) // NaN: the algorithm has no such knob
            fprintf(file.stream, "knob,%s,%g,\n", hyperparameter_name(id), value);
    }
    for (int i = 0; i < group->parameters.count; i++)
        fprintf(file.stream, "pointer,%s,,\n", group->parameters.items[i]->name);
    return output_commit(&file, error);
}

// Of the list's first parameter, the number with the longest gradient, before and after the step.
static void write_weight(FILE *stream, ParameterList before, ParameterList after) {
    const Tensor *old = &before.items[0]->tensor, *new = &after.items[0]->tensor;
    size_t at = 0;
    for (size_t j = 1; j < new->size; j++)
        if (fabs((double)new->grad[j]) > fabs((double)new->grad[at]))
            at = j;
    fprintf(stream, "%s,%zu,%.9g,%.9g,%.9g,%g,%zu,%.9g\n", after.items[0]->name, at,
            (double)old->data[at], (double)new->grad[at], (double)new->data[at], lr,
            parameter_list_size(&after), parameter_list_grad_norm(&after));
}

// Update-1: an owned weight and an unowned weight in the first step of OWNS_PART.
static bool write_update(const Run *run, Module *start, const char *folder, Error *error) {
    OutputFile file;
    if (!table_open(&file, folder, "update.csv", error))
        return false;
    fprintf(file.stream, "name,index,old,gradient,new,lr,numbers,norm\n");
    write_weight(file.stream, parameters_of(start, true), run->part);
    write_weight(file.stream, parameters_of(start, false), run->rest);
    return output_commit(&file, error);
}

static void write_part(FILE *stream, int setting, const char *phase, const char *layer,
                       uint64_t multiply_adds) {
    fprintf(stream, "%d,%s,%s,%" PRIu64 ",\n", setting, phase, layer, multiply_adds);
}

// cost.png: the parts as counted by hand; "counted" is the tape's sum, with the time of a step.
static bool write_cost(const Run runs[SETTINGS], const char *folder, Error *error) {
    OutputFile file;
    if (!table_open(&file, folder, "cost.csv", error))
        return false;
    fprintf(file.stream, "setting,phase,part,multiply_adds,milliseconds\n");
    for (int s = OWNS_ALL; s <= REST_FROZEN; s++) {
        const Run *run = &runs[s];
        const Cost hand = cost_by_hand(s);
        for (int i = 0; i < LAYERS; i++) {
            write_part(file.stream, s, "forward", layer_names[i], layer_costs[i]);
            write_part(file.stream, s, "weight", layer_names[i], hand.weights[i]);
            write_part(file.stream, s, "input", layer_names[i], hand.inputs[i]);
        }
        fprintf(file.stream, "%d,forward,counted,%" PRIu64 ",%.6g\n", s,
                tape_forward_counts(run->tape).multiply_adds / run->images,
                1e3 * run->forward_seconds);
        fprintf(file.stream, "%d,backward,counted,%" PRIu64 ",%.6g\n", s,
                tape_backward_counts(run->tape).multiply_adds / run->images,
                1e3 * run->backward_seconds);
    }
    return output_commit(&file, error);
}

// --- one seed: four trainings side by side, step by step -----------------------------------------

static bool train(Run runs[SETTINGS], Module *start, int seed, const LessonOptions *lesson,
                  Log *log, Findings *found, Error *error) {
    const bool shown = seed == lesson->seed; // the figures show the first seed
    Progress progress;
    progress_start(&progress, lesson->name, 0, steps, steps);
    for (int step = 1; step <= steps && !interrupt_signal(); step++) {
        double loss[SETTINGS];
        for (int setting = 0; setting < SETTINGS; setting++)
            loss[setting] = train_step(&runs[setting]);
        found->paths_differ += memcmp(&loss[OWNS_PART], &loss[REST_FROZEN], sizeof *loss) != 0;
        if (step == 1) {
            const ParameterList rest = runs[OWNS_PART].rest;
            found->with_gradient += gradients_count(rest);
            found->smallest_norm = fmin(found->smallest_norm, parameter_list_grad_norm(&rest));
            if (shown && !(write_ownership(&runs[OWNS_PART], lesson->out, error) &&
                           write_update(&runs[OWNS_PART], start, lesson->out, error)))
                return false;
        }
        log_row(log, seed, step, loss[OWNS_ALL], loss[OWNS_PART], loss[REST_FROZEN],
                loss[TWO_OPTIMIZERS], parameter_list_grad_norm(&runs[OWNS_PART].rest));
        progress_step(&progress, step, loss[OWNS_PART], lr);
    }
    progress_finish(&progress, interrupt_signal() ? "stopped" : "seed %d trained", seed);
    if (interrupt_signal())
        return true;
    look_at_end(found, runs, start);
    return !shown || write_cost(runs, lesson->out, error);
}

static bool run_seed(int seed, const Dataset *data, const LessonOptions *lesson, Log *log,
                     Findings *found, Error *error) {
    Run runs[SETTINGS];
    Module *start = network_new(seed); // is never trained: to compare with
    for (int setting = 0; setting < SETTINGS; setting++)
        run_start(&runs[setting], setting, seed, data);
    const bool done = train(runs, start, seed, lesson, log, found, error);
    for (int setting = 0; setting < SETTINGS; setting++)
        run_end(&runs[setting]);
    module_free(start);
    return done;
}

static bool run_seeds(const LessonOptions *lesson, Findings *found, Error *error) {
    Dataset data, test;
    if (!dataset_load(&data, &test, "fashion", error))
        return false;
    char *path = path_format("%s/steps.csv", lesson->out);
    Log *log = log_open(path, "seed,step,all,part,frozen,two,gradient_left", LOG_NEW, error);
    free(path);
    bool done = log != NULL;
    for (int i = 0; done && i < lesson->seeds && !interrupt_signal(); i++)
        done = run_seed(lesson->seed + i, &data, lesson, log, found, error);
    Error lost; // the first error is the one to report
    done = (!log || log_close(log, done ? error : &lost)) && done;
    dataset_free(&data);
    dataset_free(&test);
    return done;
}

// --- claims and figures --------------------------------------------------------------------------

static int check_claims(const LessonOptions *lesson, const Findings *found) {
    Module *network = network_new(lesson->seed);
    const ParameterList rest = parameters_of(network, false);
    const size_t seeds = (size_t)lesson->seeds, unowned = (size_t)rest.count * seeds;
    const size_t numbers = parameter_list_size(&rest) * seeds;
    module_free(network);
    const Cost all = cost_by_hand(OWNS_ALL), frozen = cost_by_hand(REST_FROZEN);
    Claims *claims = claims_new();
    claims_check(claims, found->moved == 0, "what the optimizer doesn't own keeps its bits",
                 "%zu of %zu numbers changed in %d steps", found->moved, numbers, steps);
    claims_check(claims, found->with_gradient == unowned && found->smallest_norm > 0,
                 "its gradients are computed all the same", "%zu of %zu parameters, norm %.4g",
                 found->with_gradient, unowned, found->smallest_norm);
    claims_check(claims, found->frozen_gradients == 0, "frozen, it gets none", "%zu of %zu got one",
                 found->frozen_gradients, unowned);
    claims_check(claims, found->counts_differ == 0,
                 "backward falls by exactly what was frozen, forward by nothing",
                 "backward %" PRIu64 " − %" PRIu64 " = %" PRIu64 ", forward %" PRIu64
                 " multiply-adds an image; the tape differs in %zu counts",
                 all.backward, all.backward - frozen.backward, frozen.backward, all.forward,
                 found->counts_differ);
    claims_check(claims, found->paths_differ == 0,
                 "freezing what isn't owned changes no bit of the training",
                 "%zu losses or weights differ", found->paths_differ);
    claims_check(claims, found->two_differ == 0,
                 "two optimizers, a part each, move the model as one that owns both",
                 "%zu weights differ", found->two_differ);
    return claims_report(claims, lesson->out);
}

#define FOLDER "lessons/03-optimizer-owns-a-subset/"

static bool draw(const LessonOptions *lesson, Error *error) {
    return figure_draw(FOLDER "Optim-1.gp", lesson->out, lesson->article, error) &&
           figure_draw(FOLDER "Update-1.gp", lesson->out, lesson->article, error) &&
           figure_draw(FOLDER "cost.gp", lesson->out, lesson->out, error);
}

int main(int argc, char **argv) {
    threads_prepare(argv);
    LessonOptions lesson;
    int status;
    if (!lesson_options_parse(&lesson, "lesson-03", knobs, OPTION_COUNT(knobs), argc, argv,
                              &status))
        return status;
    interrupt_install();
    Error error;
    if (lesson.draw)
        return draw(&lesson, &error) ? 0 : error_report(&error);
    if (lesson.resume)
        fprintf(stderr, "lesson-03 takes seconds and keeps no checkpoint: it starts anew\n");
    if (lesson.quick && steps > 20)
        steps = 20;
    Findings found = {.smallest_norm = INFINITY};
    if (!run_seeds(&lesson, &found, &error))
        return error_report(&error);
    if (interrupt_signal())
        return interrupt_status(0); // nothing to compare: the trainings are cut short
    if (!draw(&lesson, &error))
        return error_report(&error);
    return check_claims(&lesson, &found);
}
