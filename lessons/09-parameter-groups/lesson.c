// Lesson 09 — parameter groups: one optimizer, columns of knobs
//
// Question   One optimizer, one algorithm. How can parts of a network have knobs of their own?
// Concepts   parameter groups; knobs that are inherited; no decay for biases and norms; rates that fall
//            from layer to layer; a group that joins in the middle of training
// Run        make lesson-09
//            with other knobs: make lesson-09 ARGS="--groups layer-wise --factor 0.3"
// Time       about 5 seconds
// See        out/figures/OptimizerOverview/Param-2.png    the groups and their knobs, from the optimizer
//            out/lesson-09/steps.png                      how far each group moves in each step

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/batches.h"    // Batches: the data set, a batch at a time
#include "exact.h"           // what holds exactly: rates, decay, fresh states, refusals
#include "nn/groups.h"       // parameters_split_by_decay, module_layers
#include "nn/layers.h"       // Module: conv2d_new, batch_norm_new …
#include "nn/loss.h"         // cross_entropy
#include "optim/optimizer.h" // adamw, optimizer_add_group
#include "instruments/evaluate.h"    // accuracy on the test set
#include "run/interrupt.h"   // Ctrl-C
#include "run/lesson.h"      // options, --seeds, figures, claims: what surrounds a run
#include "instruments/ownership.h"   // who owns what, for Param-2
#include "run/progress.h"    // the line that says where it is
#include "files/table.h"       // CSV, for the figures

// --- the knobs -----------------------------------------------------------------------------------

enum { BY_ROLE, LAYER_WISE, ONE_GROUP };

static double lr = 0.001, lr_backbone = 0.0003, lr_head = 0.003, weight_decay = 0.05, factor = 0.5;
static int groups = BY_ROLE, steps = 400, join = 150, batch_size = 64;

static const Option knobs[] = {
    option_choice("groups", &groups, "how the parameters are grouped", "by-role", "layer-wise",
                  "one"),
    option_number("lr", &lr, "learning rate of what has none of its own", .min = 0),
    option_number("lr-backbone", &lr_backbone, "by role: of the convolutions", .min = 0),
    option_number("lr-head", &lr_head, "by role: of the head", .min = 0),
    option_number("weight-decay", &weight_decay, "by role: of the weights; else of all", .min = 0),
    option_number("factor", &factor, "layer-wise: a layer's rate, of the next one's", .above = 0),
    option_integer("join", &join, "by role: the step after which conv1 joins", .min = 1),
    option_integer("steps", &steps, "steps of training", .min = 1, .max = 100000),
    option_integer("batch-size", &batch_size, "images a step", .min = 2, .max = 6000),
};

// --- the model: two convolutions with batch norm, and a head -------------------------------------

static Module *network_new(int seed) {
    Module *network = sequential_new(NULL);
    sequential_append(network, "conv1", conv2d_new(1, 8, 3, .padding = 1));
    sequential_append(network, "norm1", batch_norm_new(8));
    sequential_append(network, "relu1", relu_new());
    sequential_append(network, "pool1", max_pool2d_new(2));
    sequential_append(network, "conv2", conv2d_new(8, 16, 3, .padding = 1));
    sequential_append(network, "norm2", batch_norm_new(16));
    sequential_append(network, "relu2", relu_new());
    sequential_append(network, "pool2", max_pool2d_new(2));
    sequential_append(network, "flatten", flatten_new());
    sequential_append(network, "head", linear_new(16 * 7 * 7, 10));
    Random random = random_from_seed((uint64_t)seed);
    module_initialise(network, &random);
    return network;
}

// --- the groups: this is the lesson --------------------------------------------------------------

static ParameterList only(Module *network, const char *name) {
    return (ParameterList){1, {module_find_parameter(network, name)}};
}

// Three columns of knobs, by what a parameter is for. What a group doesn't say, it inherits.
static Optimizer *groups_by_role(Module *network) {
    const DecaySplit split = parameters_split_by_decay(module_parameters(network));
    Optimizer *optimizer =
        adamw(only(network, "conv2.weight"), .lr = lr_backbone, .weight_decay = weight_decay);
    optimizer_name_group(optimizer, 0, "backbone");
    int head = optimizer_add_group(optimizer, only(network, "head.weight"), .lr = lr_head);
    optimizer_name_group(optimizer, head, "head");
    int plain = optimizer_add_group(optimizer, split.no_decay, .lr = lr, .weight_decay = 0);
    optimizer_name_group(optimizer, plain, "biases and norms");
    ParameterList late = only(network, "conv1.weight"); // in no group: it waits, and costs nothing
    parameter_list_require_grad(&late, false);
    return optimizer;
}

// Later: one more column, with a state that begins now.
static void join_conv1(Optimizer *optimizer, Module *network) {
    ParameterList late = only(network, "conv1.weight");
    parameter_list_require_grad(&late, true);
    int group = optimizer_add_group(optimizer, late, .lr = lr_backbone / 3);
    optimizer_name_group(optimizer, group, "joined later");
}

// A group a layer: the nearer to the input, the slower.
static Optimizer *groups_by_layer(Module *network) {
    enum { LAYERS_MAX = 16 };
    ParameterList layers[LAYERS_MAX];
    const int count = module_layers(network, layers, LAYERS_MAX);
    Optimizer *optimizer = NULL;
    for (int i = 0; i < count; i++) {
        const double rate = lr * pow(factor, count - 1 - i);
        if (!optimizer)
            optimizer = adamw(layers[i], .lr = rate, .weight_decay = weight_decay);
        else
            optimizer_add_group(optimizer, layers[i], .lr = rate);
        char name[64];
        snprintf(name, sizeof name, "%s", layers[i].items[0]->name);
        name[strcspn(name, ".")] = '\0';
        optimizer_name_group(optimizer, i, name);
    }
    return optimizer;
}

// --- one run ---------------------------------------------------------------------------------------

typedef struct Run {
    LessonData data;
    Tape *tape;
    Module *network;
    Optimizer *optimizer;
    Batches *batches;
    Log *log;
    double first_step_error; // of the group that joined: how far its first |Δw| is from its rate
} Run;

// The first step of AdamW with a state of its own moves each number by lr, for m / √v is ±1, and by the
// decay. (A step count shared with the older groups would make it 3.16 times as long.)
static double first_step_error(const ParameterGroup *group, const real *before) {
    const Tensor *w = &group->parameters.items[0]->tensor;
    const Hyperparameters *h = &group->hyperparameters;
    double error = 0;
    for (size_t j = 0; j < w->size; j++) {
        const double decayed = (double)before[j] * (1 - h->lr * h->weight_decay);
        if (fabs((double)w->grad[j]) > 1e4 * h->eps)
            error = fmax(error, fabs(fabs((double)w->data[j] - decayed) / h->lr - 1));
    }
    return error;
}

// A step, and how far it moved each group: the root mean square over its numbers.
static void step_and_measure(Run *run, int step) {
    real *before[16];
    for (int g = 0; g < run->optimizer->group_count; g++)
        before[g] = numbers_copy(&run->optimizer->groups[g].parameters);
    optimizer_step(run->optimizer);
    for (int g = 0; g < run->optimizer->group_count; g++) {
        const ParameterGroup *group = &run->optimizer->groups[g];
        log_row(run->log, step, g, group->hyperparameters.lr,
                distance_from(&group->parameters, before[g]) /
                    sqrt((double)parameter_list_size(&group->parameters)));
        if (g == 3 && groups == BY_ROLE && step == join + 1)
            run->first_step_error = first_step_error(group, before[g]);
        free(before[g]);
    }
}

// Returns how many steps were made.
static int train(Run *run) {
    Progress progress;
    progress_start(&progress, "lesson-09", 0, steps, steps);
    int step = 0;
    while (step < steps && !interrupt_signal()) {
        step++;
        Batch batch;
        while (!batches_next(run->batches, run->tape, &batch))
            ; // the end of an epoch: the next call begins another, in a new order
        if (groups == BY_ROLE && step == join + 1)
            join_conv1(run->optimizer, run->network);
        Tensor *loss = cross_entropy(module_forward(run->network, batch.images), batch.labels);
        optimizer_zero_grad(run->optimizer);
        backward(loss);
        step_and_measure(run, step);
        progress_step(&progress, step, tensor_item(loss), optimizer_get(run->optimizer, 0, "lr"));
        tape_clear(run->tape);
    }
    progress_finish(&progress, interrupt_signal() ? "stopped" : "trained, test accuracy %.4f",
                    evaluate(run->network, run->tape, &run->data.test).accuracy);
    return step;
}

// What holds exactly, on the network as it was before training and one batch.
static void look_at_exact(Run *run, int seed, Results *results) {
    Module *fresh = network_new(seed);
    Batches *batches = batches_new(&run->data.train, .size = batch_size, .shuffle = false);
    Batch batch;
    batches_next(batches, run->tape, &batch);
    backward(cross_entropy(module_forward(fresh, batch.images), batch.labels));
    result_add(results, "ratio_error",
               rate_ratio_error(only(fresh, "conv2.weight"), only(fresh, "head.weight"), 10));
    const Shrink shrink = shrink_at_zero_gradient(module_parameters(fresh), 100);
    result_add(results, "shrink", shrink.factor);
    result_add(results, "shrink_error", shrink.error);
    result_add(results, "plain_moved", shrink.moved);
    const char *line = refusal_of_second_group(only(fresh, "head.weight"));
    result_add(results, "refused",
               strstr(line, "'head.weight'") && strstr(line, "'backbone'") &&
                   strstr(line, "'group 1'"));
    tape_clear(run->tape);
    batches_free(batches);
    module_free(fresh);
}

static bool run_once(const LessonOptions *options, Results *results, Error *error) {
    Run run = {.first_step_error = NAN};
    if (!lesson_data_load(&run.data, options, "fashion", false, error))
        return false;
    run.tape = tape_new();
    run.network = network_new(options->seed);
    run.batches = batches_new(&run.data.train, .size = batch_size, .seed = (uint64_t)options->seed);
    const ParameterList all = module_parameters(run.network);
    run.optimizer = groups == BY_ROLE      ? groups_by_role(run.network)
                    : groups == LAYER_WISE ? groups_by_layer(run.network)
                                           : adamw(all, .lr = lr, .weight_decay = weight_decay);
    run.log = log_open(options->out, "steps.csv", "step,group,lr,length", LOG_NEW, error);
    bool good = run.log != NULL;
    if (good && train(&run) > 0) { // also after Ctrl-C: the figures show what there is
        look_at_exact(&run, options->seed, results);
        result_add(results, "first_step_error", run.first_step_error);
        good = ownership_write(options->out, "groups.csv", &all, run.optimizer, error);
    }
    Error lost; // the first error is the one to report
    good = table_close(run.log, good ? error : &lost) && good;
    batches_free(run.batches);
    optimizer_free(run.optimizer);
    module_free(run.network);
    tape_free(run.tape);
    lesson_data_free(&run.data);
    return good;
}

// --- claims --------------------------------------------------------------------------------------

static void check(Claims *claims, const LessonOptions *options, const Results *results) {
    (void)options; // all of these are exact: they hold in each run
    const bool is_double = sizeof(real) == sizeof(double);
    const double ratio_error = results_of(results, 0, "ratio_error").most;
    const double shrink_error = results_of(results, 0, "shrink_error").most;
    const double moved = results_of(results, 0, "plain_moved").most;
    const double first_step = results_of(results, 0, "first_step_error").most;
    claims_check(claims, ratio_error < (is_double ? 1e-6 : 1e-4),
                 "each group moves by its own rate: ‖Δw‖ / ‖g‖ of two groups are as 10 to 1",
                 "off by %.1e, at most %.0e in " REAL_NAME, ratio_error, is_double ? 1e-6 : 1e-4);
    claims_check(
        claims, shrink_error < (is_double ? 1e-12 : 1e-4) && moved == 0,
        "at zero gradient the decaying group shrinks by (1 − lr·wd)ⁿ, the other keeps its bits",
        "%.6f after 100 steps, off by %.1e; %g numbers without decay moved",
        results_of(results, 0, "shrink").most, shrink_error, moved);
    const char *joins =
        "a group that joins later begins with a fresh state: its first step is its rate";
    if (groups == BY_ROLE && steps > join)
        claims_check(claims, first_step < 0.01, joins, "off by %.2g %%", 100 * first_step);
    else
        claims_skip(claims, joins, "--groups by-role, and --steps above --join");
    claims_check(claims, results_of(results, 0, "refused").least == 1,
                 "a parameter in two groups is refused, by name", "%s",
                 *refusal ? refusal : "in each run");
}

int main(int argc, char **argv) {
    const Lesson lesson = {
        .name = "lesson-09",
        .folder = "lessons/09-parameter-groups",
        .knobs = knobs,
        .knob_count = OPTION_COUNT(knobs),
        .quick = {{&steps, 60}, {&join, 30}},
        .resume_note = "takes seconds and keeps no checkpoint: it starts anew",
        .run = run_once,
        .figures = {"steps.gp"},
        .article = {"Param-2.gp"},
        .seeds = {"seeds.gp"},
        .claims = check,
    };
    return lesson_main(&lesson, argc, argv);
}
