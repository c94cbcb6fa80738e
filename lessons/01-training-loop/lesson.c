// Lesson 01 — the training loop
//
// Question   What happens in one step of training, and what does each part of it cost?
// Concepts   forward, loss, backward, step; batch and epoch; the gradient, checked against a
// measured slope Run        make lesson-01                     with other knobs: make lesson-01
// ARGS="--lr 0.01" Time       about 10 seconds See        out/lesson-01/loss.png             the
// loss, step by step, and what the network can do after each epoch
//            out/figures/OptimizerOverview/Network-1.png   the four parts of a step and their share
//            of the time

#include <math.h>
#include <stdlib.h>

#include "data/batches.h"    // Batches: the data set, a batch at a time
#include "nn/layers.h"       // Module: linear_new, relu_new …
#include "nn/loss.h"         // cross_entropy
#include "optim/optimizer.h" // sgd, optimizer_step
#include "run/checkpoint.h"  // a run that stops and goes on
#include "run/claims.h"      // PASS, FAIL, SKIP
#include "run/evaluate.h"    // accuracy on the test set
#include "run/experiment.h"  // --seeds: runs side by side
#include "run/figure.h"      // gnuplot
#include "run/file.h"        // output files
#include "run/interrupt.h"   // Ctrl-C
#include "run/log.h"         // CSV
#include "run/options.h"     // --lr and the others
#include "run/progress.h"    // the line that says where it is
#include "run/statistics.h"  // mean, standard error

// --- the knobs
// -------------------------------------------------------------------------------------

static double lr = 0.05, momentum = 0.9;
static int batch_size = 64, hidden = 256, epochs = 8;

static const Option knobs[] = {
    option_number("lr", &lr, "learning rate: the length of a step", .above = 0),
    option_number("momentum", &momentum, "how much of the last step goes on", .min = 0, .below = 1),
    option_integer("batch-size", &batch_size, "images a step", .min = 1, .max = 6000),
    option_integer("hidden", &hidden, "width of the hidden layer", .min = 1, .max = 10000),
    option_integer("epochs", &epochs, "passes over the training images", .min = 1, .max = 1000),
};

// --- the model: 784 pixels → hidden → 10 garments
// --------------------------------------------------

static Module *network_new(Random *random) {
    Module *network = sequential_new(flatten_new(), linear_new(28 * 28, hidden), relu_new(),
                                     linear_new(hidden, 10));
    module_initialise(network, random);
    return network;
}

enum { FORWARD, LOSS, BACKWARD, STEP, PHASES };
static const char *const phase_names[PHASES] = {"forward", "loss", "backward", "step"};
enum { LOOK_EVERY = 50 }; // steps between two looks at whether a step lowered the loss of its batch

typedef struct Run {
    const LessonOptions *lesson;
    Dataset whole_train, whole_test, train, test;
    Module *network;
    Optimizer *optimizer;
    Batches *batches;
    Tape *tape;
    Checkpoint *checkpoint;
    char *checkpoint_path;
    Log *steps, *epochs;
    long step; // steps done
    long looked_at,
        lowered;            // steps that were looked at; those that lowered the loss of their batch
    double seconds[PHASES]; // spent in each part
    double gradient_error, test_accuracy;
} Run;

// --- the loop: this is the lesson
// ------------------------------------------------------------------

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
    optimizer_step(run->optimizer); // 4 weight ← weight − lr · velocity
    clock[PHASES] = clock_seconds();

    for (int phase = 0; phase < PHASES; phase++)
        run->seconds[phase] += clock[phase + 1] - clock[phase];
    return loss;
}

// The loss of a batch with the weights as they are now; nothing is recorded, nothing changes.
static double batch_loss(Run *run, Batch batch) {
    tape_set_recording(run->tape, false);
    Tensor *loss = cross_entropy(module_forward(run->network, batch.images), batch.labels);
    tape_set_recording(run->tape, true);
    return tensor_item(loss);
}

static bool train(Run *run, Error *error) {
    const long per_epoch = batches_count(run->batches), total = epochs * per_epoch;
    Progress progress;
    progress_start(&progress, run->lesson->name, run->step, total, per_epoch);
    Batch batch;
    while (run->step < total && !interrupt_signal()) {
        if (!batches_next(run->batches, run->tape, &batch))
            continue; // the end of an epoch: the next call begins another, in a new order
        double loss = tensor_item(train_step(run, batch)), after = NAN;
        if (run->step % LOOK_EVERY == 0) {
            after = batch_loss(run, batch); // the same batch again, with the new weights
            run->looked_at++;
            run->lowered += after < loss;
        }
        tape_clear(run->tape); // all tensors of this step die here
        run->step++;
        log_row(run->steps, (double)run->step, (double)run->step / (double)per_epoch, loss, after);
        progress_step(&progress, run->step, loss, lr);
        if (run->step % per_epoch == 0) {
            Evaluation test = evaluate(run->network, run->tape, &run->test);
            log_row(run->epochs, (double)run->step, (double)(run->step / per_epoch), test.loss,
                    test.accuracy);
            if (!checkpoint_save(run->checkpoint, run->checkpoint_path, error))
                return false;
        }
    }
    run->test_accuracy = evaluate(run->network, run->tape, &run->test).accuracy;
    progress_finish(&progress, "%s, test accuracy %.4f",
                    interrupt_signal() ? "stopped (--resume goes on)" : "trained",
                    run->test_accuracy);
    return checkpoint_save(run->checkpoint, run->checkpoint_path, error);
}

// --- is the gradient right?
// ------------------------------------------------------------------------

static void move_weights(ParameterList parameters, double distance, double gradient_length) {
    for (int i = 0; i < parameters.count; i++) {
        Tensor *weight = &parameters.items[i]->tensor;
        for (size_t j = 0; j < weight->size; j++)
            weight->data[j] += (real)(distance * (double)weight->grad[j] / gradient_length);
        parameter_changed(parameters.items[i]);
    }
}

// The length of the gradient must be the slope of the loss along the gradient's own direction, and
// that slope can be measured: (loss a little further − loss a little before) / distance. Returns
// the relative difference of the two.
static double gradient_error(Run *run, Batch batch) {
    const double h = sizeof(real) == sizeof(double) ? 1e-5 : 5e-3; // floats feel no smaller move
    ParameterList parameters = module_parameters(run->network);
    backward(cross_entropy(module_forward(run->network, batch.images), batch.labels));
    double length = parameter_list_grad_norm(&parameters);
    move_weights(parameters, h, length);
    double further = batch_loss(run, batch);
    move_weights(parameters, -2 * h, length);
    double before = batch_loss(run, batch);
    optimizer_zero_grad(run->optimizer);
    return fabs((further - before) / (2 * h) - length) / length;
}

// --- before and after
// ------------------------------------------------------------------------------

static bool run_start(Run *run, Error *error) {
    if (!dataset_load(&run->whole_train, &run->whole_test, "fashion", error))
        return false;
    const bool quick = run->lesson->quick;
    run->train = dataset_slice(&run->whole_train, 0, quick ? 6000 : run->whole_train.count);
    run->test = dataset_slice(&run->whole_test, 0, quick ? 2000 : run->whole_test.count);
    Random random = random_from_seed((uint64_t)run->lesson->seed);
    run->tape = tape_new();
    run->network = network_new(&random);
    run->optimizer = sgd(module_parameters(run->network), .lr = lr, .momentum = momentum);
    run->batches = batches_new(&run->train, .size = batch_size, .seed = random_bits(&random));

    run->checkpoint = checkpoint_new(); // all that the next step depends on
    checkpoint_add_module(run->checkpoint, "model", run->network);
    checkpoint_add_optimizer(run->checkpoint, "optimizer", run->optimizer);
    checkpoint_add_batches(run->checkpoint, "batches", run->batches);
    checkpoint_add_integer(run->checkpoint, "step", &run->step);
    checkpoint_add_integer(run->checkpoint, "looked_at", &run->looked_at);
    checkpoint_add_integer(run->checkpoint, "lowered", &run->lowered);
    run->checkpoint_path = path_format("%s/checkpoint.safetensors", run->lesson->out);
    return !run->lesson->resume || checkpoint_load(run->checkpoint, run->checkpoint_path, error);
}
