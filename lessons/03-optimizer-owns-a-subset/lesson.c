// Lesson 03 — an optimizer owns a subset
//
// Question   What happens to the parameters that an optimizer doesn't own?
// Concepts   ownership: who moves; requires_grad: whose gradient is computed; what freezing saves
// Run        make lesson-03
//            with other knobs: make lesson-03 ARGS="--own conv1"
// Time       about 10 seconds
// See        out/figures/OptimizerOverview/Optim-1.png    a model, and an optimizer's pointers
//            out/figures/OptimizerOverview/Update-1.png   an owned and an unowned weight in a step
//            out/lesson-03/cost.png                       what backward costs, and who saves it

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "instruments/weights.h" // which numbers have changed
#include "nn/loss.h"             // cross_entropy
#include "nn/networks.h"         // the model: two convolutions and a head
#include "optim/optimizer.h"     // sgd, optimizer_step
#include "run/lesson.h"          // options, --seeds, figures, claims: what surrounds a run
#include "run/trainer.h"         // data, logs, checkpoints: what surrounds a step
#include "settings.h"            // who owns what in four settings, and what a step costs by hand

// --- the knobs -----------------------------------------------------------------------------------

static double lr = 0.05, momentum = 0.9;
static int batch_size = 64, steps = 300, own = HEAD;

static const Option knobs[] = {
    option_choice("own", &own, "the layer that the optimizer owns", "conv1", "conv2", "head"),
    option_number("lr", &lr, "learning rate: the length of a step", .above = 0),
    option_number("momentum", &momentum, "how much of the last step goes on", .min = 0, .below = 1),
    option_integer("batch-size", &batch_size, "images a step", .min = 1, .max = 6000),
    option_integer("steps", &steps, "steps of training", .min = 1, .max = 100000,
                   .may_change = true),
};

// --- four settings: the same weights, the same batches, other owners -----------------------------

static Optimizer *optimizer_of(Loop *loop, int which, int number, ParameterList owned) {
    char name[32];
    snprintf(name, sizeof name, "%s optimizer %d", setting_names[which], number);
    return loop_optimizer(loop, name, sgd(owned, .lr = lr, .momentum = momentum));
}

static Setting setting_new(int which, int seed, Loop *loop) {
    Random random = random_from_seed((uint64_t)seed);
    Module *network = loop_module(loop, setting_names[which], conv_net_new(false));
    module_initialise(network, &random);
    Setting setting = {.network = network, .all = module_parameters(network)};
    for (int i = 0; i < LAYERS; i++) {
        ParameterList *to = i == own ? &setting.part : &setting.rest;
        *to = parameter_list_join(*to, module_parameters(module_find(network, layer_names[i])));
    }
    setting.optimizers[0] =
        optimizer_of(loop, which, 0, which == OWNS_ALL ? setting.all : setting.part);
    if (which == TWO_OPTIMIZERS)
        setting.optimizers[1] = optimizer_of(loop, which, 1, setting.rest);
    if (which == REST_FROZEN)
        parameter_list_require_grad(&setting.rest, false);
    return setting;
}

// --- the step: this is the lesson ----------------------------------------------------------------

static double train_step(Setting *setting, Batch batch) {
    Tape *tape = batch.images->tape;
    tape_reset_counts(tape);
    Tensor *loss = cross_entropy(module_forward(setting->network, batch.images), batch.labels);
    for (int i = 0; i < 2 && setting->optimizers[i]; i++)
        optimizer_zero_grad(setting->optimizers[i]); // clears what it owns, and nothing else
    backward(loss); // the tape decides whose gradient is computed: those that require one
    for (int i = 0; i < 2 && setting->optimizers[i]; i++)
        optimizer_step(setting->optimizers[i]); // the optimizer decides who moves: what it owns

    setting->forward += tape->forward.multiply_adds;
    setting->backward += tape->backward.multiply_adds;
    setting->images += (uint64_t)batch.count;
    return tensor_item(loss);
}

// --- one run: four trainings side by side, step by step ------------------------------------------

typedef struct Found {
    long with_gradient, losses_differ; // unowned parameters that got a gradient; steps
    double norm;                       // of the unowned gradient after the first step
} Found;

static void look_back(const Found *found, const Setting settings[SETTINGS], const real *old_rest,
                      Loop *loop, Results *results) {
    result_add(results, "with_gradient", (double)found->with_gradient);
    result_add(results, "norm", found->norm);
    result_add(results, "losses_differ", (double)found->losses_differ);
    settings_compare(settings, own, old_rest, results);
    if (settings->images > 0) // else it was finished before, and its costs are there
        loop_need(loop, write_cost(settings, own, loop->options->out, loop->error));
}

static bool run_once(const LessonOptions *options, Results *results, Error *error) {
    Trainer trainer;
    if (!trainer_init(&trainer, options, error))
        return false;
    Loop *loop = &trainer.loop;
    Setting settings[SETTINGS];
    for (int i = 0; i < SETTINGS; i++)
        settings[i] = setting_new(i, options->seed, loop);
    Setting *part = &settings[OWNS_PART];
    real *old_part = weights_copy(&part->part), *old_rest = weights_copy(&part->rest);
    Found found = {0};
    loop_integer(loop, "with_gradient", &found.with_gradient);
    loop_integer(loop, "losses_differ", &found.losses_differ);
    loop_number(loop, "norm", &found.norm);
    loop_gradients(loop, "left", &part->rest); // nobody clears them: each step adds to them
    trainer.network = part->network;           // to be tested
    trainer.optimizer = part->optimizers[0];
    trainer_batches(&trainer, .size = batch_size);
    trainer.steps = steps;
    trainer.columns = NULL; // of one training; these are four:
    Log *log = loop_log(loop, "steps.csv", "seed,step,all,part,frozen,two,gradient_left");

    for (Batch batch; trainer_next(&trainer, &batch);) {
        double loss[SETTINGS];
        for (int i = 0; i < SETTINGS; i++)
            loss[i] = train_step(&settings[i], batch);
        found.losses_differ += memcmp(&loss[OWNS_PART], &loss[REST_FROZEN], sizeof *loss) != 0;
        if (loop->step == 1) {
            found.with_gradient = gradients_count(&part->rest);
            found.norm = parameter_list_grad_norm(&part->rest);
            loop_need(loop,
                      write_first_step(part, old_part, old_rest, lr, options->out, loop->error));
        }
        log_row(log, options->seed, (double)loop->step, loss[OWNS_ALL], loss[OWNS_PART],
                loss[REST_FROZEN], loss[TWO_OPTIMIZERS], parameter_list_grad_norm(&part->rest));
        loop_show(loop, loss[OWNS_PART], lr);
    } // trainer_next clears the tape: here the step's tensors die

    if (loop->good && loop->step > 0)
        look_back(&found, settings, old_rest, loop, results);
    free(old_part);
    free(old_rest);
    return trainer_end(&trainer);
}

// --- claims --------------------------------------------------------------------------------------

static double most(const Results *results, const char *name) { // of all seeds
    return results_of(results, name).most;
}

static void check(Claims *claims, const Results *results) {
    const double with_gradient = results_of(results, "with_gradient").least;
    const double norm = results_of(results, "norm").least, unowned = most(results, "unowned");
    const double moved = most(results, "moved"), counts = most(results, "counts_differ");
    const double frozen_gradients = most(results, "frozen_gradients");
    const double paths = most(results, "losses_differ") + most(results, "weights_differ");
    const double two_differ = most(results, "two_differ");
    const Cost all = setting_cost(OWNS_ALL, own), frozen = setting_cost(REST_FROZEN, own);
    claims_check(claims, moved == 0, "what the optimizer doesn't own keeps its bits",
                 "%g of %g numbers changed in %d steps", moved, most(results, "numbers"), steps);
    claims_check(claims, with_gradient == unowned && norm > 0,
                 "its gradients are computed all the same", "%g of %g parameters, norm %.4g",
                 with_gradient, unowned, norm);
    claims_check(claims, frozen_gradients == 0, "frozen, it gets none", "%g of %g got one",
                 frozen_gradients, unowned);
    claims_check(
        claims, counts == 0, "backward falls by exactly what was frozen, forward by nothing",
        "backward %" PRIu64 " − %" PRIu64 " = %" PRIu64 ", forward %" PRIu64
        " multiply-adds an image; the tape differs in %g counts",
        all.backward, all.backward - frozen.backward, frozen.backward, all.forward, counts);
    claims_check(claims, paths == 0, "freezing what isn't owned changes no bit of the training",
                 "%g losses or weights differ", paths);
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
        .data = "fashion",
        .run = run_once,
        .figures = {"cost.gp"},
        .article = {"Optim-1.gp", "Update-1.gp"},
        .claims = check,
    };
    return lesson_main(&lesson, argc, argv);
}
