// Lesson 01 — the training loop
//
// Question   What happens in one step of training, and what does each part of it cost?
// Concepts   forward, loss, backward, step; batch and epoch; the gradient, checked against a slope
// Run        make lesson-01
//            with other knobs: make lesson-01 ARGS="--lr 0.5"
// Time       about 15 seconds
// See        out/lesson-01/loss.png    the loss of every step, the accuracy after every epoch
//            out/figures/OptimizerOverview/Network-1.png    the parts of a step, and their work
//
// plain.c beside this file is the same training in one page, with nothing around it: read it first.

#include <math.h>
#include <stdio.h>

#include "files/table.h"          // CSV, for a figure
#include "instruments/evaluate.h" // the loss of a batch, without a step
#include "instruments/slope.h"    // is the gradient right? its length beside the measured slope
#include "nn/layers.h"            // Module: linear_new, relu_new …
#include "nn/loss.h"              // cross_entropy
#include "optim/optimizer.h"      // sgd, optimizer_step
#include "run/lesson.h"           // options, --seeds, figures, claims: what surrounds a run
#include "run/trainer.h"          // data, epochs, tests, logs, checkpoints: what surrounds a step

// --- the knobs -----------------------------------------------------------------------------------

static double lr = 0.05, momentum = 0;
static int batch_size = 64, hidden = 256, epochs = 10;

static const Option knobs[] = {
    option_number("lr", &lr, "learning rate: the length of a step", .above = 0),
    option_number("momentum", &momentum, "how much of the last step goes on", .min = 0, .below = 1),
    option_integer("batch-size", &batch_size, "images a step", .min = 1, .max = 6000),
    option_integer("hidden", &hidden, "width of the hidden layer", .min = 1, .max = 10000),
    option_integer("epochs", &epochs, "passes over the training images", .min = 1, .max = 1000,
                   .may_change = true),
};

// --- the model: 784 pixels → hidden → 10 garments ------------------------------------------------

static Module *network_new(Random *random) {
    Module *network = sequential_new(flatten_new(), linear_new(28 * 28, hidden), relu_new(),
                                     linear_new(hidden, 10));
    module_initialise(network, random);
    return network;
}

// --- the parts of a step, and how long they take -------------------------------------------------

enum { FORWARD, LOSS, BACKWARD, STEP, PHASES };
static const char *const phase_names[PHASES] = {"forward", "loss", "backward", "step"};

typedef struct Watch {
    double mark, seconds[PHASES]; // of all steps
    long steps;
} Watch;

static void lap(Watch *watch, int phase) {
    const double now = clock_seconds();
    watch->seconds[phase] += now - watch->mark;
    watch->mark = now;
}

// --- the loop: this is the lesson ----------------------------------------------------------------

static void train(Trainer *trainer, Module *network, Optimizer *optimizer, Watch *watch,
                  long *looked_at, long *lowered) {
    for (Batch batch; trainer_next(trainer, &batch);) {
        watch->mark = clock_seconds();
        Tensor *logits = module_forward(network, batch.images); // 1 what does the network say?
        lap(watch, FORWARD);
        Tensor *loss = cross_entropy(logits, batch.labels); // 2 how wrong is it? one number
        lap(watch, LOSS);
        optimizer_zero_grad(optimizer);
        backward(loss); // 3 d loss / d weight, for every weight
        lap(watch, BACKWARD);
        optimizer_step(optimizer); // 4 weight ← weight − lr · gradient
        lap(watch, STEP);
        watch->steps++;

        double after = NAN;
        if (trainer->loop.step % 100 == 1) { // now and then: did the step lower its batch's loss?
            after = batch_loss(network, batch);
            ++*looked_at;
            *lowered += after < tensor_item(loss);
        }
        trainer_log(trainer, loss, after);
        scheduler_step(trainer->scheduler); // what --schedule asks for: lesson 15
    } // trainer_next clears the tape: all tensors of the step die here
}

// --- afterwards: the gradient of one batch, checked, and what the figure needs --------------------

// The operations as the tape recorded them, the first one first, with the parameters that they read.
static void write_operations(Table *table, const Node *node) {
    if (node->before)
        write_operations(table, node->before);
    char parameters[256] = "-";
    for (int i = 0, end = 0; i < NODE_MAX_INPUTS; i++)
        if (node->inputs[i] && node->inputs[i]->parameter)
            end += snprintf(parameters + end, sizeof parameters - (size_t)end, "%s%s %s",
                            end ? "|" : "", node->inputs[i]->parameter->name,
                            shape_label(node->inputs[i]->shape).text);
    table_row(table, "%s,%s,%s", node->operation, shape_label(node->output->shape).text,
              parameters);
}

// Network-1: the work of a step's parts (multiply-adds, and numbers that the optimizer moves), the
// optimizer's knobs, the operations.
static bool write_network(const Optimizer *optimizer, Batch batch, const Tensor *loss,
                          const char *folder, Error *error) {
    const Tape *tape = loss->tape;
    Table *table = table_open(folder, "network.csv", "name,value,more");
    table_row(table, "forward,%llu,-", (unsigned long long)tape->forward.multiply_adds);
    table_row(table, "loss,0,-");
    table_row(table, "backward,%llu,-", (unsigned long long)tape->backward.multiply_adds);
    table_row(table, "step,%zu,-", parameter_list_size(&optimizer->groups[0].parameters));
    table_row(table, "%s,lr %g,momentum %g", optimizer->algorithm->name, lr, momentum);
    table_row(table, "images,%s,-", shape_label(batch.images->shape).text);
    write_operations(table, loss->node);
    return table_close(table, error);
}

static void look_back(Trainer *trainer, Results *results) {
    Batches *batches = batches_new(&trainer->data.train, .size = batch_size, .shuffle = false);
    Tape *tape = trainer->loop.tape;
    Batch batch;
    batches_next(batches, tape, &batch);
    tape_reset_counts(tape);
    Tensor *loss = cross_entropy(module_forward(trainer->network, batch.images), batch.labels);
    optimizer_zero_grad(trainer->optimizer);
    backward(loss);
    loop_need(&trainer->loop, write_network(trainer->optimizer, batch, loss,
                                            trainer->loop.options->out, trainer->loop.error));
    result_add(results, "gradient_error",
               gradient_error(trainer->network, module_parameters(trainer->network), batch));
    batches_free(batches);
}

// --- one run -------------------------------------------------------------------------------------

static bool run_once(const LessonOptions *options, Results *results, Error *error) {
    Trainer trainer;
    if (!trainer_init(&trainer, options, error))
        return false;
    Random random = random_from_seed((uint64_t)options->seed);
    Module *network = trainer_network(&trainer, network_new(&random));
    Optimizer *optimizer = trainer_optimizer(
        &trainer, sgd(module_parameters(network), .lr = lr, .momentum = momentum));
    trainer_batches(&trainer, .size = batch_size, .seed = random_bits(&random));
    trainer.epochs = epochs;
    trainer.columns = "step,epoch,loss,after";
    Watch watch = {0};
    long looked_at = 0, lowered = 0; // steps; those that lowered the loss of their batch
    loop_integer(&trainer.loop, "looked_at", &looked_at);
    loop_integer(&trainer.loop, "lowered", &lowered);

    train(&trainer, network, optimizer, &watch, &looked_at, &lowered);
    if (trainer.loop.good && trainer.loop.step > 0) {
        result_add(results, "accuracy", trainer.test.accuracy);
        result_add(results, "lowered", (double)lowered / (double)looked_at);
        look_back(&trainer, results);
    }
    for (int phase = 0; watch.steps && phase < PHASES; phase++)
        fprintf(stderr, "%s%s %.0f µs%s", phase ? ", " : "a step: ", phase_names[phase],
                1e6 * watch.seconds[phase] / (double)watch.steps, phase == STEP ? "\n" : "");
    return trainer_end(&trainer);
}

static void check(Claims *claims, const Results *results) {
    const double off = results_of(results, "gradient_error").most;
    const double lowered = results_of(results, "lowered").least;
    const double accuracy = results_of(results, "accuracy").least;
    const double tolerance = sizeof(real) == sizeof(double) ? 1e-6 : 1e-2;
    claims_check(claims, off < tolerance, "backward's gradient is the measured slope of the loss",
                 "relative difference %.1e, at most %.0e in " REAL_NAME, off, tolerance);
    claims_check_seeds(claims, lowered >= 0.95,
                       "a step lowers the loss of its own batch, 95 times in 100",
                       "at least %.1f %%", 100 * lowered);
    claims_check_seeds(claims, accuracy >= 0.87, "the network names 87 of 100 unseen garments",
                       "at least %.2f %%", 100 * accuracy);
}

int main(int argc, char **argv) {
    const Lesson lesson = {
        .name = "lesson-01",
        .folder = "lessons/01-training-loop",
        .knobs = knobs,
        .knob_count = OPTION_COUNT(knobs),
        .quick = {{&epochs, 2}},
        .data = "fashion",
        .run = run_once,
        .figures = {"loss.gp"},
        .article = {"Network-1.gp"},
        .seeds = {"seeds.gp"},
        .claims = check,
    };
    return lesson_main(&lesson, argc, argv);
}
