// Lesson 14 — the ladder: differential learning rates, gradual unfreezing, layer-wise decay
//
// Question   A backbone was learnt, its head is new. Must all layers learn at one rate, and from the first
//            step on?
// Concepts   groups by layer, each with its own rate and schedule; unfreezing from the head down; drift:
//            how far training carries a layer; augmentation
// Run        make lesson-14
//            with other knobs: make lesson-14 ARGS="--labels 50 --augment shift"
// Time       about 10 seconds on two cores
// See        out/lesson-14/ladder.png    what each rung is worth
//            out/lesson-14/drift.png     how far it carries each layer

#include "climb.h"                // augmentation; what a rung starts from, how far it goes
#include "data/derived.h"         // a few images of each class
#include "instruments/evaluate.h" // test accuracy
#include "nn/loss.h"              // cross_entropy
#include "run/backbone.h"         // the backbone of lesson 12, and the garments that it never saw
#include "run/lesson.h"           // options, --seeds, figures, claims: what surrounds a run
#include "run/loop.h"             // logs, checkpoints: what surrounds a step
#include "rungs.h"                // the rungs: this is the lesson

// --- the knobs -----------------------------------------------------------------------------------

// Chosen on held-out training images with seeds 1 to 3, each rung by itself (README).
static const struct Rates {
    double lr, ratio;
} own_rates[RUNGS] = {
    [SCRATCH] = {0.003, 1},          [LAST_LAYER] = {0.003, 1},  [FULL] = {0.0003, 1},
    [DIFFERENTIAL] = {0.003, 0.001}, [GRADUAL] = {0.003, 0.001}, [LAYER_WISE] = {0.003, 0.001},
};

static double lr = NAN, ratio = NAN, decay = 0.3;
static int rung = SCRATCH, labels = 5, steps = 200, batch_size = 32, augment;
static const char *backbone_path = BACKBONE_PATH;

static const Option knobs[] = {
    option_choice("rung", &rung, "how it learns; all are run, or the one given", RUNG_NAMES),
    option_number("lr", &lr, "the head's learning rate at first; else the rung's own", .above = 0),
    option_number("ratio", &ratio,
                  "from differential on: the backbone's rate, of the head's; else the rung's own",
                  .min = 0),
    option_number("decay", &decay, "layer-wise: a layer's rate, of the next one's", .above = 0),
    option_integer("labels", &labels, "images of each class to learn from", .min = 1, .max = 5000),
    option_integer("steps", &steps, "steps of training", .min = 8, .max = 100000),
    option_integer("batch-size", &batch_size, "images a step, or all there are", .min = 2,
                   .max = 6000),
    option_choice("augment", &augment, "what is done to images that are learnt from",
                  AUGMENT_NAMES),
    option_text("backbone", &backbone_path, "its weights: a file that make backbone wrote"),
};

// --- one run: one rung ---------------------------------------------------------------------------

static bool load_garments(LessonData *data, Dataset *few, const LessonOptions *options,
                          Error *error) {
    if (options->schedule)
        return error_set(error, "--schedule: the rungs turn the rates themselves; leave it out");
    if (!lesson_data_load(data, options, error))
        return false;
    lesson_data_keep_garments(data, new_garments);
    if (dataset_few(few, &data->train, labels, (uint64_t)options->seed, error))
        return true;
    lesson_data_free(data);
    return false;
}

static Module *network_for(const LessonOptions *options, Loop *loop) {
    Module *network = loop_module(loop, "model", block_net_new(GARMENTS));
    Random random = random_from_seed((uint64_t)options->seed);
    module_initialise(network, &random); // the same head on every rung
    if (rung != SCRATCH)
        loop_need(loop, backbone_load(backbone_path, network, loop->error));
    return network;
}

static Rung rung_asked(void) {
    return (Rung){.kind = rung,
                  .lr = isnan(lr) ? own_rates[rung].lr : lr,
                  .ratio = isnan(ratio) ? own_rates[rung].ratio : ratio,
                  .decay = decay,
                  .steps = steps};
}

static bool run_once(const LessonOptions *options, Results *results, Error *error) {
    LessonData data;
    Dataset few;
    Loop loop;
    if (!load_garments(&data, &few, options, error))
        return false;
    loop_init(&loop, options, steps, error);
    Rung own = rung_asked();
    Module *network = network_for(options, &loop);
    Scheduler *scheduler;
    Optimizer *optimizer =
        loop_optimizer(&loop, "optimizer", rung_optimizer(&own, network, &scheduler));
    loop_scheduler(&loop, "scheduler", scheduler);
    Batches *batches =
        loop_batches(&loop, "batches",
                     batches_new(&few, .size = batch_size, .seed = (uint64_t)options->seed,
                                 .augment = augment_of(augment, few.width)));
    Log *log = loop_log(&loop, "steps.csv", "step,loss");
    Start start = start_of(&own, &few);

    while (loop_next(&loop)) {
        rung_freeze(&own, network, loop.step - 1);
        Batch batch = batches_draw(batches, loop.tape);
        Tensor *loss = cross_entropy(module_forward(network, batch.images), batch.labels);
        optimizer_zero_grad(optimizer);
        backward(loss);
        optimizer_step(optimizer);
        scheduler_step(scheduler);
        log_row(log, (double)loop.step, tensor_item(loss));
        loop_show(&loop, tensor_item(loss), NAN);
    } // loop_next clears the tape: here the step's tensors die

    if (loop.good && loop.step == loop.steps) {
        const double accuracy = evaluate(network, loop.tape, &data.test).accuracy;
        result_add(results, "accuracy", accuracy);
        loop_need(&loop, write_drift(&own, &start, options->out, results, error));
        loop_tell(&loop, "accuracy %.3f", accuracy);
    }
    start_free(&start);
    dataset_free(&few);
    lesson_data_free(&data);
    return loop_end(&loop);
}

// --- claims --------------------------------------------------------------------------------------

// Null results.
static void claim_undecided(Claims *claims, const Results *results, int one, int other,
                            const char *words) {
    const Sample gain = rung_gain(results, one, other);
    claims_check_seeds(claims, fabs(gain.mean) <= 2 * gain.error, words, "%+.1f ± %.1f points",
                       100 * gain.mean, 100 * gain.error);
}

static void claim_alike(Claims *claims, const Results *results, int rung_above, const char *words) {
    const Sample gain = rung_gain(results, rung_above, DIFFERENTIAL);
    claims_check_seeds(claims, gain.mean + 2 * gain.error < 0.01, words, "%+.2f ± %.2f points",
                       100 * gain.mean, 100 * gain.error);
}

static void check(Claims *claims, const Results *results) {
    claim_paired(claims, results);
    claim_drift(claims, results);
    claim_gain(claims, results, FULL, SCRATCH, "full beats scratch");
    claim_undecided(claims, results, DIFFERENTIAL, FULL,
                    "whether differential beats one rate at its best, these seeds don't decide");
    claim_alike(claims, results, GRADUAL, "gradual unfreezing adds less than a point to that");
    claim_alike(claims, results, LAYER_WISE, "nor does layer-wise decay");
}

int main(int argc, char **argv) {
    const Lesson lesson = {
        .name = "lesson-14",
        .folder = "lessons/14-ladder",
        .knobs = knobs,
        .knob_count = OPTION_COUNT(knobs),
        .quick = {{&steps, 8}, {&batch_size, 10}},
        .data = "fashion",
        .run = run_once,
        .over = {{.option = "rung"}},
        .figures = {"ladder.gp", "drift.gp"},
        .claims = check,
    };
    return lesson_main(&lesson, argc, argv);
}
