// Lesson 01 — the training loop
//
// Question   What happens in one step of training, and what does each part of it cost?
// Concepts   forward, loss, backward, step; batch and epoch; the gradient, checked against a slope
// Run        make lesson-01
//            with other knobs: make lesson-01 ARGS="--lr 0.5"
// Time       about 5 seconds
// See        out/lesson-01/loss.png    the loss of every step, the accuracy after every epoch
//            out/figures/OptimizerOverview/Network-1.png    the parts of a step, and their time

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "data/batches.h"    // Batches: the data set, a batch at a time
#include "nn/layers.h"       // Module: linear_new, relu_new …
#include "nn/loss.h"         // cross_entropy
#include "optim/optimizer.h" // sgd, optimizer_step
#include "run/checkpoint.h"  // a run that stops and goes on
#include "run/evaluate.h"    // accuracy on the test set
#include "run/file.h"        // paths
#include "run/interrupt.h"   // Ctrl-C
#include "run/lesson.h"      // options, --seeds, figures, claims: what surrounds a run
#include "run/progress.h"    // the line that says where it is
#include "run/table.h"       // CSV: logs row by row, tables for figures
#include "slope.h"           // is the gradient right? its length beside the measured slope

// --- the knobs -----------------------------------------------------------------------------------

static double lr = 0.05, momentum = 0;
static int batch_size = 64, hidden = 256, epochs = 10;
static bool held_out = false;

static const Option knobs[] = {
    option_number("lr", &lr, "learning rate: the length of a step", .above = 0),
    option_number("momentum", &momentum, "how much of the last step goes on", .min = 0, .below = 1),
    option_integer("batch-size", &batch_size, "images a step", .min = 1, .max = 6000),
    option_integer("hidden", &hidden, "width of the hidden layer", .min = 1, .max = 10000),
    option_integer("epochs", &epochs, "passes over the training images", .min = 1, .max = 1000),
    option_flag("held-out", &held_out,
                "train on 55,000 images and test on the other 5,000: to choose knobs"),
};

// --- the model: 784 pixels → hidden → 10 garments ------------------------------------------------

static Module *network_new(Random *random) {
    Module *network = sequential_new(flatten_new(), linear_new(28 * 28, hidden), relu_new(),
                                     linear_new(hidden, 10));
    module_initialise(network, random);
    return network;
}

enum { FORWARD, LOSS, BACKWARD, STEP, PHASES };
static const char *const phase_names[PHASES] = {"forward", "loss", "backward", "step"};

typedef struct Run {
    LessonData data;
    Module *network;
    Optimizer *optimizer;
    Batches *batches;
    Tape *tape;
    char *checkpoint_path;
    Log *steps, *epochs;
    long step;               // steps done
    long looked_at, lowered; // steps looked at; those that lowered the loss of their batch
    double seconds[PHASES];  // spent in each part,
    long timed_steps;        // over so many steps
    Evaluation test;         // of the network as it is
} Run;

// --- the loop: this is the lesson ----------------------------------------------------------------

static Tensor *train_step(Run *run, Batch batch) {
    double clock[PHASES + 1];

    clock[FORWARD] = clock_seconds();
    Tensor *logits = module_forward(run->network, batch.images); // 1 what does the network say?
    clock[LOSS] = clock_seconds();
    Tensor *loss = cross_entropy(logits, batch.labels); // 2 how wrong is it? one number
    clock[BACKWARD] = clock_seconds();
    optimizer_zero_grad(run->optimizer);
    backward(loss); // 3 d loss / d weight, for every weight
    clock[STEP] = clock_seconds();
    optimizer_step(run->optimizer); // 4 weight ← weight − lr · gradient
    clock[PHASES] = clock_seconds();

    for (int phase = 0; phase < PHASES; phase++)
        run->seconds[phase] += clock[phase + 1] - clock[phase];
    run->timed_steps++;
    return loss;
}

// All that the next step depends on, to be saved and loaded.
static void run_state(Checkpoint *checkpoint, void *object) {
    Run *run = object;
    checkpoint_module(checkpoint, "model", run->network);
    checkpoint_optimizer(checkpoint, "optimizer", run->optimizer);
    checkpoint_batches(checkpoint, "batches", run->batches);
    const long total = epochs * batches_count(run->batches);
    checkpoint_integer(checkpoint, "step", &run->step, 0, total);
    checkpoint_integer(checkpoint, "looked_at", &run->looked_at, 0, total);
    checkpoint_integer(checkpoint, "lowered", &run->lowered, 0, total);
}

// The network is tested and saved; as often as that comes at the same step, it is the same.
static bool epoch_end(Run *run, Error *error) {
    run->test = evaluate(run->network, run->tape, &run->data.test);
    if (run->step > 0)
        log_row(run->epochs, (double)run->step,
                (double)run->step / (double)batches_count(run->batches), run->test.loss,
                run->test.accuracy);
    return checkpoint_save(run->checkpoint_path, run_state, run, error);
}

static bool train(Run *run, Error *error) {
    const long per_epoch = batches_count(run->batches), total = epochs * per_epoch;
    Progress progress;
    progress_start(&progress, "lesson-01", run->step, total, per_epoch);
    bool good = run->step % per_epoch || epoch_end(run, error);
    for (Batch batch; good && run->step < total && !interrupt_signal();) {
        if (!batches_next(run->batches, run->tape, &batch))
            continue; // the end of an epoch: the next call begins another, in a new order
        double loss = tensor_item(train_step(run, batch)), after = NAN;
        if (run->step % 100 == 0) { // now and then: did the step lower the loss of its batch?
            after = batch_loss(run->network, batch);
            run->looked_at++;
            run->lowered += after < loss;
        }
        tape_clear(run->tape); // all tensors of this step die here
        run->step++;
        log_row(run->steps, (double)run->step, (double)run->step / (double)per_epoch, loss, after);
        progress_step(&progress, run->step, loss, lr);
        if (run->step % per_epoch == 0)
            good = epoch_end(run, error);
    }
    if (good && run->step % per_epoch) // stopped within an epoch
        good = epoch_end(run, error);
    progress_finish(&progress, "%s, test accuracy %.4f",
                    interrupt_signal() ? "stopped (--resume goes on)" : "trained",
                    run->test.accuracy);
    return good;
}

// --- before and after ----------------------------------------------------------------------------

static bool resume(Run *run, Error *error) {
    if (!checkpoint_load(run->checkpoint_path, run_state, run, error))
        return false;
    const double saved_lr = optimizer_get(run->optimizer, 0, "lr");
    const double saved_momentum = optimizer_get(run->optimizer, 0, "momentum");
    return (saved_lr == lr && saved_momentum == momentum) ||
           error_set(error, "%s is of a run with --lr %g --momentum %g: go on with these",
                     run->checkpoint_path, saved_lr, saved_momentum);
}

static bool run_start(Run *run, const LessonOptions *options, Error *error) {
    if (!lesson_data_load(&run->data, options, "fashion", held_out, error))
        return false;
    Random random = random_from_seed((uint64_t)options->seed);
    run->tape = tape_new();
    run->network = network_new(&random);
    run->optimizer = sgd(module_parameters(run->network), .lr = lr, .momentum = momentum);
    run->batches = batches_new(&run->data.train, .size = batch_size, .seed = random_bits(&random));
    run->checkpoint_path = path_format("%s/checkpoint.safetensors", options->out);
    if (options->resume && !resume(run, error))
        return false;
    const double resumed = options->resume ? (double)run->step : LOG_NEW; // epoch_end repeats a row
    return (run->steps =
                log_open(options->out, "steps.csv", "step,epoch,loss,after", resumed, error)) &&
           (run->epochs = log_open(options->out, "epochs.csv", "step,epoch,loss,accuracy",
                                   resumed - 1, error));
}

static bool run_end(Run *run, Error *error) {
    const bool whole = table_close(run->steps, error);
    const bool both = table_close(run->epochs, error) && whole;
    free(run->checkpoint_path);
    batches_free(run->batches);
    optimizer_free(run->optimizer);
    module_free(run->network);
    tape_free(run->tape);
    lesson_data_free(&run->data);
    return both;
}

// Network-1 shows the parts' times, the optimizer's knobs, the operations as the tape recorded them.
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

static bool write_network(const Run *run, Batch batch, const Tensor *loss, const char *folder,
                          Error *error) {
    Table *table = table_open(folder, "network.csv", "name,value,more");
    for (int phase = 0; phase < PHASES; phase++)
        table_row(table, "%s,%.9g,-", phase_names[phase],
                  run->seconds[phase] / (double)run->timed_steps);
    table_row(table, "%s,lr %g,momentum %g", run->optimizer->algorithm->name, lr, momentum);
    table_row(table, "images,%s,-", shape_label(batch.images->shape).text);
    write_operations(table, loss->node);
    return table_close(table, error);
}

// After training: the gradient of one batch, checked, and what Network-1 needs.
static bool look_back(Run *run, const LessonOptions *options, Results *results, Error *error) {
    Batches *batches = batches_new(&run->data.train, .size = batch_size, .shuffle = false);
    Batch batch;
    batches_next(batches, run->tape, &batch);
    Tensor *loss = cross_entropy(module_forward(run->network, batch.images), batch.labels);
    // A resumed run that was finished already has no times of its own: what was written stands.
    const bool written =
        run->timed_steps == 0 || write_network(run, batch, loss, options->out, error);
    optimizer_zero_grad(run->optimizer);
    backward(loss);
    result_add(results, "accuracy", run->test.accuracy);
    result_add(results, "lowered", (double)run->lowered / (double)run->looked_at);
    result_add(results, "gradient_error", gradient_error(run->network, batch));
    batches_free(batches);
    return written;
}

static bool run_once(const LessonOptions *options, Results *results, Error *error) {
    Run run = {0};
    const bool done = run_start(&run, options, error) && train(&run, error) &&
                      (run.step == 0 || look_back(&run, options, results, error));
    Error lost; // the first error is the one to report
    return run_end(&run, done ? error : &lost) && done;
}

static void check(Claims *claims, const LessonOptions *options, const Results *results) {
    const double off = results_of(results, 0, "gradient_error").most;
    const double lowered = results_of(results, 0, "lowered").least;
    const double accuracy = results_of(results, 0, "accuracy").least;
    const double tolerance = sizeof(real) == sizeof(double) ? 1e-6 : 1e-2;
    claims_check(claims, off < tolerance, "backward's gradient is the measured slope of the loss",
                 "relative difference %.1e, at most %.0e in " REAL_NAME, off, tolerance);
    claims_check_seeds(claims, options->seeds, lowered >= 0.95,
                       "a step lowers the loss of its own batch, 95 times in 100",
                       "at least %.1f %% in each of %d runs", 100 * lowered, options->seeds);
    claims_check_seeds(claims, options->seeds, accuracy >= 0.87,
                       "the network names 87 of 100 unseen garments",
                       "at least %.2f %% in each of %d runs", 100 * accuracy, options->seeds);
}

int main(int argc, char **argv) {
    const Lesson lesson = {
        .name = "lesson-01",
        .folder = "lessons/01-training-loop",
        .knobs = knobs,
        .knob_count = OPTION_COUNT(knobs),
        .quick = {{&epochs, 2}},
        .run = run_once,
        .figures = {"loss.gp"},
        .article = {"Network-1.gp"},
        .seeds = {"seeds.gp"},
        .claims = check,
    };
    return lesson_main(&lesson, argc, argv);
}
