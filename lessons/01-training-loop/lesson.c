// Lesson 01 — the training loop
//
// Question   What happens in one step of training, and what does each part of it cost?
// Concepts   forward, loss, backward, step; batch and epoch; the gradient, checked against a slope
// Run        make lesson-01
//            with other knobs: make lesson-01 ARGS="--lr 0.5"
// Time       about 10 seconds
// See        out/lesson-01/loss.png    the loss of every step, the accuracy after every epoch
//            out/figures/OptimizerOverview/Network-1.png    the parts of a step, and their time

#include <math.h>
#include <stdlib.h>

#include "base/threads.h"    // threads that sleep while they wait
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
// Steps between two looks at whether a step lowered the loss of its batch.
enum { LOOK_EVERY = 100 };

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
    long step;               // steps done
    long looked_at, lowered; // steps looked at; those that lowered the loss of their batch
    double seconds[PHASES];  // spent in each part,
    long timed_steps;        // over so many steps
    double gradient_error, test_accuracy;
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
        progress_step(&progress, run->step, loss, optimizer_get(run->optimizer, 0, "lr"));
        if (run->step % per_epoch == 0) {
            Evaluation test = evaluate(run->network, run->tape, &run->test);
            log_row(run->epochs, (double)run->step, (double)(run->step / per_epoch), test.loss,
                    test.accuracy);
            if (!checkpoint_save(run->checkpoint, run->checkpoint_path, error))
                return false;
        }
    }
    Evaluation test = evaluate(run->network, run->tape, &run->test);
    run->test_accuracy = test.accuracy;
    if (run->step % per_epoch) // stopped within an epoch
        log_row(run->epochs, (double)run->step, (double)run->step / (double)per_epoch, test.loss,
                test.accuracy);
    progress_finish(&progress, "%s, test accuracy %.4f",
                    interrupt_signal() ? "stopped (--resume goes on)" : "trained", test.accuracy);
    return checkpoint_save(run->checkpoint, run->checkpoint_path, error);
}

// --- is the gradient right? ----------------------------------------------------------------------

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
static double gradient_error(Run *run, Batch batch, Tensor *loss) {
    const double h = sizeof(real) == sizeof(double) ? 1e-6 : 3e-4; // floats feel no smaller move
    ParameterList parameters = module_parameters(run->network);
    optimizer_zero_grad(run->optimizer);
    backward(loss);
    double length = parameter_list_grad_norm(&parameters);
    move_weights(parameters, h, length);
    double further = batch_loss(run, batch);
    move_weights(parameters, -2 * h, length);
    double before = batch_loss(run, batch);
    return fabs((further - before) / (2 * h) - length) / length;
}

// --- before and after ----------------------------------------------------------------------------

// The knobs of the run that goes on are those of the checkpoint; others on the command line would be ignored.
static bool resume(Run *run, Error *error) {
    if (!checkpoint_load(run->checkpoint, run->checkpoint_path, error))
        return false;
    double saved_lr = optimizer_get(run->optimizer, 0, "lr");
    double saved_momentum = optimizer_get(run->optimizer, 0, "momentum");
    if (saved_lr != lr || saved_momentum != momentum)
        return error_set(error, "%s is of a run with --lr %g --momentum %g: go on with these",
                         run->checkpoint_path, saved_lr, saved_momentum);
    return true;
}

static bool run_start(Run *run, Error *error) {
    if (!dataset_load(&run->whole_train, &run->whole_test, "fashion", error))
        return false;
    run->train = dataset_slice(&run->whole_train, 0, held_out ? 55000 : 60000);
    run->test = held_out ? dataset_slice(&run->whole_train, 55000, 5000)
                         : dataset_slice(&run->whole_test, 0, 10000);
    if (run->lesson->quick) {
        run->train = dataset_slice(&run->train, 0, 6000);
        run->test = dataset_slice(&run->test, 0, 2000);
        epochs = 2;
    }
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
    if (run->lesson->resume && !resume(run, error))
        return false;

    const long epochs_done = run->step / batches_count(run->batches);
    double resumed = run->lesson->resume ? (double)run->step : LOG_NEW;
    double resumed_epoch = // without the row of the epoch in which the run was stopped
        run->lesson->resume ? (double)(epochs_done * batches_count(run->batches)) : LOG_NEW;
    char *steps = path_format("%s/steps.csv", run->lesson->out);
    char *per_epoch = path_format("%s/epochs.csv", run->lesson->out);
    run->steps = log_open(steps, "step,epoch,loss,after", resumed, error);
    run->epochs =
        run->steps ? log_open(per_epoch, "step,epoch,loss,accuracy", resumed_epoch, error) : NULL;
    free(steps);
    free(per_epoch);
    return run->epochs != NULL;
}

static bool run_end(Run *run, Error *error) {
    bool steps_whole = !run->steps || log_close(run->steps, error);
    bool epochs_whole = !run->epochs || log_close(run->epochs, error);
    checkpoint_free(run->checkpoint);
    free(run->checkpoint_path);
    batches_free(run->batches);
    optimizer_free(run->optimizer);
    module_free(run->network);
    tape_free(run->tape);
    dataset_free(&run->whole_train);
    dataset_free(&run->whole_test);
    return steps_whole && epochs_whole;
}

typedef struct Result {
    double accuracy;       // share of the test images that are named rightly
    double lowered;        // share of the steps that lowered the loss of their batch
    double gradient_error; // relative difference of the gradient and the measured slope
} Result;

// --- figures and claims --------------------------------------------------------------------------

// What Network-1 shows: the parts' times, the optimizer's knobs, the operations as the tape
// recorded them.
static void write_operations(FILE *file, const Node *node) {
    if (node->before)
        write_operations(file, node->before);
    fprintf(file, "%s,%s,", node->operation, shape_label(node->output->shape).text);
    bool any = false;
    for (int i = 0; i < NODE_MAX_INPUTS; i++) {
        const Parameter *parameter = node->inputs[i] ? node->inputs[i]->parameter : NULL;
        if (parameter)
            fprintf(file, "%s%s %s", any ? "|" : "", parameter->name,
                    shape_label(parameter->tensor.shape).text);
        any = any || parameter;
    }
    fputs(any ? "\n" : "-\n", file);
}

static bool write_network(Run *run, Batch batch, const Tensor *loss, Error *error) {
    char *path = path_format("%s/network.csv", run->lesson->out);
    OutputFile file;
    bool opened = output_open(&file, path, error);
    free(path);
    if (!opened)
        return false;
    fprintf(file.stream, "name,value,more\n");
    for (int phase = 0; phase < PHASES; phase++)
        fprintf(file.stream, "%s,%.9g,-\n", phase_names[phase],
                run->seconds[phase] / (double)run->timed_steps);
    fprintf(file.stream, "%s,lr %g,momentum %g\n", run->optimizer->algorithm->name,
            optimizer_get(run->optimizer, 0, "lr"), optimizer_get(run->optimizer, 0, "momentum"));
    fprintf(file.stream, "images,%s,-\n", shape_label(batch.images->shape).text);
    write_operations(file.stream, loss->node);
    return output_commit(&file, error);
}

// After training: the gradient of one batch, checked, and what Network-1 needs.
static bool look_back(Run *run, Error *error) {
    Batches *batches = batches_new(&run->train, .size = batch_size, .shuffle = false);
    Batch batch;
    batches_next(batches, run->tape, &batch);
    Tensor *loss = cross_entropy(module_forward(run->network, batch.images), batch.labels);
    // A resumed run that was finished already has no times of its own: what was written stands.
    bool written = run->timed_steps == 0 || write_network(run, batch, loss, error);
    run->gradient_error = gradient_error(run, batch, loss);
    batches_free(batches);
    return written;
}

#define FOLDER "lessons/01-training-loop/"

static bool draw(const LessonOptions *lesson, Error *error) {
    if (lesson->seeds > 1)
        return figure_draw(FOLDER "seeds.gp", lesson->out, lesson->out, error);
    return figure_draw(FOLDER "loss.gp", lesson->out, lesson->out, error) &&
           figure_draw(FOLDER "Network-1.gp", lesson->out, lesson->article, error);
}

// What a run without --seeds does, and each child of --seeds.
static bool run_once(const LessonOptions *lesson, Result *result, Error *error) {
    Run run = {.lesson = lesson};
    bool done = run_start(&run, error) && train(&run, error);
    if (done && run.step > 0 && (done = look_back(&run, error)))
        *result = (Result){.accuracy = run.test_accuracy,
                           .lowered = (double)run.lowered / (double)run.looked_at,
                           .gradient_error = run.gradient_error};
    done = run_end(&run, error) && done;
    if (done && run.step > 0 && !lesson->child)
        done = draw(lesson, error);
    if (done && lesson->child && !interrupt_signal())
        done = experiment_write_result(
            lesson->out, "accuracy,lowered,gradient_error",
            (double[]){result->accuracy, result->lowered, result->gradient_error}, error);
    return done;
}

static bool run_seeds(const LessonOptions *lesson, Result *results, Error *error) {
    Experiment *experiment = experiment_new(lesson, "seeds");
    for (int i = 0; i < lesson->seeds; i++) {
        char name[32];
        snprintf(name, sizeof name, "seed-%d", lesson->seed + i);
        experiment_add(experiment, name, "--seed %d", lesson->seed + i);
    }
    bool done = experiment_run(experiment, error);
    for (int i = 0; done && i < lesson->seeds; i++)
        results[i] = (Result){.accuracy = experiment_result(experiment, i, "accuracy"),
                              .lowered = experiment_result(experiment, i, "lowered"),
                              .gradient_error = experiment_result(experiment, i, "gradient_error")};
    experiment_free(experiment);
    return done && draw(lesson, error);
}

static int check_claims(const LessonOptions *lesson, const Result *results) {
    double worst_error = 0, lowest_accuracy = 1, fewest_lowered = 1;
    for (int i = 0; i < lesson->seeds; i++) {
        if (!(results[i].gradient_error <= worst_error)) // so that a NaN counts as the worst
            worst_error = results[i].gradient_error;
        lowest_accuracy = fmin(lowest_accuracy, results[i].accuracy);
        fewest_lowered = fmin(fewest_lowered, results[i].lowered);
    }
    const double tolerance = sizeof(real) == sizeof(double) ? 1e-6 : 1e-2;
    Claims *claims = claims_new();
    claims_check(claims, worst_error < tolerance,
                 "backward's gradient is the measured slope of the loss",
                 "relative difference %.1e, at most %.0e in " REAL_NAME, worst_error, tolerance);
    const char *lowers = "a step lowers the loss of its own batch, 95 times in 100";
    if (claims_need_seeds(claims, lesson->seeds, lowers))
        claims_check(claims, fewest_lowered >= 0.95, lowers, "at least %.1f %% in each of %d runs",
                     100 * fewest_lowered, lesson->seeds);
    const char *learns = "the network names 87 of 100 unseen garments";
    if (claims_need_seeds(claims, lesson->seeds, learns))
        claims_check(claims, lowest_accuracy >= 0.87, learns, "at least %.2f %% in each of %d runs",
                     100 * lowest_accuracy, lesson->seeds);
    return claims_report(claims, lesson->out);
}

int main(int argc, char **argv) {
    threads_prepare(argv);
    LessonOptions lesson;
    int status;
    if (!lesson_options_parse(&lesson, "lesson-01", knobs, OPTION_COUNT(knobs), argc, argv,
                              &status))
        return status;
    interrupt_install();
    Error error;
    if (lesson.draw)
        return draw(&lesson, &error) ? 0 : error_report(&error);

    Result *results = memory_zeroed((size_t)lesson.seeds, sizeof *results);
    bool done =
        lesson.seeds > 1 ? run_seeds(&lesson, results, &error) : run_once(&lesson, results, &error);
    status = done ? 0 : error_report(&error);
    if (done && !lesson.child && !interrupt_signal())
        status = check_claims(&lesson, results);
    free(results);
    return interrupt_status(status);
}
