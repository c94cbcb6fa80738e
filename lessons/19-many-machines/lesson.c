// Lesson 19 — the same loop on many machines
//
// Question   What must change, so that many processes, on one machine or on ten, train one network?
// Concepts   data-parallel training: a part of each batch a rank, one average of gradients a step (MPI);
//            batch norm, whose statistics are of a part or of the whole; what the average costs
// Run        make lesson-19                      as many ranks as there are processors
//            mpirun --oversubscribe -n 4 build/lesson-19    four of them; README.md tells of several machines
// Time       about 15 seconds
// See        out/lesson-19/equal.png    how far several ranks are from one process, step by step
//            out/lesson-19/cost.png     what a step costs, measured, and as a model beyond
//
// What a large batch needs: lesson-19b.

#include <stdio.h>

#include "base/threads.h"    // threads_standard
#include "nn/layers.h"       // batch_norm_synchronise
#include "nn/loss.h"         // cross_entropy
#include "nn/networks.h"     // the model: two convolutions
#include "optim/optimizer.h" // sgd
#include "ranks/launch.h"    // this lesson: starting several processes,
#include "ranks/ranks.h"     // and what they do together
#include "run/lesson.h"      // options, --seeds, figures, claims: what surrounds a run
#include "run/trainer.h"     // data, epochs, logs, checkpoints: what surrounds a step

#include "cost.h"  // what a step costs
#include "equal.h" // several ranks beside one process

// --- the knobs -----------------------------------------------------------------------------------

static int wanted = 0, batch_size = 120, epochs = 2, compared = 30;
static double lr = 0.05, momentum = 0.9;
static bool sync_bn = false;

static const Option knobs[] = {
    option_integer("ranks", &wanted,
                   "processes; 0: one a processor, as far as the batch can be shared", .min = 0,
                   .max = 512, .unsaved = true),
    option_integer("batch-size", &batch_size, "images a step, of all ranks together", .min = 1,
                   .max = 5500),
    option_flag("sync-bn", &sync_bn,
                "batch norm's statistics are of the whole batch, not of a part"),
    option_number("lr", &lr, "learning rate", .above = 0),
    option_number("momentum", &momentum, "of SGD", .min = 0, .below = 1),
    option_integer("compared", &compared, "steps whose losses are compared with one process's",
                   .min = 1, .max = EQUAL_STEPS_MAX, .unsaved = true),
    option_integer("epochs", &epochs, "passes over the training images", .min = 1,
                   .may_change = true),
};

static Ranks ranks; // this process is one of them
static char **arguments;

// --- one run, of all ranks together --------------------------------------------------------------

static bool train_together(const LessonOptions *options, Results *results, Error *error) {
    Trainer trainer;
    if (!trainer_init(&trainer, options, error))
        return false;
    Equal equal[EQUAL_KINDS];
    equal_measure(&ranks, &trainer.data.train, options, batch_size, compared, equal);

    Random random = random_from_seed((uint64_t)options->seed); // the same in all ranks
    Module *network = trainer_network(&trainer, conv_net_new(true));
    module_initialise(network, &random);
    if (sync_bn)
        batch_norm_synchronise(network, ranks_batch_parts(&ranks));
    const ParameterList parameters = module_parameters(network),
                        statistics = module_buffers(network);
    Optimizer *optimizer =
        trainer_optimizer(&trainer, sgd(parameters, .lr = lr, .momentum = momentum));
    trainer_batches(&trainer, .size = batch_size, .part = ranks.rank, .parts = ranks.count,
                    .drop_last = true);
    trainer.epochs = epochs;
    long apart = 0;
    loop_integer(&trainer.loop, "apart", &apart);

    for (Batch batch; trainer_next(&trainer, &batch);) { // a part of it: each rank has its own
        Tensor *loss = cross_entropy(module_forward(network, batch.images), batch.labels);
        optimizer_zero_grad(optimizer);
        backward(loss);
        ranks_average(&ranks, &parameters, loss); // the one line more
        optimizer_step(optimizer);
        apart += !ranks_agree(&ranks, &parameters); // only to claim it
        trainer_log(&trainer, loss);
        scheduler_step(trainer.scheduler);
    } // trainer_next clears the tape: here the step's tensors die
    if (trainer.loop.good && trainer.loop.step == trainer.loop.steps) {
        result_add(results, "accuracy", trainer.test.accuracy);
        result_add(results, "ranks", ranks.count);
        result_add(results, "apart", (double)apart);
        result_add(results, "statistics_agree", ranks_agree(&ranks, &statistics));
        for (int kind = 0; kind < EQUAL_KINDS; kind++)
            result_add(results, equal_names[kind], equal[kind].most);
        loop_need(&trainer.loop, equal_write(&ranks, options, equal, compared, trainer.loop.error));
        loop_need(&trainer.loop, cost_measure(&ranks, &trainer.data.train, options, batch_size,
                                              results, trainer.loop.error));
    }
    return trainer_end_whole(&trainer, "loss to compare");
}

static bool train(const LessonOptions *options, Results *results, Error *error) {
    const bool good = train_together(options, results, error);
    if (good)
        ranks_end(&ranks);
    else
        ranks_fail(&ranks);
    return good;
}

// --- claims --------------------------------------------------------------------------------------

static void check(Claims *claims, const Results *results) {
    const int count = (int)results_of(results, "ranks").mean;
    const double apart = results_of(results, "apart").most;
    const double plain = results_of(results, "plain").most, sync = results_of(results, "sync").most;
    const double own = results_of(results, "own").least;
    const double bound = sizeof(real) == sizeof(double) ? 1e-12 : 1e-5;
    if (count < 2) {
        puts("The claims are about several ranks: --ranks 2");
        return;
    }
    claims_check(claims, apart == 0, "after each step all ranks have the same weights, to the bit",
                 "%g steps after which they hadn't, of %d ranks", apart, count);
    claims_check(claims, plain < bound && sync < bound,
                 "so many ranks have the losses of one process with the whole batch",
                 "the worst of %d steps is off by %.1g, with batch norm over all ranks by %.1g",
                 equal_judged(compared), plain, sync);
    claims_check(claims, own > 10 * bound,
                 "but not where each rank's batch norm has statistics of its own",
                 "the worst step is off by %.1g", own);
}

// Where the program was started like any other, it starts the ranks, and they do all the rest.
static const Lesson *choose(const Lesson *lesson, const LessonOptions *options, int *status) {
    static Lesson of_rank;
    Error error;
    const bool launched = ranks_are_launched(), several = options->seeds > 1;
    if (options->draw ||
        (several && !launched)) // figures alone; or runs, each with ranks of its own
        return lesson;
    bool good = !launched || ranks_begin(&ranks, &error);
    int count = launched ? ranks.count : wanted ? wanted : threads_standard();
    while (!launched && !wanted && batch_size % count)
        count--;
    if (good && launched && several)
        good = error_set(&error, "--seeds %d: start it without mpirun; each run starts its ranks",
                         options->seeds);
    if (good && launched && wanted && wanted != count)
        good = error_set(&error, "--ranks %d, but %d were started; leave it out", wanted, count);
    if (good && batch_size % count)
        good = error_set(&error, "--batch-size %d can't be shared by %d ranks: take a multiple",
                         batch_size, count);
    if (!good && launched)
        ranks_fail(&ranks);
    *status = !good ? error_report(&error) : launched ? 0 : ranks_launch(count, arguments);
    of_rank = *lesson;
    of_rank.follows = ranks.rank > 0;
    return good && launched ? &of_rank : NULL;
}

int main(int argc, char **argv) {
    arguments = argv;
    const Lesson lesson = {
        .name = "lesson-19",
        .folder = "lessons/19-many-machines",
        .knobs = knobs,
        .knob_count = OPTION_COUNT(knobs),
        .data = "fashion",
        .choose = choose,
        .run = train,
        .quick = {{&epochs, 1}, {&compared, 10}},
        .figures = {"equal.gp", "cost.gp"},
        .claims = check,
    };
    return lesson_main(&lesson, argc, argv);
}
