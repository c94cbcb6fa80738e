// Lesson 09 — parameter groups: one optimizer, columns of knobs
//
// Question   One optimizer, one algorithm. How can parts of a network have knobs of their own, and what
//            does that gain?
// Concepts   parameter groups; knobs that are inherited; no decay for biases and norms; rates that fall
//            from layer to layer; a group that joins in the middle of training
// Run        make lesson-09
//            with other knobs: make lesson-09 ARGS="--groups layer-wise --factor 0.3"
// Time       about 15 seconds
// See        out/figures/OptimizerOverview/Param-2.png    one optimizer, two groups
//            out/lesson-09/steps.png                      how far each group moves
//            out/lesson-09/gain.png                       what groups gain

#include <stdio.h>
#include <string.h>

#include "exact.h"                 // what groups promise exactly
#include "instruments/ownership.h" // who owns what, for Param-2
#include "nn/loss.h"               // cross_entropy
#include "nn/networks.h"           // the model: two convolutions with batch norm, and a head
#include "run/lesson.h"            // options, --seeds, figures, claims: what surrounds a run
#include "run/trainer.h"           // data, logs, checkpoints: what surrounds a step

// --- the knobs -----------------------------------------------------------------------------------

enum { ONE_GROUP, TWO_GROUPS, BY_ROLE, LAYER_WISE };

static double lr = 0.002, lr_backbone = 0.004, lr_head = 0.002, weight_decay = 0.05, factor = 0.7;
static int groups = ONE_GROUP, steps = 400, join = 150, batch_size = 64;

static const Option knobs[] = {
    option_choice("groups", &groups, "how parameters are grouped", "one", "two", "by-role",
                  "layer-wise"),
    option_number("lr", &lr, "learning rate of what has none of its own", .min = 0),
    option_number("lr-backbone", &lr_backbone, "two, by role: of the convolutions", .min = 0),
    option_number("lr-head", &lr_head, "two, by role: of the head", .min = 0),
    option_number("weight-decay", &weight_decay, "by role: of the weights; else of all", .min = 0),
    option_number("factor", &factor, "layer-wise: a layer's rate, of the next one's", .above = 0),
    option_integer("join", &join, "by role: the step after which conv1 joins", .min = 1),
    option_integer("steps", &steps, "steps of training", .min = 1, .max = 100000),
    option_integer("batch-size", &batch_size, "images a step", .min = 2, .max = 6000),
};

// --- the groups: this is the lesson --------------------------------------------------------------

// Two columns of knobs, for whole layers. What a group doesn't say, it inherits.
static Optimizer *two_groups(Module *network) {
    const ParameterList head = module_parameters_under(network, "head");
    const ParameterList features = parameter_list_without(module_parameters(network), head);
    Optimizer *optimizer = adamw(features, .lr = lr_backbone, .weight_decay = weight_decay);
    optimizer_name_group(optimizer, 0, "features");
    int classifier = optimizer_add_group(optimizer, head, .lr = lr_head);
    optimizer_name_group(optimizer, classifier, "classifier");
    return optimizer;
}

// Three columns of knobs, by what a parameter is for.
static Optimizer *groups_by_role(Module *network) {
    const DecaySplit split = parameters_split_by_decay(module_parameters(network));
    Optimizer *optimizer = adamw(module_parameters_under(network, "conv2.weight"),
                                 .lr = lr_backbone, .weight_decay = weight_decay);
    optimizer_name_group(optimizer, 0, "backbone");
    int head = optimizer_add_group(optimizer, module_parameters_under(network, "head.weight"),
                                   .lr = lr_head);
    optimizer_name_group(optimizer, head, "head");
    int plain = optimizer_add_group(optimizer, split.no_decay, .lr = lr, .weight_decay = 0);
    optimizer_name_group(optimizer, plain, "biases and norms");
    ParameterList late = module_parameters_under(network, "conv1.weight");
    parameter_list_require_grad(&late, false); // in no group: it waits, and costs nothing
    return optimizer;
}

// Later: one more column, with a state that begins now.
static void join_conv1(Trainer *trainer) {
    ParameterList late = module_parameters_under(trainer->network, "conv1.weight");
    parameter_list_require_grad(&late, true);
    int group = optimizer_add_group(trainer->optimizer, late, .lr = lr_backbone / 3);
    optimizer_name_group(trainer->optimizer, group, "joined later");
    trainer_join_group(trainer, group); // with --schedule, where the others are on their curves
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
        const char *weight = layers[i].items[0]->name;
        snprintf(name, sizeof name, "%.*s", (int)strcspn(weight, "."), weight);
        optimizer_name_group(optimizer, i, name);
    }
    return optimizer;
}

static Optimizer *optimizer_for(Module *network) {
    if (groups == TWO_GROUPS)
        return two_groups(network);
    if (groups == BY_ROLE)
        return groups_by_role(network);
    if (groups == LAYER_WISE)
        return groups_by_layer(network);
    return adamw(module_parameters(network), .lr = lr, .weight_decay = weight_decay);
}

// --- one run -------------------------------------------------------------------------------------

static bool run_once(const LessonOptions *options, Results *results, Error *error) {
    Trainer trainer;
    if (!trainer_init(&trainer, options, error))
        return false;
    Loop *loop = &trainer.loop;
    Random random = random_from_seed((uint64_t)options->seed);
    Module *network = trainer_network(&trainer, conv_net_new(true));
    module_initialise(network, &random);
    Optimizer *optimizer = trainer_optimizer(&trainer, optimizer_for(network));
    trainer_batches(&trainer, .size = batch_size);
    trainer.steps = steps;
    trainer.columns = NULL; // of one loss; this is of each group:
    Log *log = loop_log(loop, "steps.csv", "step,group,lr,length");
    if (groups == BY_ROLE && loop_saved_step(loop) > join)
        join_conv1(&trainer); // it had joined when the run was stopped

    for (Batch batch; trainer_next(&trainer, &batch);) {
        if (groups == BY_ROLE && loop->step == join + 1)
            join_conv1(&trainer);
        Tensor *loss = cross_entropy(module_forward(network, batch.images), batch.labels);
        optimizer_zero_grad(optimizer);
        backward(loss);
        step_and_measure(optimizer, log, loop->step);
        trainer_log(&trainer, loss);
        scheduler_step(trainer.scheduler);
    } // trainer_next clears the tape: here the step's tensors die

    if (loop->good && loop->step > 0) {
        result_add(results, "accuracy", trainer.test.accuracy);
        look_at_exact(&trainer.data.train, options->seed, loop->tape, results);
        loop_need(loop,
                  ownership_write(options->out, "groups.csv", network, optimizer, loop->error));
    }
    return trainer_end(&trainer);
}

// --- claims --------------------------------------------------------------------------------------

static Sample gain(const Results *results, int way) { // over one group, seed by seed
    const Sample ours = results_of(results, "accuracy", way);
    const Sample one = results_of(results, "accuracy", ONE_GROUP);
    return sample_difference(&ours, &one);
}

static void check(Claims *claims, const Results *results) {
    const bool is_double = sizeof(real) == sizeof(double);
    const double ratio_error = results_of(results, "ratio_error").most;
    const double shrink_error = results_of(results, "shrink_error").most;
    const double moved = results_of(results, "plain_moved").most;
    claims_check(claims, ratio_error < (is_double ? 1e-6 : 1e-4),
                 "each group moves by its own rate: ‖Δw‖ / ‖g‖ of two groups are as 10 to 1",
                 "off by %.1e, at most %.0e in " REAL_NAME, ratio_error, is_double ? 1e-6 : 1e-4);
    claims_check(
        claims, shrink_error < (is_double ? 1e-12 : 1e-4) && moved == 0,
        "at zero gradient the decaying group shrinks by (1 − lr·wd)ⁿ, the other keeps its bits",
        "%.6f after 100 steps, off by %.1e; %g numbers without decay moved",
        results_of(results, "shrink").most, shrink_error, moved);
    claims_check(claims, results_of(results, "first_step_error").most < 0.01,
                 "a group that joins later begins with a fresh state: its first step is its rate",
                 "off by %.2g %%", 100 * results_of(results, "first_step_error").most);
    claims_check(claims, results_of(results, "refused").least == 1,
                 "a parameter in two groups is refused, by name", "in each run");
    const Sample two = gain(results, TWO_GROUPS), role = gain(results, BY_ROLE);
    const Sample layers = gain(results, LAYER_WISE);
    claims_check_seeds(
        claims, worst_of(two.mean, worst_of(role.mean, layers.mean)) < 0.01,
        "from scratch, groups buy less than one point of accuracy over one good rate",
        "two %+.2f ± %.2f, by role %+.2f ± %.2f, layer-wise %+.2f ± %.2f points", 100 * two.mean,
        100 * two.error, 100 * role.mean, 100 * role.error, 100 * layers.mean, 100 * layers.error);
}

int main(int argc, char **argv) {
    const Lesson lesson = {
        .name = "lesson-09",
        .folder = "lessons/09-parameter-groups",
        .knobs = knobs,
        .knob_count = OPTION_COUNT(knobs),
        .quick = {{&steps, 60}, {&join, 30}},
        .data = "fashion",
        .run = run_once,
        .over = {{.option = "groups"}},
        .figures = {"steps.gp", "gain.gp"},
        .article = {"Param-2.gp"},
        .claims = check,
    };
    return lesson_main(&lesson, argc, argv);
}
