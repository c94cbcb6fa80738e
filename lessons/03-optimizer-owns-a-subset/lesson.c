// Lesson 03 — an optimizer owns a subset
//
// Question   What happens to the parameters that an optimizer doesn't own?
// Concepts   ownership: who moves; requires_grad: whose gradient is computed; what freezing saves
// Run        make lesson-03
//            with other knobs: make lesson-03 ARGS="--own conv1"
// Time       about 3 seconds
// See        out/figures/OptimizerOverview/Optim-1.png    a model, and an optimizer's pointers
//            out/figures/OptimizerOverview/Update-1.png   an owned and an unowned weight in a step
//            out/lesson-03/cost.png                       what backward costs, and who saves it

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "cost.h"            // what forward and backward cost, counted by hand
#include "data/batches.h"    // Batches: the data set, a batch at a time
#include "nn/layers.h"       // Module: conv2d_new, linear_new …
#include "nn/loss.h"         // cross_entropy
#include "optim/optimizer.h" // sgd, optimizer_step
#include "run/interrupt.h"   // Ctrl-C
#include "run/lesson.h"      // options, --seeds, figures, claims: what surrounds a run
#include "instruments/ownership.h"   // who owns what, for Optim-1
#include "run/progress.h"    // the line that says where it is, and a clock
#include "files/table.h"       // CSV: logs row by row, tables for figures

// --- the model: two convolutions and a head; cost.h counts its products by hand ------------------

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
    run->optimizers[0] =
        sgd(setting == OWNS_ALL ? run->all : run->part, .lr = lr, .momentum = momentum);
    if (setting == TWO_OPTIMIZERS)
        run->optimizers[1] = sgd(run->rest, .lr = lr, .momentum = momentum);
    if (setting == REST_FROZEN)
        parameter_list_require_grad(&run->rest, false);
}

static void run_end(Run *run) {
    batches_free(run->batches);
    optimizer_free(run->optimizers[0]);
    optimizer_free(run->optimizers[1]);
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

static Cost setting_cost(int setting) {
    bool wanted[LAYERS];
    for (int i = 0; i < LAYERS; i++)
        wanted[i] = setting != REST_FROZEN || i == own;
    return cost_by_hand(wanted);
}

// --- what is found ---------------------------------------------------------------------------------

static int numbers_differ(ParameterList a, ParameterList b) {
    int differ = 0;
    for (int i = 0; i < a.count; i++)
        for (size_t j = 0; j < a.items[i]->tensor.size; j++)
            differ +=
                memcmp(&a.items[i]->tensor.data[j], &b.items[i]->tensor.data[j], sizeof(real)) != 0;
    return differ;
}

static int gradients_count(ParameterList list) {
    int count = 0;
    for (int i = 0; i < list.count; i++)
        count += list.items[i]->tensor.grad_state != GRAD_NONE;
    return count;
}

// All counts, but the last, are 0 if the claims are right.
static void look_back(const Run runs[SETTINGS], const ParameterList *start, Results *results) {
    const Run *part = &runs[OWNS_PART], *frozen = &runs[REST_FROZEN];
    int counts_differ = 0;
    for (int setting = 0; setting < SETTINGS; setting++) {
        const Run *run = &runs[setting];
        const Cost hand = setting_cost(setting);
        counts_differ += run->tape->forward.multiply_adds != run->images * hand.forward;
        counts_differ += run->tape->backward.multiply_adds != run->images * hand.backward;
    }
    result_add(results, "moved",
               numbers_differ(part->rest, *start) + numbers_differ(frozen->rest, *start));
    result_add(results, "frozen_gradients", gradients_count(frozen->rest));
    result_add(results, "weights_differ", numbers_differ(part->all, frozen->all));
    result_add(results, "two_differ", numbers_differ(runs[OWNS_ALL].all, runs[TWO_OPTIMIZERS].all));
    result_add(results, "counts_differ", counts_differ);
    result_add(results, "unowned", start->count);
    result_add(results, "numbers", (double)parameter_list_size(start));
}

// --- what the figures show, read from the live objects -------------------------------------------

// Update-1: of the first owned and the first unowned parameter, the number with the longest
// gradient, before and after the first step of OWNS_PART.
static bool write_update(const Run *run, Module *start, const char *folder, Error *error) {
    Table *table = table_open(folder, "update.csv", "name,index,old,gradient,new,lr,numbers,norm");
    for (int owned = 1; owned >= 0; owned--) {
        const ParameterList after = owned ? run->part : run->rest;
        const Tensor *old = &parameters_of(start, owned).items[0]->tensor;
        const Tensor *new = &after.items[0]->tensor;
        size_t at = 0;
        for (size_t j = 1; j < new->size; j++)
            if (fabs((double)new->grad[j]) > fabs((double)new->grad[at]))
                at = j;
        table_row(table, "%s,%zu,%.9g,%.9g,%.9g,%g,%zu,%.9g", after.items[0]->name, at,
                  (double)old->data[at], (double)new->grad[at], (double)new->data[at], lr,
                  parameter_list_size(&after), parameter_list_grad_norm(&after));
    }
    return table_close(table, error);
}

// cost.png: the parts as counted by hand; "counted" is the tape's sum, with the time of a step.
static bool write_cost(const Run runs[SETTINGS], const char *folder, Error *error) {
    Table *table = table_open(folder, "cost.csv", "setting,phase,part,multiply_adds,milliseconds");
    for (int s = OWNS_ALL; s <= REST_FROZEN; s++) {
        const Run *run = &runs[s];
        const Cost hand = setting_cost(s);
        for (int i = 0; i < LAYERS; i++) {
            const char *row = "%d,%s,%s,%" PRIu64 ",";
            table_row(table, row, s, "forward", layer_names[i], layer_costs[i]);
            table_row(table, row, s, "weight", layer_names[i], hand.weights[i]);
            table_row(table, row, s, "input", layer_names[i], hand.inputs[i]);
        }
        table_row(table, "%d,forward,counted,%" PRIu64 ",%.6g", s,
                  run->tape->forward.multiply_adds / run->images, 1e3 * run->forward_seconds);
        table_row(table, "%d,backward,counted,%" PRIu64 ",%.6g", s,
                  run->tape->backward.multiply_adds / run->images, 1e3 * run->backward_seconds);
    }
    return table_close(table, error);
}

// --- one seed: four trainings side by side, step by step -----------------------------------------

static bool train(Run runs[SETTINGS], Module *start, const LessonOptions *options, Log *log,
                  Results *results, Error *error) {
    const ParameterList *left = &runs[OWNS_PART].rest, rest = parameters_of(start, false);
    int with_gradient = 0, losses_differ = 0;
    double norm = 0;
    Progress progress;
    progress_start(&progress, "lesson-03", 0, steps, steps);
    for (int step = 1; step <= steps && !interrupt_signal(); step++) {
        double loss[SETTINGS];
        for (int setting = 0; setting < SETTINGS; setting++)
            loss[setting] = train_step(&runs[setting]);
        losses_differ += memcmp(&loss[OWNS_PART], &loss[REST_FROZEN], sizeof *loss) != 0;
        if (step == 1) {
            with_gradient = gradients_count(*left);
            norm = parameter_list_grad_norm(left);
            if (!ownership_write(options->out, "ownership.csv", &runs[OWNS_PART].all,
                                 runs[OWNS_PART].optimizers[0], error) ||
                !write_update(&runs[OWNS_PART], start, options->out, error))
                return false;
        }
        log_row(log, options->seed, step, loss[OWNS_ALL], loss[OWNS_PART], loss[REST_FROZEN],
                loss[TWO_OPTIMIZERS], parameter_list_grad_norm(left));
        progress_step(&progress, step, loss[OWNS_PART], lr);
    }
    progress_finish(&progress, interrupt_signal() ? "stopped" : "seed %d trained", options->seed);
    if (interrupt_signal())
        return true; // nothing to compare: the trainings are cut short
    result_add(results, "with_gradient", with_gradient);
    result_add(results, "norm", norm);
    result_add(results, "losses_differ", losses_differ);
    look_back(runs, &rest, results);
    return write_cost(runs, options->out, error);
}

static bool run_once(const LessonOptions *options, Results *results, Error *error) {
    LessonData data;
    if (!lesson_data_load(&data, options, "fashion", false, error))
        return false;
    Run runs[SETTINGS];
    Module *start = network_new(options->seed); // is never trained: to compare with
    for (int setting = 0; setting < SETTINGS; setting++)
        run_start(&runs[setting], setting, options->seed, &data.train);
    Log *log = log_open(options->out, "steps.csv", "seed,step,all,part,frozen,two,gradient_left",
                        LOG_NEW, error);
    const bool done = log && train(runs, start, options, log, results, error);
    Error lost; // the first error is the one to report
    const bool whole = table_close(log, done ? error : &lost);
    for (int setting = 0; setting < SETTINGS; setting++)
        run_end(&runs[setting]);
    module_free(start);
    lesson_data_free(&data);
    return done && whole;
}

// --- claims --------------------------------------------------------------------------------------

static double most(const Results *results, const char *name) {
    return results_of(results, 0, name).most;
}

static void check(Claims *claims, const LessonOptions *options, const Results *results) {
    (void)options;
    const Sample with_gradient = results_of(results, 0, "with_gradient"); // all these: of any seed
    const double norm = results_of(results, 0, "norm").least, unowned = most(results, "unowned");
    const double moved = most(results, "moved"),
                 frozen_gradients = most(results, "frozen_gradients");
    const double counts_differ = most(results, "counts_differ");
    const double paths_differ = most(results, "losses_differ") + most(results, "weights_differ");
    const double two_differ = most(results, "two_differ");
    const Cost all = setting_cost(OWNS_ALL), frozen = setting_cost(REST_FROZEN);
    claims_check(claims, moved == 0, "what the optimizer doesn't own keeps its bits",
                 "%g of %g numbers changed in %d steps", moved, most(results, "numbers"), steps);
    claims_check(claims, with_gradient.least == unowned && norm > 0,
                 "its gradients are computed all the same", "%g of %g parameters, norm %.4g",
                 with_gradient.least, unowned, norm);
    claims_check(claims, frozen_gradients == 0, "frozen, it gets none", "%g of %g got one",
                 frozen_gradients, unowned);
    claims_check(
        claims, counts_differ == 0, "backward falls by exactly what was frozen, forward by nothing",
        "backward %" PRIu64 " − %" PRIu64 " = %" PRIu64 ", forward %" PRIu64
        " multiply-adds an image; the tape differs in %g counts",
        all.backward, all.backward - frozen.backward, frozen.backward, all.forward, counts_differ);
    claims_check(claims, paths_differ == 0,
                 "freezing what isn't owned changes no bit of the training",
                 "%g losses or weights differ", paths_differ);
    claims_check(claims, two_differ == 0,
                 "two optimizers, a part each, move the model as one that owns both",
                 "%g weights differ", two_differ);
}

int main(int argc, char **argv) {
    const Lesson lesson = {
        .name = "lesson-03",
        .folder = "lessons/03-optimizer-owns-a-subset",
        .knobs = knobs,
        .knob_count = OPTION_COUNT(knobs),
        .quick = {{&steps, 20}},
        .resume_note = "takes seconds and keeps no checkpoint: it starts anew",
        .run = run_once,
        .figures = {"cost.gp"},
        .article = {"Optim-1.gp", "Update-1.gp"},
        .claims = check,
    };
    return lesson_main(&lesson, argc, argv);
}
