// Lesson 16c — reduce on plateau
//
// Question   Can the training itself say when its rate should fall?
// Concepts   feedback in place of a schedule: the held-out loss, patience, a state that a checkpoint keeps
// Run        make lesson-16c
//            with less patience: make lesson-16c ARGS="--patience 1"
// Time       about 30 seconds
// See        out/lesson-16c/plateau.png    the held-out loss, how long it is waited for, and the rate
//            out/lesson-16c/falls.png      with --seeds: the first fall of each seed

#include <math.h>

#include "nn/loss.h"          // cross_entropy
#include "nn/networks.h"      // the model: LeNet
#include "optim/optimizer.h"  // sgd
#include "run/lesson.h"       // options, --seeds, figures, claims: what surrounds a run
#include "run/trainer.h"      // data, epochs, logs, checkpoints: what surrounds a step
#include "schedule/plateau.h" // this lesson

// --- the knobs -----------------------------------------------------------------------------------

static int epochs = 8, look = 108, patience = 3;
static double lr = 0.1, factor = 0.1;

static const Option knobs[] = {
    option_number("lr", &lr, "the rate in the beginning", .above = 0),
    option_number("factor", &factor, "by which it falls", .min = 0, .below = 1),
    option_integer("patience", &patience, "looks in a row that may be no better", .min = 0),
    option_integer("look", &look, "steps from one look at the held-out loss to the next", .min = 1),
    option_integer("epochs", &epochs, "passes over the training images", .min = 1,
                   .may_change = true),
};

// What a fall of the rate brings: the best held-out loss before the first, and the loss at the look
// behind it.
typedef struct Falls {
    long count;
    double best, next;
} Falls;

static void falls_see(Falls *falls, bool fell, double loss, double best) {
    if (falls->count == 1 && isnan(falls->next))
        falls->next = loss;
    if (fell && ++falls->count == 1)
        falls->best = best;
}

// --- one run -------------------------------------------------------------------------------------

// A twelfth of the training images is kept back to look at: to decide by the test images would spoil
// the test.
static Dataset hold_out(Dataset *train) {
    const int held = train->count / 12, left = train->count - held;
    const Dataset looked_at = dataset_slice(train, left, held);
    *train = dataset_slice(train, 0, left);
    return looked_at;
}

static bool run_once(const LessonOptions *options, Results *results, Error *error) {
    Trainer trainer;
    if (options->schedule)
        return error_set(error, "--schedule: here the held-out loss turns the rate; leave it out");
    if (!trainer_init(&trainer, options, error))
        return false;
    Random random = random_from_seed((uint64_t)options->seed);
    Module *network = trainer_network(&trainer, lenet_new());
    module_initialise(network, &random);
    Optimizer *optimizer =
        trainer_optimizer(&trainer, sgd(module_parameters(network), .lr = lr, .momentum = 0.9));
    Plateau plateau = plateau_on(optimizer, .factor = factor, .patience = patience);
    loop_plateau(&trainer.loop, "plateau", &plateau);
    const Dataset held_out = hold_out(&trainer.data.train);
    trainer_batches(&trainer, .size = 128);
    trainer.epochs = epochs;
    trainer.columns = NULL; // of the steps; this is of the looks:
    Log *log = loop_log(&trainer.loop, "looks.csv", "step,epoch,loss,best,waited,lr");
    Falls falls = {.best = NAN, .next = NAN};
    loop_integer(&trainer.loop, "falls", &falls.count);
    loop_number(&trainer.loop, "best before the first", &falls.best);
    loop_number(&trainer.loop, "next", &falls.next);

    for (Batch batch; trainer_next(&trainer, &batch);) {
        Tensor *loss = cross_entropy(module_forward(network, batch.images), batch.labels);
        optimizer_zero_grad(optimizer);
        backward(loss);
        optimizer_step(optimizer);
        trainer_log(&trainer, loss);
        if (trainer.loop.step % look == 0) {
            const double held_out_loss = evaluate(network, trainer.loop.tape, &held_out).loss;
            const double step = (double)trainer.loop.step, rate = optimizer_get(optimizer, 0, "lr");
            const bool fell = plateau_step(&plateau, held_out_loss); // in the place of a schedule
            falls_see(&falls, fell, held_out_loss, plateau.state.best);
            log_row(log, step, step / (double)trainer.loop.epoch_steps, held_out_loss,
                    plateau.state.best, fell ? patience + 1 : (double)plateau.state.bad_epochs,
                    rate);
        }
    } // trainer_next clears the tape: here the step's tensors die

    result_add(results, "accuracy", trainer.test.accuracy);
    result_add(results, "fell", falls.count > 0);
    result_add(results, "gain", 1 - falls.next / falls.best);
    return trainer_end_whole(&trainer, "plateau");
}

static void check(Claims *claims, const Results *results) {
    const Sample gain = results_of(results, "gain"); // NaN where the rate never fell
    double least = INFINITY, most = -INFINITY;
    int fell = 0;
    for (int i = 0; i < gain.count; i++) {
        fell += !isnan(gain.values[i]);
        least = fmin(least, gain.values[i]);
        most = fmax(most, gain.values[i]);
    }
    claims_check_seeds(claims, fell >= 3 && least > 0.05,
                       "where the loss stalls and the rate falls, the next look is the best so far "
                       "by a twentieth or more",
                       "it fell in %d of %d seeds; the loss is %.0f to %.0f %% lower", fell,
                       gain.count, 100 * least, 100 * most);
}

int main(int argc, char **argv) {
    const Lesson lesson = {
        .name = "lesson-16c",
        .folder = "lessons/16-schedules-at-work",
        .knobs = knobs,
        .knob_count = OPTION_COUNT(knobs),
        .quick = {{&epochs, 2}, {&look, 3}},
        .data = "fashion",
        .run = run_once,
        .figures = {"plateau.gp"},
        .seeds = {"falls.gp"},
        .claims = check,
    };
    return lesson_main(&lesson, argc, argv);
}
